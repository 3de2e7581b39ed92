import { applyAll } from '../ir/apply.js';
import { defineOp, type GradientContext, type Implementation, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { sameShape, sizeOf, type TensorType } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape } from './check.js';
import { isZero } from './constant.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';

export interface RowNormAttributes {
  /** Added to the variance under the root. */
  readonly epsilon: number;
}

export interface RowNormGradientAttributes extends RowNormAttributes {
  /** Whether there was a shift. */
  readonly shifted: boolean;
}

/** What tells layer normalisation from RMS normalisation. */
interface Kind {
  readonly name: string;
  /** About the mean of each row, which is then an output; else about 0. */
  readonly centered: boolean;
}

const along = { axis: -1, keepDims: true };
const columnsOf = ({ shape }: TensorType): number => shape.at(-1) ?? 1;
const leadOf = ({ shape }: TensorType): number[] => shape.slice(0, -1);
/** A number for each row, to stand beside x. */
const beside = (rows: Tensor): Tensor => reshape(rows, [...rows.shape, 1]);

function checkTypes(name: string, x: TensorType, rows: readonly TensorType[], columns: readonly TensorType[]): void {
  const inputs = [x, ...rows, ...columns];
  expectSameDType(name, inputs);
  expectDType(name, 'x', x, 'float');
  const fits =
    rows.every(({ shape }) => sameShape(shape, leadOf(x))) && columns.every(({ shape }) => sameShape(shape, [columnsOf(x)]));
  expectShape(x.shape.length > 0 && fits, name, 'x [..., columns], scale and shift [columns]', inputs);
}

/** `has`: whether the call is centered, scaled and shifted. */
function kernel<A extends RowNormAttributes>(
  name: string,
  inPlace: readonly number[],
  has: (inputs: number, attributes: A) => readonly boolean[],
): Implementation<A> {
  return {
    kind: 'kernel',
    lower: (inputs, _, attributes) => {
      const x = at(inputs, 0);
      const flags = has(inputs.length, attributes).map(Number);
      return {
        kernel: name,
        attributes: [sizeOf(leadOf(x)), columnsOf(x), attributes.epsilon, ...flags],
        inPlace: inPlace.map((input) => [0, input] as const),
      };
    },
  };
}

/** x, dy, f, mean (if centered), scale? → dx, dscale?, dshift?: through the statistics. */
function defineGradient({ name, centered }: Kind): Op<RowNormGradientAttributes> {
  const scaleAt = centered ? 4 : 3;
  return defineOp<RowNormGradientAttributes>({
    name: `${name}Gradient`,
    infer: (inputs, { shifted }) => {
      const x = at(inputs, 0);
      const scale = inputs.slice(scaleAt);
      expectShape(sameShape(at(inputs, 1).shape, x.shape), name, 'a slope like x', inputs);
      checkTypes(name, x, inputs.slice(2, scaleAt), scale);
      return [x, ...scale, ...(shifted ? scale : [])];
    },
    gradient: 'definition',
    implementation: kernel('row_norm_gradient', [0, 1], (inputs, { shifted }) => [centered, inputs > scaleAt, shifted]),
    // x̂ = (x − mean)·f, g = dy·scale: ∂x = f·(g − mean g − x̂·mean g·x̂), ∂scale = Σ dy·x̂, ∂shift = Σ dy
    definition: (inputs, { shifted }) => {
      const [x, dy, f] = [at(inputs, 0), at(inputs, 1), beside(at(inputs, 2))];
      const scale = inputs[scaleAt];
      const hat = mul(centered ? sub(x, beside(at(inputs, 3))) : x, f);
      const g = scale ? mul(dy, scale) : dy;
      const level = centered ? sub(g, mean(g, along)) : g;
      const dx = mul(f, sub(level, mul(hat, mean(mul(g, hat), along))));
      const axis = leadOf(x).map((_, i) => i);
      return [dx, ...(scale ? [sum(mul(dy, hat), { axis })] : []), ...(shifted ? [sum(dy, { axis })] : [])];
    },
  });
}

/** x, scale?, shift? → y = (x − mean)·f·scale + shift, f = 1/√(variance + ε), mean (if centered). */
function defineNorm({ name, centered }: Kind, gradientOp: Op<RowNormGradientAttributes>): Op<RowNormAttributes> {
  return defineOp<RowNormAttributes>({
    name,
    infer: (inputs) => {
      const x = at(inputs, 0);
      checkTypes(name, x, [], inputs.slice(1));
      const rows = { dtype: x.dtype, shape: leadOf(x) };
      return [x, rows, ...(centered ? [rows] : [])];
    },
    gradient: (context) => {
      const { inputs, outputs, cotangents, attributes } = context;
      const given = [at(inputs, 0), at(cotangents, 0), ...outputs.slice(1), ...inputs.slice(1, 2)];
      const gradients = applyAll(gradientOp, given, { ...attributes, shifted: inputs.length > 2 });
      return [fromStatistics(context).reduce(add, at(gradients, 0)), ...gradients.slice(1)];
    },
    implementation: kernel('row_norm', [0], (inputs) => [centered, inputs > 1, inputs > 2]),
    definition: (inputs, { epsilon }) => {
      const [x, scale, shift] = [at(inputs, 0), inputs[1], inputs[2]];
      const average = centered ? mean(x, along) : undefined;
      const off = average ? sub(x, average) : x;
      const f = div(1, sqrt(add(mean(square(off), along), epsilon)));
      const hat = mul(off, f);
      const scaled = scale ? mul(hat, scale) : hat;
      const rows = [f, ...(average ? [average] : [])].map((values) => reshape(values, leadOf(x)));
      return [shift ? add(scaled, shift) : scaled, ...rows];
    },
  });
}

/** From f and the mean, which only second derivatives ask for: ∂x = −df·f³·(x − mean)/n and ∂x = dmean/n */
function fromStatistics({ inputs, outputs, cotangents }: GradientContext<RowNormAttributes>): Tensor[] {
  const [x, f, df] = [at(inputs, 0), at(outputs, 1), at(cotangents, 1)];
  const [average, daverage] = [outputs[2], cotangents[2]];
  const n = Math.max(columnsOf(x), 1);
  const off = average ? sub(x, beside(average)) : x;
  return [
    ...(isZero(df) ? [] : [mul(off, beside(mul(mul(df, mul(f, mul(f, f))), -1 / n)))]),
    ...(!daverage || isZero(daverage) ? [] : [beside(mul(daverage, 1 / n))]),
  ];
}

/** Layer normalisation over the last axis of x [..., columns]. Ba, Kiros & Hinton 2016. */
const layer: Kind = { name: 'layerNorm', centered: true };
export const layerNormGradientOp: Op<RowNormGradientAttributes> = defineGradient(layer);
export const layerNormOp: Op<RowNormAttributes> = defineNorm(layer, layerNormGradientOp);

/** RMS normalisation over the last axis of x [..., columns]. Zhang & Sennrich 2019. */
const rms: Kind = { name: 'rmsNorm', centered: false };
export const rmsNormGradientOp: Op<RowNormGradientAttributes> = defineGradient(rms);
export const rmsNormOp: Op<RowNormAttributes> = defineNorm(rms, rmsNormGradientOp);
