import { setImmediate } from 'node:timers/promises';
import { resolve } from 'node:path';
import { RavineError, describe, internal } from '../errors.js';
import { checkNames, positiveInteger } from '../options.js';
import { sparseParts, type SparseElements, type SparseParts } from '../data/sparse-rows.js';
import { Tensor } from '../ir/tensor.js';
import { allocate, storageOf } from '../runtime/storage.js';
import type { NativeBuffer, NativeRows, NativeSparse } from '../runtime/addon.js';
import { allocateBuffer, checkPath, runSparse } from './job.js';

export type Numbers = Int32Array | Uint32Array | Uint16Array | Uint8Array | Float32Array | Float64Array | readonly number[];

/** Compressed sparse rows: the entries of row i are those from offsets[i] to offsets[i + 1]. */
export interface SparseArrays {
  readonly columns: number;
  /** [rows + 1], from 0 to the number of entries. */
  readonly offsets: Numbers;
  /** Column numbers from 0. A row's may come in any order; entries of one column are added up, as SciPy does. */
  readonly indices: Numbers;
  /** float32 precision. Left out: every entry is 1, and none is stored. */
  readonly values?: Numbers;
}

/**
 * A matrix that is mostly zeros, in native memory as compressed sparse rows: 16-bit column numbers up to 65,536 columns, 32-bit ones beyond, float32
 * values or none where every entry is 1. It never changes. Empty rows are rows of zeros.
 */
export class SparseMatrix implements SparseElements {
  readonly rows: number;
  readonly columns: number;
  /** Stored numbers, of all rows. */
  readonly entries: number;
  /** Of native memory. */
  readonly bytes: number;
  readonly indexBits: 16 | 32;
  /** Every entry is 1. */
  readonly binary: boolean;
  #native: NativeSparse | undefined;

  private constructor(native: NativeSparse) {
    this.#native = native;
    this.rows = native.rows;
    this.columns = native.columns;
    this.entries = native.entries;
    this.bytes = native.bytes;
    this.indexBits = native.indexBits;
    this.binary = native.binary;
  }

  /** @internal */
  static wrap(native: NativeSparse): SparseMatrix {
    return new SparseMatrix(native);
  }

  /** Copies arrays, checked on a thread of their own: NaN, infinity and columns beyond the width are refused by row. */
  static async from(arrays: SparseArrays): Promise<SparseMatrix> {
    const where = 'SparseMatrix.from';
    if (typeof arrays !== 'object' || arrays === null)
      throw new RavineError('data', where, `expected { columns, offsets, indices }, got ${describe(arrays)}`);
    checkNames(where, arrays, ['columns', 'offsets', 'indices', 'values']);
    const columns = checkColumnCount(where, arrays.columns);
    const offsets = Float64Array.from(readNumbers(where, 'offsets', arrays.offsets));
    if (offsets.length === 0) throw new RavineError('data', where, 'expected at least one offset, got none');
    const indices = readIndices(where, arrays.indices);
    const entries = indices.length;
    const values = arrays.values === undefined ? undefined : readValues(where, arrays.values);
    if (values && values.length !== entries)
      throw new RavineError('shape', where, `expected as many values as indices, got ${values.length} and ${entries}`);
    const parts = [offsets, indices, ...(values ? [values] : [])].map((array) => [array, array.byteLength] as const);
    const buffers: NativeBuffer[] = [];
    try {
      for (const [array, size] of parts) buffers.push(await upload(where, array, size));
      const [offsetBuffer, indexBuffer, valueBuffer] = buffers;
      internal(offsetBuffer !== undefined && indexBuffer !== undefined, 'no buffers');
      const rows = await runSparse(where, {
        kind: 'arrays',
        rows: offsets.length - 1,
        columns,
        entries,
        offsets: offsetBuffer,
        indices: indexBuffer,
        index: indices instanceof Uint16Array ? 'uint16' : indices instanceof Int32Array ? 'int32' : 'uint32',
        ...(valueBuffer && { values: valueBuffer }),
      });
      return wrapRows(rows);
    } finally {
      buffers.forEach((buffer) => buffer.dispose());
    }
  }

