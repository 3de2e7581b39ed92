import { describe, expect, it } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import { epsilon, expectElements, runKernel, sprinkle, uniform, type DTypeName, type Elements } from './kernel.js';

type Shape = readonly [outer: number, length: number, inner: number];

const dtypes: readonly DTypeName[] = ['float32', 'float64', 'int32'];
const kinds = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin'];
const sizes = [1, 7, 8, 9, 31, 32, 33];
const small: readonly Shape[] = sizes.flatMap((length) => sizes.map((inner): Shape => [2, length, inner]));
/** Long rows in pieces, many rows, wide ones in columns, pieces of rows. */
const large: readonly Shape[] = [
  [3, 70001, 1],
  [700, 100, 1],
  [1, 128, 512],
  [2, 2000, 70],
  [1, 600, 300],
  [1, 9, 5000],
  [1, 20000, 2],
];

function reduce(kind: string, x: Elements, dtype: DTypeName, [outer, length, inner]: Shape): Elements | undefined {
  const output = { dtype: kind.startsWith('arg') ? ('int32' as const) : dtype, elements: outer * inner };
  return runKernel({ kernel: 'reduce', inputs: [x], outputs: [output], attributes: [kinds.indexOf(kind), outer, length, inner] })
    .outputs[0];
}

/** The elements that output i is made of. */
function column(x: Elements, [, length, inner]: Shape, i: number): number[] {
  const start = Math.floor(i / inner) * length * inner + (i % inner);
  return Array.from({ length }, (_, row) => x[start + row * inner] ?? NaN);
}

const references: Record<string, (values: number[], dtype: DTypeName) => number> = {
  sum: (values, dtype) => values.reduce((sum, x) => (dtype === 'int32' ? (sum + x) | 0 : sum + x), 0),
  prod: (values, dtype) => values.reduce((product, x) => (dtype === 'int32' ? Math.imul(product, x) : product * x), 1),
  max: (values) => values[extreme(values, 1)] ?? NaN,
  min: (values) => values[extreme(values, -1)] ?? NaN,
  argmax: (values) => extreme(values, 1),
  argmin: (values) => extreme(values, -1),
};

/** Place of the first NaN, else of the first largest (sign 1) or smallest (-1). */
function extreme(values: number[], sign: number): number {
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return values.reduce((best, x, i) => (x * sign > (values[best] ?? NaN) * sign ? i : best), 0);
}

/** Sums err by log n of their terms' magnitude, products by n of theirs; the rest is exact. */
function tolerance(kind: string, dtype: DTypeName, values: number[], expected: number): number {
  const n = values.length;
  const magnitude =
    kind === 'sum' ? values.reduce((sum, x) => sum + Math.abs(x), 0) * (2 + Math.log2(n)) : Math.abs(expected) * n;
  return kind === 'sum' || kind === 'prod' ? (Number.isFinite(magnitude) ? epsilon[dtype] * magnitude : 0) : 0;
}

function check(kind: string, dtype: DTypeName, shape: Shape, x: Elements): void {
  const results = Array.from({ length: shape[0] * shape[2] }, (_, i) => {
    const values = column(x, shape, i);
    const expected = references[kind]!(values, dtype);
    return { expected, tolerance: tolerance(kind, dtype, values, expected) };
  });
  expectElements(
    reduce(kind, x, dtype, shape),
    (i) => results[i]!.expected,
    (i) => results[i]!.tolerance,
  );
}

const elements = ([outer, length, inner]: Shape) => outer * length * inner;

/** Products of many numbers stay near 1; extremes meet equal numbers. */
function operand(kind: string, dtype: DTypeName, shape: Shape): Elements {
  const seed = kinds.indexOf(kind) + 1;
  if (kind === 'prod')
    return uniform(dtype, elements(shape), seed, dtype === 'int32' ? -9 : 0.999, dtype === 'int32' ? 9 : 1.001);
  if (kind === 'sum')
    return uniform(dtype, elements(shape), seed, dtype === 'int32' ? -(2 ** 31) : -1, dtype === 'int32' ? 2 ** 31 : 1);
  return uniform(dtype, elements(shape), seed, -20, 20).map(Math.round);
}

