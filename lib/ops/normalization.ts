import { applyAll } from '../ir/apply.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, numberIn, positiveInteger } from '../options.js';
import { sameShape, sizeOf, type Shape } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { add } from './elementwise.js';
import { groupNormOp } from './group-norm.js';
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

/** The op's first output; its kernel shifts only what it has scaled. */
function normalized<A>(op: Op<A>, x: Tensor, { scale, shift }: NormScale, attributes: A): Tensor {
  const given = scale ? [scale, ...(shift ? [shift] : [])] : [];
  const y = at(applyAll(op, [x, ...given], attributes), 0);
  return shift && !scale ? add(y, shift) : y;
}

/** Normalises over the last `axes` axes, as rows. */
function normalizeRows(op: Op<RowNormAttributes>, x: Tensor, axes: number, epsilon: number, affine: NormScale): Tensor {
  const shape = x.shape.slice(x.rank - axes);
  checkScale(op.name, affine, shape);
  const columns = sizeOf(shape);
  const rows = reshape(x, [...x.shape.slice(0, x.rank - axes), columns]);
  const [scale, shift] = [affine.scale, affine.shift].map((values) => values && reshape(values, [columns]));
  return reshape(normalized(op, rows, { scale, shift }, { epsilon }), x.shape);
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
  const channels = at(x.shape, x.rank - 1);
  expectShape(channels % groups === 0, 'groupNorm', `channels in ${groups} groups`, [x]);
  checkScale('groupNorm', affine, [channels]);
  return normalized(groupNormOp, x, affine, { groups, epsilon });
}
