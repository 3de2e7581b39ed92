import { applyAll } from '../ir/apply.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, numberIn, positiveInteger } from '../options.js';
import { sameShape, sizeOf, type Shape } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';
import { mean } from './reduce.js';
import { reshape } from './reshape.js';
import { layerNormOp, rmsNormOp, type RowNormAttributes } from './row-norm.js';

function check(where: string, x: Tensor, epsilon: number): void {
  expectTensor(where, 'x', x);
  expectDType(where, 'x', x, 'float');
  numberIn(where, 'epsilon', epsilon, 0);
}

/** What normalised values are multiplied by, and what is then added: of the shape of the normalised axes. */
export interface NormScale {
  readonly scale?: Tensor | undefined;
  readonly shift?: Tensor | undefined;
}

function checkScale(where: string, affine: NormScale, shape: Shape): void {
  checkNames(where, affine, ['scale', 'shift']);
  for (const name of ['scale', 'shift'] as const) {
    const value = affine[name];
    if (value === undefined) continue;
    expectTensor(where, name, value);
    expectShape(sameShape(value.shape, shape), where, `${name} [${shape.join(', ')}]`, [value]);
  }
}

/** Normalises over the last `axes` axes, as rows. */
function normalizeRows(op: Op<RowNormAttributes>, x: Tensor, axes: number, epsilon: number, affine: NormScale): Tensor {
  const normalized = x.shape.slice(x.rank - axes);
  checkScale(op.name, affine, normalized);
  const { scale, shift } = affine;
  const columns = sizeOf(normalized);
  const rows = reshape(x, [...x.shape.slice(0, x.rank - axes), columns]);
  // The kernel shifts what it has scaled.
  const given = scale ? [scale, ...(shift ? [shift] : [])] : [];
  const outputs = applyAll(op, [rows, ...given.map((values) => reshape(values, [columns]))], { epsilon });
  const result = reshape(at(outputs, 0), x.shape);
  return shift && !scale ? add(result, shift) : result;
}

/**
 * Each sample and place for itself: (x − μ)/√(σ² + ε)·scale + shift over the last `axes` axes, with their mean and biased variance. Floats.
 * Ba, Kiros & Hinton 2016.
 */
export function layerNorm(x: Tensor, axes = 1, epsilon = 1e-5, affine: NormScale = {}): Tensor {
  check('layerNorm', x, epsilon);
  positiveInteger('layerNorm', 'axes', axes);
  expectShape(x.rank >= axes, 'layerNorm', `at least ${axes} axes`, [x]);
  return normalizeRows(layerNormOp, x, axes, epsilon, affine);
}

/** x/√(mean x² + ε)·scale + shift over the last axis. Floats. Zhang & Sennrich 2019. */
export function rmsNorm(x: Tensor, epsilon = 1e-5, affine: NormScale = {}): Tensor {
  check('rmsNorm', x, epsilon);
  expectShape(x.rank > 0, 'rmsNorm', 'at least one axis', [x]);
  return normalizeRows(rmsNormOp, x, 1, epsilon, affine);
}

/**
 * Each sample and group of channels for itself, over all places: x [samples, …, channels], the channels cut into `groups`. Floats. Wu & He 2018;
 * as many groups as channels: instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016).
 */
export function groupNorm(x: Tensor, groups: number, epsilon = 1e-5, affine: NormScale = {}): Tensor {
  check('groupNorm', x, epsilon);
  positiveInteger('groupNorm', 'groups', groups);
  expectShape(x.rank >= 2, 'groupNorm', 'x [samples, …, channels]', [x]);
  const [samples, channels] = [at(x.shape, 0), at(x.shape, x.rank - 1)];
  expectShape(channels % groups === 0, 'groupNorm', `channels in ${groups} groups`, [x]);
  checkScale('groupNorm', affine, [channels]);
  const { scale, shift } = affine;
  const places = sizeOf(x.shape.slice(1, -1));
  const grouped = reshape(x, [samples, places, groups, channels / groups]);
  const average = (values: Tensor): Tensor => mean(mean(values, { axis: 1, keepDims: true }), { axis: 3, keepDims: true });
  const off = sub(grouped, average(grouped));
  const normalized = reshape(mul(off, div(1, sqrt(add(average(square(off)), epsilon)))), x.shape);
  const scaled = scale ? mul(normalized, scale) : normalized;
  return shift ? add(scaled, shift) : scaled;
}