  /** The rows of nested arrays; zeros are left out. For small matrices and tests. */
  static async fromDense(rows: readonly (readonly number[])[]): Promise<SparseMatrix> {
    const where = 'SparseMatrix.fromDense';
    if (!Array.isArray(rows)) throw new RavineError('data', where, `expected an array of rows, got ${describe(rows)}`);
    const offsets = [0];
    const indices: number[] = [];
    const values: number[] = [];
    let columns = 0;
    for (const [i, given] of rows.entries()) {
      const row = Array.from(readNumbers(where, `row ${i}`, given));
      if (i === 0) columns = row.length;
      if (row.length !== columns)
        throw new RavineError('shape', where, `expected ${columns} numbers in row ${i}, got ${row.length}`);
      row.forEach((value, column) => {
        if (value === 0) return;
        indices.push(column);
        values.push(value);
      });
      offsets.push(indices.length);
    }
    return SparseMatrix.from({ columns, offsets, indices, values });
  }

  /** What `save` wrote. A damaged file is refused. */
  static async load(path: string): Promise<SparseMatrix> {
    const where = 'SparseMatrix.load';
    const rows = await runSparse(
      where,
      { kind: 'read', path: resolve(checkPath(where, path)), key: new Float64Array(4) },
      {},
      `${path}: `,
    );
    return wrapRows(rows);
  }

  /** One binary file with a checksum, written through a temporary sibling. */
  async save(path: string): Promise<void> {
    const where = 'SparseMatrix.save';
    const file = resolve(checkPath(where, path));
    const spec = { path: file, key: new Float64Array(4), matrix: this.native, labels: new Float64Array(0) };
    await runSparse(where, { kind: 'write', ...spec }, {}, `${path}: `);
  }

  /** Copies of the rows with these numbers, in that order. */
  async subset(rows: Numbers): Promise<SparseMatrix> {
    const where = 'SparseMatrix.subset';
    const numbers = Int32Array.from(readNumbers(where, 'rows', rows));
    const wrong = numbers.findIndex((number, i) => number < 0 || number >= this.rows || number !== rows[i]);
    if (wrong >= 0)
      throw new RavineError('data', where, `expected row numbers from 0 to ${this.rows - 1}, got ${describe(rows[wrong])}`);
    return wrapRows(await runSparse(where, { kind: 'take', matrix: this.native, rows: numbers }));
  }

  /** How many rows have an entry in each column, zeros that are stored included. */
  documentFrequencies(): Promise<Float64Array> {
    return runSparse('SparseMatrix.documentFrequencies', { kind: 'counts', matrix: this.native });
  }

  /** Copies of the arrays, columns rising in each row. */
  toArrays(): { offsets: Float64Array; indices: Uint32Array; values: Float32Array } {
    const { offsets, columns, values } = this.native.arrays();
    return { offsets, indices: columns, values };
  }

  /**
   * What `nn.sparseLinear` takes, for `data.from`: float32 [rows, 2, longest row], column numbers, then values; short rows end with zeros of column 0. Up to
   * 16,777,216 columns.
   */
  toPadded(): { data: Float32Array; shape: [number, number, number] } {
    const where = 'SparseMatrix.toPadded';
    if (this.columns > 2 ** 24) throw new RavineError('shape', where, `expected at most ${2 ** 24} columns, got ${this.columns}`);
    const { offsets, indices, values } = this.toArrays();
    const longest = offsets.reduce((most, end, row) => Math.max(most, end - (offsets[row - 1] ?? 0)), 1);
    const data = padding(where, this.rows, longest);
    for (let row = 0; row < this.rows; row++) {
      const [first, end] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      data.set(indices.subarray(first, end), row * 2 * longest);
      data.set(values.subarray(first, end), (row * 2 + 1) * longest);
    }
    return { data, shape: [this.rows, 2, longest] };
  }

