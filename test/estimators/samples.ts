import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

interface Packed {
  readonly shape: readonly [number, number];
  readonly decimals: readonly number[];
  readonly kind: 'uint8' | 'int32';
  readonly x: string;
  readonly y: string;
}

export interface Golden {
  readonly data: string;
  readonly columns?: readonly number[];
  /** m stands for the weights 1 + i mod m. */
  readonly sampleWeight?: number;
  readonly standardise: boolean;
  readonly options: object;
  readonly coefficients: readonly number[];
  readonly intercepts: readonly number[];
  readonly accuracy: number;
  readonly rows: readonly number[];
  readonly probabilities: readonly number[];
}

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'));
const packed = read('logistic-regression-data') as Readonly<Record<string, Packed>>;
export const { cases } = read('logistic-regression') as { cases: readonly Golden[] };

export interface Samples {
  readonly x: { readonly data: Float64Array; readonly shape: readonly [number, number] };
  readonly y: Int32Array;
}

/** One of scikit-learn's data sets, or some of its columns; standardised as `logistic-regression.py` says. */
export function samples(name: string, standardise = true, columns?: readonly number[]): Samples {
  const { shape, decimals, kind, ...encoded } = packed[name] as Packed;
  const bytes = (text: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(text, 'base64')));
  const flat = kind === 'uint8' ? bytes(encoded.x) : new Int32Array(bytes(encoded.x).buffer);
  const rows = shape[0];
  const chosen = columns ?? decimals.map((_, column) => column);
  const data = new Float64Array(rows * chosen.length);
  chosen.forEach((column, j) => {
    const values = Array.from({ length: rows }, (_, i) => (flat[i * shape[1] + column] ?? NaN) / 10 ** (decimals[column] ?? NaN));
    const m = values.reduce((a, b) => a + b, 0) / rows;
    const s = Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0) / rows) || 1;
    values.forEach((value, i) => (data[i * chosen.length + j] = standardise ? (value - m) / s : value));
  });
  return { x: { data, shape: [rows, chosen.length] }, y: Int32Array.from(bytes(encoded.y)) };
}

/** The largest difference, relative to the largest number that is wanted. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  const difference = Math.max(...Array.from(got, (value, i) => Math.abs(value - (want[i] ?? NaN))));
  if (got.length !== want.length) return NaN;
  return difference === 0 ? 0 : difference / Math.max(...Array.from(want, Math.abs));
}
