import { RavineError, describe } from '../errors.js';
import { checkNames, nonNegativeInteger, numberIn, positiveInteger } from '../options.js';
import { tridiagonalEigenvalues } from './tridiagonal.js';

export interface LanczosOptions {
  /** Products with the matrix at most. Default 100. */
  readonly steps?: number;
  /** Both ends' residuals are to be below this times the greatest magnitude. Default 1e-6. */
  readonly tolerance?: number;
  /** Of the start. Default 0. */
  readonly seed?: number;
}

/** A Ritz value: the matrix has an eigenvalue within `residual` of it, ‖Ax − value·x‖ for a unit x. */
export interface RitzValue {
  readonly value: number;
  readonly residual: number;
}

export interface LanczosResult {
  /** Ascending. Ends are found first; which eigenvalues lie between is known once `complete`. */
  readonly values: readonly RitzValue[];
  /** Products with the matrix. */
  readonly products: number;
  /** Whether both ends' residuals are below the tolerance. */
  readonly converged: boolean;
  /** Whether the space was exhausted: every eigenvalue is there, several equal ones once. */
  readonly complete: boolean;
}

/** v ← Av. v [n] is not to be kept. */
export type Product = (v: Float64Array) => Float64Array | Promise<Float64Array>;

/**
 * Eigenvalues of a symmetric matrix [n, n] of which only products are known (Lanczos 1950), in float64 with full reorthogonalisation, twice: without it
 * rounding gives copies of the ends. Memory: `steps` vectors.
 */
export async function lanczos(product: Product, size: number, options: LanczosOptions = {}): Promise<LanczosResult> {
  const where = 'lab.lanczos';
  if (typeof product !== 'function') throw new RavineError('option', where, `expected a product, got ${describe(product)}`);
  positiveInteger(where, 'size', size);
  checkNames(where, options, ['steps', 'tolerance', 'seed']);
  const steps = Math.min(size, positiveInteger(where, 'steps', options.steps ?? 100));
  const tolerance = numberIn(where, 'tolerance', options.tolerance ?? 1e-6, 0);
  const basis = [startOf(size, nonNegativeInteger(where, 'seed', options.seed ?? 0))];
  const [diagonal, beside]: [number[], number[]] = [[], []];
  for (;;) {
    const q = basis.at(-1) ?? new Float64Array(size);
    const w = Float64Array.from(await product(q.slice()));
    if (w.length !== size || !w.every(Number.isFinite))
      throw new RavineError(
        'data',
        where,
        `expected a product of ${size} finite numbers${w.length === size ? '' : `, got ${w.length}`}`,
      );
    diagonal.push(dot(q, w));
    for (let pass = 0; pass < 2; pass++) for (const other of basis) subtract(w, dot(other, w), other);
    const length = Math.sqrt(dot(w, w));
    const values = tridiagonalEigenvalues(diagonal, beside).map(({ value, last }) => ({ value, residual: length * last }));
    const greatest = Math.max(...values.map(({ value }) => Math.abs(value)));
    const complete = length <= 1e-13 * size * greatest || basis.length === size;
    const bound = tolerance * greatest;
    const converged = complete || [values[0], values.at(-1)].every((end) => isWithin(end, bound));
    // Where others are negative or nought, the least of the positive ones is waited for, which may take all steps.
    const positive = values.find(({ value }) => value > bound);
    if (complete || (converged && isWithin(positive, bound)) || basis.length === steps)
      return { values, products: basis.length, converged, complete };
    beside.push(length);
    basis.push(w.map((value) => value / length));
  }
}

function isWithin(found: RitzValue | undefined, bound: number): boolean {
  return found === undefined || found.residual <= bound;
}

function startOf(size: number, seed: number): Float64Array {
  let state = (seed + 0x9e3779b9) >>> 0;
  const start = Float64Array.from({ length: size }, () => {
    // xorshift32; its low bits are as good as its high ones.
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.sqrt(dot(start, start)) || 1;
  return start.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function subtract(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) - factor * (b[i] ?? 0);
}
