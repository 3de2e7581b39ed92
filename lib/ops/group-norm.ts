import { applyAll } from '../ir/apply.js';
import { defineOp, type Implementation, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { sameShape, sizeOf, type TensorType } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape } from './check.js';
import { isZero } from './constant.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';

export interface GroupNormAttributes {
  readonly groups: number;
  /** Added to the variance under the root. */
  readonly epsilon: number;
}

export interface GroupNormGradientAttributes extends GroupNormAttributes {
  /** Whether there was a shift. */
  readonly shifted: boolean;
}

const channelsOf = ({ shape }: TensorType): number => at(shape, shape.length - 1);
const placesOf = ({ shape }: TensorType): number => sizeOf(shape.slice(1, -1));

/** x [samples, …, channels] as [samples, places, groups, channels of a group]. */
function grouped(x: Tensor, groups: number): Tensor {
  return reshape(x, [at(x.shape, 0), placesOf(x), groups, channelsOf(x) / groups]);
}
/** Numbers [samples, groups] to stand beside that. */
const beside = (values: Tensor): Tensor => reshape(values, [at(values.shape, 0), 1, at(values.shape, 1), 1]);
/** Over a group's places and channels: the sizes of both are far apart, and so their rounding. */
const average = (values: Tensor): Tensor => mean(mean(values, { axis: 1, keepDims: true }), { axis: 3, keepDims: true });

function checkTypes(
  name: string,
  x: TensorType,
  groups: number,
  statistics: readonly TensorType[],
  channels: readonly TensorType[],
): void {
  const inputs = [x, ...statistics, ...channels];
  expectSameDType(name, inputs);
  expectDType(name, 'x', x, 'float');
  const fits =
    x.shape.length >= 2 &&
    channelsOf(x) % groups === 0 &&
    statistics.every(({ shape }) => sameShape(shape, [at(x.shape, 0), groups])) &&
    channels.every(({ shape }) => sameShape(shape, [channelsOf(x)]));
  expectShape(fits, name, `x [samples, ..., channels] in ${groups} groups, scale and shift [channels]`, inputs);
}

/** `has`: whether the call is scaled and shifted. */
function kernel<A extends GroupNormAttributes>(
  name: string,
  inPlace: readonly (readonly [number, number])[],
  has: (inputs: number, attributes: A) => readonly boolean[],
): Implementation<A> {
  return {
    kind: 'kernel',
    lower: (inputs, _, attributes) => {
      const x = at(inputs, 0);
      const { groups, epsilon } = attributes;
      const flags = has(inputs.length, attributes).map(Number);
      return { kernel: name, attributes: [at(x.shape, 0), placesOf(x), channelsOf(x), groups, epsilon, ...flags], inPlace };
    },
  };
}

/** x, scale?, shift? → y = (x − mean)·f·scale + shift, f = 1/√(variance + ε), mean [samples, groups]. Wu & He 2018. */
export const groupNormOp: Op<GroupNormAttributes> = defineOp<GroupNormAttributes>({
  name: 'groupNorm',
  infer: (inputs, { groups }) => {
    const x = at(inputs, 0);
    checkTypes('groupNorm', x, groups, [], inputs.slice(1));
    const statistics = { dtype: x.dtype, shape: [at(x.shape, 0), groups] };
    return [x, statistics, statistics];
  },
  // From f and the mean, which only second derivatives ask for: ∂x = (dmean − df·f³·(x − mean))/m
  gradient: ({ inputs, outputs, cotangents, attributes }) => {
    const [x, dy, df, dmean] = [at(inputs, 0), at(cotangents, 0), at(cotangents, 1), at(cotangents, 2)];
    const [f, center] = [at(outputs, 1), at(outputs, 2)];
    const { groups } = attributes;
    const given = [x, dy, f, center, ...inputs.slice(1, 2)];
    const gradients = applyAll(groupNormGradientOp, given, { ...attributes, shifted: inputs.length > 2 });
    const m = Math.max((placesOf(x) * channelsOf(x)) / groups, 1);
    const off = sub(grouped(x, groups), beside(center));
    const fromStatistics = [
      ...(isZero(df) ? [] : [mul(off, beside(mul(mul(df, mul(f, mul(f, f))), -1 / m)))]),
      ...(isZero(dmean) ? [] : [beside(mul(dmean, 1 / m))]),
    ];
    const dx = reshape(fromStatistics.reduce(add, grouped(at(gradients, 0), groups)), x.shape);
    return [dx, ...gradients.slice(1)];
  },
  implementation: kernel('group_norm', [], (inputs) => [inputs > 1, inputs > 2]),
  definition: (inputs, { groups, epsilon }) => {
    const [x, scale, shift] = [at(inputs, 0), inputs[1], inputs[2]];
    const values = grouped(x, groups);
    const center = average(values);
    const off = sub(values, center);
    const f = div(1, sqrt(add(average(square(off)), epsilon)));
    const hat = reshape(mul(off, f), x.shape);
    const scaled = scale ? mul(hat, scale) : hat;
    const statistics = [f, center].map((value) => reshape(value, [at(x.shape, 0), groups]));
    return [shift ? add(scaled, shift) : scaled, ...statistics];
  },
});

/** x, dy, f, mean, scale? → dx, dscale?, dshift?: through the statistics. */
export const groupNormGradientOp: Op<GroupNormGradientAttributes> = defineOp<GroupNormGradientAttributes>({
  name: 'groupNormGradient',
  infer: (inputs, { groups, shifted }) => {
    const x = at(inputs, 0);
    const scale = inputs.slice(4);
    expectShape(sameShape(at(inputs, 1).shape, x.shape), 'groupNorm', 'a slope like x', inputs);
    checkTypes('groupNorm', x, groups, inputs.slice(2, 4), scale);
    return [x, ...scale, ...(shifted ? scale : [])];
  },
  gradient: 'definition',
  implementation: kernel(
    'group_norm_gradient',
    [
      [0, 0],
      [0, 1],
    ],
    (inputs, { shifted }) => [inputs > 4, shifted],
  ),
  // x̂ = (x − mean)·f, g = dy·scale: ∂x = f·(g − mean g − x̂·mean g·x̂), ∂scale = Σ dy·x̂, ∂shift = Σ dy
  definition: (inputs, { groups, shifted }) => {
    const [x, dy, f, center] = [at(inputs, 0), at(inputs, 1), beside(at(inputs, 2)), beside(at(inputs, 3))];
    const scale = inputs[4];
    const hat = mul(sub(grouped(x, groups), center), f);
    const g = grouped(scale ? mul(dy, scale) : dy, groups);
    const dx = mul(f, sub(sub(g, average(g)), mul(hat, average(mul(g, hat)))));
    const axis = x.shape.slice(0, -1).map((_, i) => i);
    const dscale = scale ? [sum(mul(dy, reshape(hat, x.shape)), { axis })] : [];
    return [reshape(dx, x.shape), ...dscale, ...(shifted ? [sum(dy, { axis })] : [])];
  },
});
