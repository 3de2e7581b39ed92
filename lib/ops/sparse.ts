import { isFloat, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type KernelCall, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { sameShape, type TensorType } from '../shape.js';
import { at, expectDType, expectShape } from './check.js';
import { matmul } from './matmul.js';

/**
 * Rows of a sparse matrix, by number: ranges int32 [rows, 2], where each row's entries begin and end; columns int32 and values [entries];
 * samples int32 [count]. Data: not differentiated.
 */
export type SparseRows = readonly [ranges: Tensor, columns: Tensor, values: Tensor, samples: Tensor];

function checkRows(where: string, inputs: readonly TensorType[]): number {
  const [ranges, columns, values, samples] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3)];
  for (const [name, type] of Object.entries({ ranges, columns, samples })) expectDType(where, name, type, 'int32');
  expectDType(where, 'values', values, 'float');
  expectShape(ranges.shape.length === 2 && ranges.shape[1] === 2, where, 'ranges to be [rows, 2]', inputs);
  expectShape(columns.shape.length === 1 && sameShape(columns.shape, values.shape), where, 'as many columns as values', inputs);
  expectShape(samples.shape.length === 1, where, 'samples to be a list', inputs);
  return at(samples.shape, 0);
}

/** [rows, entries, count, width, …] */
function callOf(kernel: string, inputs: readonly TensorType[], ...sizes: readonly number[]): KernelCall {
  const [ranges, columns, , samples] = inputs;
  return { kernel, attributes: [ranges?.shape[0] ?? 0, columns?.shape[0] ?? 0, samples?.shape[0] ?? 0, ...sizes] };
}

export interface SparseRowsAttributes {
  readonly width: number;
  readonly dtype: DType;
}

/** The rows as a dense matrix [count, width]; entries of one column are added up. */
export const sparseRowsOp: Op<SparseRowsAttributes> = defineOp<SparseRowsAttributes>({
  name: 'sparseRows',
  infer: (inputs, { width, dtype }) => {
    const count = checkRows('sparseRows', inputs);
    if (!isFloat(dtype) || (dtype === 'float32' && at(inputs, 2).dtype === 'float64'))
      throw new RavineError('dtype', 'sparseRows', `expected a float dtype that holds the values, got ${dtype}`);
    return [{ dtype, shape: [count, width] }];
  },
  gradient: () => {
    throw new RavineError('trace', 'sparseRows', 'data has no gradient: differentiate with respect to the batch');
  },
  implementation: { kind: 'kernel', lower: (inputs, _, { width }) => callOf('sparse_rows', inputs, width) },
});

/** y [count, out] = rows · w [width, out], without the dense rows. */
export const sparseProductOp: Op<object> = defineOp<object>({
  name: 'sparseProduct',
  infer: (inputs) => {
    const [count, w] = [checkRows('sparseProduct', inputs), at(inputs, 4)];
    expectShape(w.shape.length === 2, 'sparseProduct', 'w to be a matrix', inputs);
    return [{ dtype: w.dtype, shape: [count, at(w.shape, 1)] }];
  },
  gradient: ({ inputs, cotangents }) => [
    null,
    null,
    null,
    null,
    sparseProductTransposed(rowsOf(inputs), at(cotangents, 0), at(at(inputs, 4).shape, 0)),
  ],
  definition: (inputs) => {
    const w = at(inputs, 4);
    return [matmul(sparseRows(rowsOf(inputs), { width: at(w.shape, 0), dtype: w.dtype }), w)];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs) => callOf('sparse_product', inputs, ...at(inputs, 4).shape),
  },
});

/** rowsᵀ · dy [count, out]: [width, out]. */
export const sparseProductTransposedOp: Op<{ readonly width: number }> = defineOp<{ readonly width: number }>({
  name: 'sparseProductTransposed',
  infer: (inputs, { width }) => {
    const [count, dy] = [checkRows('sparseProductTransposed', inputs), at(inputs, 4)];
    expectShape(dy.shape.length === 2 && dy.shape[0] === count, 'sparseProductTransposed', 'dy to be [samples, out]', inputs);
    return [{ dtype: dy.dtype, shape: [width, at(dy.shape, 1)] }];
  },
  gradient: ({ inputs, cotangents }) => [null, null, null, null, sparseProduct(rowsOf(inputs), at(cotangents, 0))],
  definition: (inputs, { width }) => {
    const dy = at(inputs, 4);
    return [matmul(sparseRows(rowsOf(inputs), { width, dtype: dy.dtype }), dy, { transposeA: true })];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { width }) => callOf('sparse_product_transposed', inputs, width, at(at(inputs, 4).shape, 1)),
  },
});

function rowsOf(inputs: readonly Tensor[]): SparseRows {
  return [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3)];
}

export function sparseRows(rows: SparseRows, attributes: SparseRowsAttributes): Tensor {
  return apply(sparseRowsOp, rows, attributes);
}

export function sparseProduct(rows: SparseRows, w: Tensor): Tensor {
  return apply(sparseProductOp, [...rows, w], {});
}

export function sparseProductTransposed(rows: SparseRows, dy: Tensor, width: number): Tensor {
  return apply(sparseProductTransposedOp, [...rows, dy], { width });
}
