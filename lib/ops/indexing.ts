import { checkDType, isFloat, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, nonNegativeInteger } from '../options.js';
import { checkAxis, formatType, sameShape, sizeOf, type Shape } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { cast } from './cast.js';
import { mul } from './elementwise.js';

/** [outer, rows, inner] of the axis that indices choose from. */
function blocks(shape: Shape, axis: number): readonly [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), at(shape, axis), sizeOf(shape.slice(axis + 1))];
}

export interface GatherAttributes {
  readonly axis: number;
  readonly dtype: DType;
  readonly scale: number;
  readonly shift: number;
}

/** out[…, i, …] = x[…, indices[i], …]·scale + shift */
export const gatherOp: Op<GatherAttributes> = defineOp<GatherAttributes>({
  name: 'gather',
  infer: (inputs, { axis, dtype, scale, shift }) => {
    const [x, indices] = [at(inputs, 0), at(inputs, 1)];
    expectDType('gather', 'indices', indices, 'int32');
    const isPlain = scale === 1 && shift === 0;
    const converts = isFloat(dtype) || (isPlain && (dtype === x.dtype || (dtype === 'int32' && x.dtype === 'uint8')));
    if (!converts)
      throw new RavineError('dtype', 'gather', `expected a float dtype to convert to, got ${formatType(x)} to ${dtype}`);
    return [{ dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
  },
  gradient: ({ inputs, cotangents, attributes: { axis, scale } }) => {
    const [x, indices, dy] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    if (!isFloat(x.dtype)) return [null, null];
    const added = cast(scatterAdd(dy, indices, at(x.shape, axis), axis), x.dtype);
    return [scale === 1 ? added : mul(added, scale), null];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { axis, scale, shift }) => ({
      kernel: 'gather',
      attributes: [...blocks(at(inputs, 0).shape, axis), sizeOf(at(inputs, 1).shape), scale, shift],
    }),
  },
});

export interface ScatterAddAttributes {
  readonly axis: number;
  readonly rows: number;
  /** Axes of the indices, which stand in the updates' place of the axis. */
  readonly indexRank: number;
}

/** out[…, r, …] = Σ updates[…, i, …] over the i with indices[i] = r */
export const scatterAddOp: Op<ScatterAddAttributes> = defineOp<ScatterAddAttributes>({
  name: 'scatterAdd',
  infer: (inputs, { axis, rows, indexRank }) => {
    const [updates, indices] = [at(inputs, 0), at(inputs, 1)];
    expectDType('scatterAdd', 'updates', updates, 'numeric');
    expectDType('scatterAdd', 'indices', indices, 'int32');
    const fits = indices.shape.length === indexRank && sameShape(updates.shape.slice(axis, axis + indexRank), indices.shape);
    expectShape(fits, 'scatterAdd', `updates with the indices' shape at axis ${axis}`, inputs);
    return [{ dtype: updates.dtype, shape: updates.shape.toSpliced(axis, indexRank, rows) }];
  },
  gradient: ({ inputs, cotangents, attributes: { axis } }) => [gather(at(cotangents, 0), at(inputs, 1), axis), null],
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, { axis }) => ({
      kernel: 'scatter_add',
      attributes: [...blocks(at(outputs, 0).shape, axis), sizeOf(at(inputs, 1).shape)],
    }),
  },
});

export interface OneHotAttributes {
  readonly classes: number;
  readonly dtype: DType;
}

export const oneHotOp: Op<OneHotAttributes> = defineOp<OneHotAttributes>({
  name: 'oneHot',
  infer: (inputs, { classes, dtype }) => {
    const labels = at(inputs, 0);
    expectDType('oneHot', 'labels', labels, 'int32');
    return [{ dtype, shape: [...labels.shape, classes] }];
  },
  gradient: 'zero',
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { classes }) => ({ kernel: 'one_hot', attributes: [sizeOf(at(inputs, 0).shape), classes] }),
  },
});

export interface GatherOptions {
  /** dtype of the result. Default: x's. */
  readonly dtype?: DType;
  /** What is gathered is multiplied by `scale` (1) and `shift` (0) is added, in a float dtype. */
  readonly scale?: number;
  readonly shift?: number;
}

/**
 * Rows of x along an axis (0 unless given) by number: x [n, …], indices int32 [i, j] → [i, j, …]. An index outside of 0 … n − 1 is an error that names
 * it.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0, options: GatherOptions = {}): Tensor {
  expectTensor('gather', 'x', x);
  expectTensor('gather', 'indices', indices);
  checkNames('gather', options, ['dtype', 'scale', 'shift']);
  const { scale = 1, shift = 0 } = options;
  if (!Number.isFinite(scale) || !Number.isFinite(shift))
    throw new RavineError(
      'option',
      'gather',
      `expected scale and shift to be finite numbers, got ${String(scale)} and ${String(shift)}`,
    );
  return apply(gatherOp, [x, indices], {
    axis: checkAxis('gather', axis, x.rank),
    dtype: checkDType('gather', options.dtype ?? x.dtype),
    scale,
    shift,
  });
}

/**
 * Zeros with `rows` rows along an axis (0 unless given), to which row i of the updates is added at indices[i]: updates [i, j, …], indices int32 [i, j] →
 * [rows, …]. Rows that are named several times are added up, in order. Floats and int32.
 */
export function scatterAdd(updates: Tensor, indices: Tensor, rows: number, axis = 0): Tensor {
  expectTensor('scatterAdd', 'updates', updates);
  expectTensor('scatterAdd', 'indices', indices);
  const rank = updates.rank - indices.rank + 1;
  expectShape(rank > 0, 'scatterAdd', 'updates with at least the axes of the indices', [updates, indices]);
  return apply(scatterAddOp, [updates, indices], {
    axis: checkAxis('scatterAdd', axis, rank),
    rows: nonNegativeInteger('scatterAdd', 'rows', rows),
    indexRank: indices.rank,
  });
}

/** 1 at each label, else 0: labels int32 [...] → [..., classes]. dtype float32 by default. A label outside of 0 … classes − 1 is an error. */
export function oneHot(labels: Tensor, classes: number, options: { readonly dtype?: DType } = {}): Tensor {
  expectTensor('oneHot', 'labels', labels);
  checkNames('oneHot', options, ['dtype']);
  const dtype = checkDType('oneHot', options.dtype ?? 'float32');
  return apply(oneHotOp, [labels], { classes: nonNegativeInteger('oneHot', 'classes', classes), dtype });
}
