import { describe, expect, it } from 'vitest';
import { expectElements, runKernel, uniform, type Elements } from './kernel.js';

type Real = 'float32' | 'float64';
const dtypes: readonly Real[] = ['float32', 'float64'];
const relative = { float32: 2e-6, float64: 4e-15 };
const epsilon = 1e-5;

interface Kind {
  readonly rows: number;
  readonly columns: number;
  readonly centered: boolean;
  /** 0: neither scale nor shift, 1: a scale, 2: both. */
  readonly affine: number;
}

/** Rows in fours and what is left, in one part and in several; columns around sixteen lanes, their chains and blocks. */
const sizes = [
  [3, 1],
  [70, 3],
  [70, 13],
  [6, 16],
  [9, 17],
  [5, 131],
  [300, 250],
  [2, 9001],
] as const;
const kinds: readonly Kind[] = sizes.flatMap(([rows, columns], i) =>
  [true, false].flatMap((centered) => [i % 3, 2].map((affine) => ({ rows, columns, centered, affine }))),
);

const attributesOf = ({ rows, columns, centered, affine }: Kind): number[] =>
  [rows, columns, epsilon, centered, affine > 0, affine > 1].map(Number);

/** Σ, by Kahan's way: plain sums of doubles are off by more than the kernel. */
function sumOf(count: number, of: (i: number) => number): number {
  let [sum, lost] = [0, 0];
  for (let i = 0; i < count; i++) {
    const term = of(i) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
}

function statisticsOf(x: Elements, { rows, columns, centered }: Kind): { mean: number[]; variance: number[] } {
  const of = (r: number, value: (v: number) => number) => sumOf(columns, (c) => value(x[r * columns + c]!)) / columns;
  const mean = Array.from({ length: rows }, (_, r) => (centered ? of(r, (v) => v) : 0));
  return { mean, variance: mean.map((m, r) => of(r, (v) => (v - m) ** 2)) };
}

function normalize(x: Elements, dtype: Real, kind: Kind, over?: readonly (number | undefined)[]) {
  const { rows, columns, centered, affine } = kind;
  const vectors = [uniform(dtype, columns, 2, 0.5, 2), uniform(dtype, columns, 3)].slice(0, affine);
  const outputs = [x.length, rows, ...(centered ? [rows] : [])].map((elements) => ({ dtype, elements }));
  const result = runKernel({ kernel: 'row_norm', inputs: [x, ...vectors], outputs, attributes: attributesOf(kind), over });
  return { vectors, outputs: result.outputs };
}

describe.each(dtypes)('%s: near the formula, the same bits on every instruction set and for any number of threads', (dtype) => {
  it.each(kinds)('row_norm of $rows rows of $columns, centered $centered, affine $affine', (kind) => {
    const { rows, columns } = kind;
    const x = uniform(dtype, rows * columns, 1, -2, 3);
    const { mean, variance } = statisticsOf(x, kind);
    for (const over of [undefined, [0]]) {
      const { vectors, outputs } = normalize(x, dtype, kind, over);
      const [y, factors, means] = outputs;
      const factor = (r: number) => 1 / Math.sqrt(variance[r]! + epsilon);
      const [scale, shift] = vectors;
      // A row of one has no variance: what its mean is off by is magnified by 1/√ε.
      const bound = (r: number) => relative[dtype] * (4 + 4 * factor(r));
      expectElements(
        y,
        (i) => {
          const [r, c] = [Math.floor(i / columns), i % columns];
          return (x[i]! - mean[r]!) * factor(r) * (scale?.[c] ?? 1) + (shift?.[c] ?? 0);
        },
        (i) => bound(Math.floor(i / columns)),
      );
      expectElements(factors, factor, (r) => relative[dtype] * factor(r));
      if (kind.centered) expectElements(means, (r) => mean[r]!, () => relative[dtype]); // prettier-ignore
    }
  });

  it.each(kinds)('row_norm_gradient of $rows rows of $columns, centered $centered, affine $affine', (kind) => {
    const { rows, columns, centered, affine } = kind;
    const [x, dy] = [uniform(dtype, rows * columns, 1, -2, 3), uniform(dtype, rows * columns, 6)];
    const [factor, mean] = [uniform(dtype, rows, 4, 0.5, 2), uniform(dtype, rows, 5)];
    const scale = uniform(dtype, columns, 2, 0.5, 2);
    const inputs = [x, dy, factor, ...(centered ? [mean] : []), ...(affine > 0 ? [scale] : [])];
    const lengths = [x.length, columns, columns].slice(0, 1 + affine);
    const outputs = lengths.map((elements) => ({ dtype, elements }));
    const hat = (r: number, c: number) => (x[r * columns + c]! - (centered ? mean[r]! : 0)) * factor[r]!;
    const slope = (r: number, c: number) => dy[r * columns + c]! * (affine > 0 ? scale[c]! : 1);
    const perRow = Array.from({ length: rows }, (_, r) => ({
      tilt: sumOf(columns, (c) => slope(r, c) * hat(r, c)) / columns,
      level: centered ? sumOf(columns, (c) => slope(r, c)) / columns : 0,
    }));
    for (const over of [undefined, [0], [1]]) {
      const [dx, dscale, dshift] = runKernel({ kernel: 'row_norm_gradient', inputs, outputs, attributes: attributesOf(kind), over })
        .outputs; // prettier-ignore
      expectElements(
        dx,
        (i) => {
          const [r, c] = [Math.floor(i / columns), i % columns];
          return factor[r]! * (slope(r, c) - perRow[r]!.level - hat(r, c) * perRow[r]!.tilt);
        },
        () => 100 * relative[dtype],
      );
      const bound = () => relative[dtype] * 6 * rows;
      if (affine > 0) expectElements(dscale, (c) => sumOf(rows, (r) => dy[r * columns + c]! * hat(r, c)), bound);
      if (affine > 1) expectElements(dshift, (c) => sumOf(rows, (r) => dy[r * columns + c]!), bound);
    }
  });
});

describe.each(dtypes)('row_norm %s', (dtype) => {
  it.each([60, 9001])('has the variance of numbers that are large beside their deviation: %i of them', (columns) => {
    const kind = { rows: 2, columns, centered: true, affine: 0 };
    const x = uniform(dtype, 2 * columns, 4, 29_999.9, 30_000.1);
    const { variance } = statisticsOf(x, kind);
    const [, factors] = normalize(x, dtype, kind).outputs;
    expectElements(
      factors,
      (r) => 1 / Math.sqrt(variance[r]! + epsilon),
      (_, expected) => (dtype === 'float32' ? 4e-6 : 1e-11) * expected,
    );
  });

  it('gives 0 for rows of one number, and no NaN where it is 0', () => {
    for (const columns of [1, 3, 40, 9001]) {
      const x = uniform(dtype, columns, 5, 10_000.123, 10_000.123);
      const centered = normalize(x, dtype, { rows: 1, columns, centered: true, affine: 0 }).outputs;
      expect(centered[0]?.every((y) => y === 0)).toBe(true);
      const zero = uniform(dtype, columns, 5, 0, 0);
      const [y] = normalize(zero, dtype, { rows: 1, columns, centered: false, affine: 1 }).outputs;
      expect(y?.every((value) => value === 0)).toBe(true);
    }
  });

  it('passes NaN and infinities on within their row alone', () => {
    const columns = 40;
    for (const special of [NaN, Infinity]) {
      const x = uniform(dtype, 3 * columns, 8);
      x[columns + 17] = special;
      const [y] = normalize(x, dtype, { rows: 3, columns, centered: true, affine: 2 }).outputs;
      const isOwn = (i: number) => Math.floor(i / columns) === 1;
      expect(y?.every((value, i) => (isOwn(i) ? Number.isNaN(value) : Number.isFinite(value)))).toBe(true);
    }
  });
});

it('has no rows', () => {
  const [none, columns] = [new Float32Array(0), new Float32Array(3)];
  const outputs = [0, 3, 3].map((elements) => ({ dtype: 'float32' as const, elements }));
  const inputs = [none, none, none, none, columns];
  const attributes = attributesOf({ rows: 0, columns: 3, centered: true, affine: 2 });
  const result = runKernel({ kernel: 'row_norm_gradient', inputs, outputs, attributes }).outputs;
  expect(result.slice(1).map((sums) => [...sums])).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
});

it('refuses operands that do not fit', () => {
  const x = new Float32Array(12);
  const float = (elements: number) => ({ dtype: 'float32' as const, elements });
  const run = (kernel: string, inputs: number[], outputs: number[], attributes: number[]) =>
    runKernel({ kernel, inputs: inputs.map((n) => x.subarray(0, n)), outputs: outputs.map(float), attributes });
  const bad: [string, number[], number[], number[]][] = [
    ['row_norm', [12], [12, 3, 3], [3, 5, 1e-5, 1, 0, 0]],
    ['row_norm', [12], [12, 3, 3], [-3, -4, 1e-5, 1, 0, 0]],
    ['row_norm', [12], [], [3, 4, 1e-5, 1, 0, 0]],
    ['row_norm', [12], [12, 3], [3, 4, 1e-5, 1, 0, 0]],
    ['row_norm', [12], [12, 4, 3], [3, 4, 1e-5, 1, 0, 0]],
    ['row_norm', [12, 3], [12, 3, 3], [3, 4, 1e-5, 1, 1, 0]],
    ['row_norm', [12, 4], [12, 3, 3], [3, 4, 1e-5, 1, 0, 1]],
    ['row_norm_gradient', [12, 12, 3], [12], [3, 4, 1e-5, 1, 0, 0]],
    ['row_norm_gradient', [12, 12, 3, 4], [12], [3, 4, 1e-5, 1, 0, 0]],
    ['row_norm_gradient', [12, 12, 3, 3, 4], [12, 4, 3], [3, 4, 1e-5, 1, 1, 1]],
  ];
  for (const [kernel, inputs, outputs, attributes] of bad)
    expect(() => run(kernel, inputs, outputs, attributes), attributes.join()).toThrow(TypeError);
});