describe.each(dtypes)('reduce %s', (dtype) => {
  it.each(kinds)('%s of odd sizes', (kind) => {
    for (const shape of small) check(kind, dtype, shape, operand(kind, dtype, shape));
  });

  it.each(kinds)('%s in chunks', (kind) => {
    for (const shape of large) check(kind, dtype, shape, operand(kind, dtype, shape));
  });

  it.runIf(dtype !== 'int32').each(kinds)('%s of infinities and NaN', (kind) => {
    const shapes: readonly Shape[] = [...small, [3, 1000, 1], [1, 1000, 9], [40, 3, 1], [1, 40000, 1]];
    for (const shape of shapes) check(kind, dtype, shape, sprinkle(operand(kind, dtype, shape), 5));
  });

  it('gives the neutral element for length 0, and refuses where there is none', () => {
    const nothing = uniform(dtype, 0, 1);
    expect([...(reduce('sum', nothing, dtype, [3, 0, 2]) ?? [])]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(reduce('prod', nothing, dtype, [2, 0, 1]) ?? [])]).toEqual([1, 1]);
    for (const kind of ['max', 'min', 'argmax', 'argmin']) {
      expect(() => reduce(kind, nothing, dtype, [3, 0, 2])).toThrow('length 0');
      expect(reduce(kind, nothing, dtype, [0, 5, 2])).toHaveLength(0);
      expect(reduce(kind, nothing, dtype, [5, 3, 0])).toHaveLength(0);
    }
  });
});

describe('reduce', () => {
  it('names its kinds', () => {
    expect(addon().reductions).toEqual(kinds);
  });

  it('errs by little in long float32 sums', () => {
    const x = new Float32Array(1_000_000).fill(0.1);
    for (const shape of [
      [1, 1_000_000, 1],
      [1, 500_000, 2],
    ] as const) {
      const exact = shape[1] * (x[0] ?? NaN);
      expectElements(
        reduce('sum', x, 'float32', shape),
        () => exact,
        () => exact * 4 * epsilon.float32,
      );
    }
  });

  it('refuses operands that do not fit', () => {
    const x = uniform('float32', 12, 1);
    expect(() => reduce('sum', x, 'float32', [2, 3, 3])).toThrow(TypeError);
    expect(() => reduce('sum', uniform('uint8', 12, 1, 0, 9), 'uint8', [2, 3, 2])).toThrow(TypeError);
    expect(() => reduce('median', x, 'float32', [2, 3, 2])).toThrow('kind');
  });
});

describe.each(dtypes)('cumsum %s', (dtype) => {
  const modes = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;

  it.each(modes)('reverse %s, exclusive %s', (reverse, exclusive) => {
    const shapes: readonly Shape[] = [...small, [0, 3, 2], [2, 0, 3], [3, 5, 0], [100, 1000, 1], [2, 500, 300], [1, 70000, 1]];
    for (const shape of shapes) {
      const [outer, length, inner] = shape;
      const x = uniform(dtype, elements(shape), 3, dtype === 'int32' ? -(2 ** 31) : -1, dtype === 'int32' ? 2 ** 31 : 1);
      const expected = new Float64Array(x.length);
      const bound = new Float64Array(x.length); // each addition errs by half an epsilon of the sum so far
      for (let i = 0; i < outer * inner; i++) {
        const start = Math.floor(i / inner) * length * inner + (i % inner);
        for (let step = 0, sum = 0, error = 0; step < length; step++) {
          const place = start + (reverse ? length - 1 - step : step) * inner;
          const next = dtype === 'int32' ? (sum + x[place]!) | 0 : sum + x[place]!;
          error += epsilon[dtype] * Math.abs(next);
          expected[place] = exclusive ? sum : next;
          bound[place] = error;
          sum = next;
        }
      }
      for (const over of [undefined, 0]) {
        const test = { kernel: 'cumsum', inputs: [x], outputs: [{ dtype, elements: x.length }], over };
        const result = runKernel({ ...test, attributes: [...shape, Number(reverse), Number(exclusive)] });
        expectElements(
          result.outputs[0],
          (i) => expected[i] ?? NaN,
          (i) => bound[i] ?? NaN,
        );
      }
    }
  });
});
