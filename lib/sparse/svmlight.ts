import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileError } from '../io/atomic.js';
import { AbortError, RavineError } from '../errors.js';
import { boolean, checkNames, checkSignal, optionalFunction } from '../options.js';
import type { NativeRows } from '../runtime/addon.js';
import { checkPath, runSparse } from './job.js';
import { SparseMatrix, checkColumnCount } from './matrix.js';

export interface SvmlightOptions {
  /** Default: as many as the largest index needs. Give it where training and test files must agree. */
  readonly columns?: number;
  /** Indices start from 0. Default false: from 1, as SVMlight and LIBSVM have it. */
  readonly zeroBased?: boolean;
  /**
   * Keep a binary copy: `true` for `<path>.ravine`, or its path. It is used while size, time and options of the text are the same; a damaged one is made
   * anew. Default false.
   */
  readonly cache?: boolean | string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes: number; readonly rows: number }) => void;
}

export interface LabelledMatrix {
  readonly x: SparseMatrix;
  /** One number a row, as the file has it. */
  readonly y: Float64Array;
}

const where = 'readSvmlight';

/**
 * Reads `label index:value … # comment` lines, the text format of SVMlight and LIBSVM, block by block on a thread of its own. `qid:n` is skipped,
 * blank and comment lines too. Indices rise within a line and values are finite float32 numbers: any other line is refused by its number.
 */
export async function readSvmlight(path: string, options: SvmlightOptions = {}): Promise<LabelledMatrix> {
  checkNames(where, options, ['columns', 'zeroBased', 'cache', 'signal', 'onProgress']);
  checkPath(where, path);
  const columns = options.columns === undefined ? 0 : checkColumnCount(where, options.columns);
  const zeroBased = boolean(where, 'zeroBased', options.zeroBased ?? false);
  const { cache = false, signal, onProgress } = options;
  if (typeof cache === 'string') checkPath(where, cache);
  else boolean(where, 'cache', cache);
  checkSignal(where, signal);
  optionalFunction(where, 'onProgress', onProgress);
  const source = resolve(path);
  const facts = await stat(source).catch(async (error: unknown) => {
    throw await fileError(where, `cannot read ${path}`, error);
  });
  const copy = cache === true ? `${source}.ravine` : cache === false ? undefined : resolve(cache);
  const key = Float64Array.of(facts.size, Math.round(facts.mtimeMs * 1000), columns, zeroBased ? 2 : 1);
  const cached = copy === undefined ? undefined : await readCopy(copy, key);
  if (cached) return cached;
  const rows = await runSparse(
    where,
    { kind: 'svmlight', path: source, columns, zeroBased },
    {
      signal,
      onProgress: onProgress && (([bytes = 0, count = 0]) => onProgress({ bytes, totalBytes: facts.size, rows: count })),
    },
    `${path}: `,
  );
  // A small file may be read before the signal is seen; it is honoured all the same.
  if (rows.matrix === null || signal?.aborted) throw new AbortError(where, 0, signal?.reason);
  if (copy !== undefined)
    await runSparse(where, { kind: 'write', path: copy, key, matrix: rows.matrix, labels: rows.labels }, {}, `${copy}: `);
  return labelled(rows, rows.matrix);
}

/** The binary copy, unless it is missing, damaged or made from another file. */
async function readCopy(path: string, key: Float64Array): Promise<LabelledMatrix | undefined> {
  try {
    const rows = await runSparse(where, { kind: 'read', path, key });
    return rows.matrix === null ? undefined : labelled(rows, rows.matrix);
  } catch (error) {
    if (error instanceof RavineError && (error.code === 'file' || error.code === 'format')) return undefined;
    throw error;
  }
}

function labelled({ labels }: NativeRows, matrix: NonNullable<NativeRows['matrix']>): LabelledMatrix {
  return { x: SparseMatrix.wrap(matrix), y: labels };
}
