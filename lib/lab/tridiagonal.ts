/** An eigenvalue of a symmetric tridiagonal matrix, and the last component of its eigenvector of length 1. */
export interface TridiagonalEigenvalue {
  readonly value: number;
  readonly last: number;
}

/** Of the matrix with this diagonal [k] and these entries beside it [k − 1], ascending: implicit QL with Wilkinson's shift, of eigenvectors the last row. */
export function tridiagonalEigenvalues(diagonal: readonly number[], beside: readonly number[]): TridiagonalEigenvalue[] {
  const size = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from({ length: size }, (_, i) => beside[i] ?? 0);
  const z = Float64Array.from({ length: size }, (_, i) => (i === size - 1 ? 1 : 0));
  for (let l = 0; l < size; l++) {
    // Two or three sweeps each.
    for (let sweep = 0; sweep < 60; sweep++) {
      const end = splitAfter(d, e, l);
      if (end === l) break;
      sweepQl(d, e, z, l, end);
    }
  }
  return Array.from(d, (value, i) => ({ value, last: Math.abs(z[i] ?? 0) })).sort((a, b) => a.value - b.value);
}

/** The first index from l on after which the matrix falls apart. */
function splitAfter(d: Float64Array, e: Float64Array, l: number): number {
  for (let m = l; m < d.length - 1; m++) {
    const scale = Math.abs(d[m] ?? 0) + Math.abs(d[m + 1] ?? 0);
    if (Math.abs(e[m] ?? 0) <= Number.EPSILON * scale) return m;
  }
  return d.length - 1;
}

function sweepQl(d: Float64Array, e: Float64Array, z: Float64Array, l: number, end: number): void {
  const at = (array: Float64Array, i: number): number => array[i] ?? 0;
  const half = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
  const root = Math.hypot(half, 1);
  let g = at(d, end) - at(d, l) + at(e, l) / (half + (half < 0 ? -root : root));
  let [s, c, p] = [1, 1, 0];
  for (let i = end - 1; i >= l; i--) {
    const [f, b] = [s * at(e, i), c * at(e, i)];
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = at(d, i + 1) - p;
      e[end] = 0;
      return;
    }
    [s, c] = [f / r, g / r];
    g = at(d, i + 1) - p;
    const t = (at(d, i) - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    const [upper, lower] = [at(z, i + 1), at(z, i)];
    z[i + 1] = s * lower + c * upper;
    z[i] = c * lower - s * upper;
  }
  d[l] = at(d, l) - p;
  e[l] = g;
  e[end] = 0;
}
