import type { DType } from '../../lib/dtype.js';
import type { Shape } from '../../lib/shape.js';

/** An array in plain float64, which reference functions take and give. */
export interface Values {
  readonly shape: Shape;
  readonly data: readonly number[];
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** An array made element by element. */
export function build(shape: Shape, at: (index: readonly number[]) => number): Values {
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => at(unravel(flat, shape)));
  return { shape, data };
}

export function unravel(flat: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** The element at an index, broadcast: axes are matched from the last, those of length 1 repeat. */
export function get(x: Values, index: readonly number[]): number {
  const extra = index.length - x.shape.length;
  const flat = x.shape.reduce((sum, length, axis) => sum * length + (length === 1 ? 0 : (index[axis + extra] ?? NaN)), 0);
  const value = x.data[flat];
  if (value === undefined) throw new Error(`[${index.join(',')}] lies outside of [${x.shape.join(',')}]`);
  return value;
}

/** fn over arrays, broadcast. */
export function map(fn: (...elements: number[]) => number, ...inputs: readonly Values[]): Values {
  const rank = Math.max(...inputs.map((x) => x.shape.length));
  const shape = Array.from({ length: rank }, (_, i) => {
    const lengths = inputs.map((x) => x.shape[i - rank + x.shape.length] ?? 1);
    return lengths.find((length) => length !== 1) ?? 1;
  });
  return build(shape, (index) => fn(...inputs.map((x) => get(x, index))));
}

/** fn over the elements that each element of the result stands for. */
export function reduce(
  x: Values,
  axes: readonly number[],
  keepDims: boolean,
  fn: (elements: readonly number[]) => number,
): Values {
  const lengths = axes.map((axis) => x.shape[axis] ?? 1);
  const kept = build(
    x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    (index) => {
      const elements = build(lengths, (inner) =>
        get(
          x,
          index.map((place, axis) => (axes.includes(axis) ? (inner[axes.indexOf(axis)] ?? 0) : place)),
        ),
      );
      return fn(elements.data);
    },
  );
  return keepDims ? kept : { ...kept, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

/** A multiplicative generator (Lehmer, modulus 2³¹ − 1): the same numbers in every run. */
export function generator(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 4; i++) next();
  return next;
}

/** The nearest number that the dtype holds. */
export function rounded(value: number, dtype: DType): number {
  if (dtype === 'float32') return Math.fround(value);
  return dtype === 'float64' ? value : Math.trunc(value);
}

export interface Tolerance {
  /** Multiples of the dtype's ε (2⁻²³, 2⁻⁵²) of the value itself. */
  readonly relative?: number;
  /** Multiples of ε. */
  readonly absolute?: number;
}

const facts = { float32: [2 ** -23, 2 ** -126], float64: [2 ** -52, 2 ** -1022], int32: [0, 0], uint8: [0, 0] } as const;

/** What differs most between `got` and `want`, or undefined. Denormal results may be flushed to 0. */
export function difference(
  got: ArrayLike<number>,
  want: Values,
  dtype: DType,
  { relative = 0, absolute = 0 }: Tolerance = {},
): string | undefined {
  if (got.length !== want.data.length) return `${got.length} elements, expected ${want.data.length}`;
  const [epsilon, smallest] = facts[dtype];
  for (let i = 0; i < got.length; i++) {
    const [value, exact] = [got[i] ?? NaN, want.data[i] ?? NaN];
    const expected = rounded(exact, dtype);
    if (value === expected || (Number.isNaN(value) && Number.isNaN(expected))) continue;
    const bound = epsilon * (relative * Math.abs(exact) + absolute) + smallest;
    const isClose = Number.isFinite(value) && Number.isFinite(expected) && Math.abs(value - exact) <= bound;
    if (!isClose) return `element [${unravel(i, want.shape).join(',')}] is ${value}, expected ${exact} ± ${bound}`;
  }
  return undefined;
}