  /** @internal */
  [sparseParts](where: string): SparseParts {
    if (this.entries > mostColumns)
      throw new RavineError('data', where, `expected at most ${mostColumns} entries in a SparseMatrix, got ${this.entries}`, {
        help: 'train on parts of its rows: subset()',
      });
    const make = (dtype: 'int32' | 'float32', shape: readonly number[]): Tensor =>
      new Tensor({ dtype, shape }, { storage: allocate({ dtype, shape }) });
    const { rows, entries } = this;
    const [ranges, columns, values] = [make('int32', [rows, 2]), make('int32', [entries]), make('float32', [entries])];
    const [r, c, v] = [ranges, columns, values].map((tensor) => storageOf(tensor).buffer.native);
    internal(r !== undefined && c !== undefined && v !== undefined, 'no buffers');
    this.native.spread(r, c, v);
    return { ranges, columns, values, width: this.columns };
  }

  /** @internal */
  get native(): NativeSparse {
    if (!this.#native) throw new RavineError('disposed', 'SparseMatrix', 'this matrix was disposed');
    return this.#native;
  }

  get disposed(): boolean {
    return this.#native === undefined;
  }

  /** Frees native memory now; a fit that is running keeps what it needs. */
  dispose(): void {
    this.#native?.dispose();
    this.#native = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const mostColumns = 2 ** 31 - 1;
const uploadBytes = 16 * 1024 * 1024;

/** The matrix of a job that was not stopped. */
export function wrapRows({ matrix }: NativeRows): SparseMatrix {
  internal(matrix !== null, 'a matrix of a job that was stopped');
  return SparseMatrix.wrap(matrix);
}

/** Throws unless the value is a matrix that has its memory. */
export function checkMatrix(where: string, value: unknown): SparseMatrix {
  if (!(value instanceof SparseMatrix))
    throw new RavineError('data', where, `expected a SparseMatrix, got ${describe(value)}`, {
      help: 'make one with SparseMatrix.from, readSvmlight or a vectorizer',
    });
  return value;
}

export function checkColumnCount(where: string, value: unknown): number {
  const columns = positiveInteger(where, 'columns', value);
  if (columns > mostColumns) throw new RavineError('option', where, `expected at most ${mostColumns} columns, got ${columns}`);
  return columns;
}

function padding(where: string, rows: number, longest: number): Float32Array {
  try {
    return new Float32Array(rows * 2 * longest);
  } catch (cause) {
    throw new RavineError('memory', where, `no memory for [${rows}, 2, ${longest}]: the longest row pads all`, { cause });
  }
}

function readNumbers(where: string, name: string, value: unknown): ArrayLike<number> {
  const isList = Array.isArray(value);
  if (!isList && (!ArrayBuffer.isView(value) || value instanceof DataView))
    throw new RavineError('data', where, `expected ${name} to be an array of numbers, got ${describe(value)}`);
  const given = value as ArrayLike<unknown>;
  const isBig = !isList && typeof given[0] === 'bigint';
  const wrong = isBig ? 0 : isList ? value.findIndex((number) => typeof number !== 'number') : -1;
  if (wrong >= 0) throw new RavineError('data', where, `expected numbers as ${name}, got ${describe(given[wrong])} at ${wrong}`);
  return given as ArrayLike<number>;
}

function readIndices(where: string, value: unknown): Int32Array | Uint32Array | Uint16Array {
  if (value instanceof Int32Array || value instanceof Uint32Array || value instanceof Uint16Array) return value;
  const given = readNumbers(where, 'indices', value);
  const numbers = Int32Array.from(given);
  const wrong = numbers.findIndex((number, i) => number !== given[i]);
  if (wrong >= 0) throw new RavineError('data', where, `expected integers as indices, got ${describe(given[wrong])} at ${wrong}`);
  return numbers;
}

function readValues(where: string, value: unknown): Float32Array {
  const given = readNumbers(where, 'values', value);
  return given instanceof Float32Array ? given : Float32Array.from(given);
}

/** A copy in native memory; the event loop turns every 16 MB, in which the array may be taken away. */
async function upload(
  where: string,
  array: Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array,
  size: number,
): Promise<NativeBuffer> {
  const buffer = allocateBuffer(where, size);
  for (let at = 0; at < size; at += uploadBytes) {
    if (at > 0) await setImmediate();
    if (array.byteLength !== size) {
      buffer.dispose();
      throw new RavineError('data', where, 'an array was detached or resized while it was copied');
    }
    buffer.write(new Uint8Array(array.buffer, array.byteOffset + at, Math.min(uploadBytes, size - at)), at);
  }
  return buffer;
}
