import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';

/** Rows of a sparse matrix as a field of data holds them. */
export interface SparseParts {
  /** int32 [rows, 2]: where each row's entries begin and end. */
  readonly ranges: Tensor;
  /** int32 and float32 [entries] */
  readonly columns: Tensor;
  readonly values: Tensor;
  /** Columns of the matrix. */
  readonly width: number;
}

/** How data asks a sparse matrix for its rows, in native memory of their own. */
export const sparseParts = Symbol('ravine.sparseParts');

export interface SparseElements {
  readonly rows: number;
  [sparseParts](where: string): SparseParts;
}

export function isSparse(value: unknown): value is SparseElements {
  return typeof value === 'object' && value !== null && sparseParts in value;
}

/** A sparse field is an input: its zeros would not stay zeros were it shifted, and targets are dense. */
export function refuseSparse(where: string, name: string, isTarget: boolean, scaled: boolean): void {
  if (isTarget)
    throw new RavineError('data', where, `expected ${name} to be dense, got a SparseMatrix`, { help: 'give it an array' });
  if (scaled)
    throw new RavineError('option', where, `expected no scale, shift or normalize for ${name}, a SparseMatrix`, {
      help: 'weigh its entries before, as TfidfTransformer does',
    });
}
