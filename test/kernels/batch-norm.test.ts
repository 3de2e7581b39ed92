import { describe, expect, it } from 'vitest';
import { expectElements, runKernel, uniform, type Elements } from './kernel.js';

type Real = 'float32' | 'float64';
const dtypes: readonly Real[] = ['float32', 'float64'];
const relative = { float32: 2e-6, float64: 4e-15 };

/** Kahan's sums: plain ones of 20,000 doubles are off by more than the kernel. */
function momentsOf(x: Elements, rows: number, channels: number): { mean: number[]; variance: number[] } {
  const sumOf = (c: number, of: (value: number) => number): number => {
    let [sum, lost] = [0, 0];
    for (let r = 0; r < rows; r++) {
      const term = of(x[r * channels + c] ?? NaN) - lost;
      const next = sum + term;
      lost = next - sum - term;
      sum = next;
    }
    return sum;
  };
  const mean = Array.from({ length: channels }, (_, c) => sumOf(c, (value) => value) / rows);
  const variance = mean.map((m, c) => sumOf(c, (value) => (value - m) ** 2) / rows);
  return { mean, variance };
}

function batchNorm(x: Elements, dtype: Real, rows: number, channels: number, over?: readonly (number | undefined)[]) {
  const vectors = [uniform(dtype, channels, 2, 0.5, 2), uniform(dtype, channels, 3)];
  const outputs = [x.length, channels, channels].map((elements) => ({ dtype, elements }));
  return runKernel({ kernel: 'batch_norm', inputs: [x, ...vectors], outputs, attributes: [rows, channels, 1e-5, 0], over });
}

/** Blocks and parts that are whole, cut and single; channels around the vectors' widths. */
const sizes = [
  [2, 1],
  [7, 3],
  [33, 8],
  [9, 17],
  [100, 600],
  [20_000, 3],
] as const;

describe.each(dtypes)('batch_norm %s', (dtype) => {
  it.each(sizes)(
    '%i rows of %i channels: the same bits on every instruction set and for any number of threads',
    (rows, channels) => {
      const x = uniform(dtype, rows * channels, 1, -2, 3);
      const { mean, variance } = momentsOf(x, rows, channels);
      for (const over of [undefined, [0, undefined, undefined]]) {
        const [, means, variances] = batchNorm(x, dtype, rows, channels, over).outputs;
        expectElements(
          means,
          (c) => mean[c] ?? NaN,
          () => relative[dtype],
        );
        expectElements(
          variances,
          (c) => variance[c] ?? NaN,
          (_, expected) => relative[dtype] * expected,
        );
      }
    },
  );

  it('has the variance of numbers that are large beside their deviation', () => {
    for (const [rows, channels] of [
      [128, 40],
      [20_000, 3],
    ] as const) {
      const x = uniform(dtype, rows * channels, 4, 29_999.9, 30_000.1);
      const { variance } = momentsOf(x, rows, channels);
      const [, , variances] = batchNorm(x, dtype, rows, channels).outputs;
      expectElements(
        variances,
        (c) => variance[c] ?? NaN,
        (_, expected) => (dtype === 'float32' ? 4e-6 : 1e-11) * expected,
      );
    }
  });

  it('has no variance where a channel is constant', () => {
    const [y, , variances] = batchNorm(uniform(dtype, 60_000, 5, 10_000.123, 10_000.123), dtype, 20_000, 3).outputs;
    expect([...(variances ?? [])]).toEqual([0, 0, 0]);
    expect(y?.every(Number.isFinite)).toBe(true);
  });
});

describe.each(dtypes)('normalize and batch_norm_gradient %s', (dtype) => {
  /** Σ of rows, and of the sizes of their terms. */
  const sums = (rows: number, of: (r: number) => number): readonly [number, number] => {
    const terms = Array.from({ length: rows }, (_, r) => of(r));
    return [terms.reduce((a, b) => a + b, 0), terms.reduce((a, b) => a + Math.abs(b), 0)];
  };

  it.each(sizes.slice(0, -1).flatMap(([rows, channels]) => [0, 1].map((relu) => [rows, channels, relu] as const)))(
    '%i rows of %i channels, ReLU %i: near the formula, the same bits everywhere',
    (rows, channels, relu) => {
      const [x, dy] = [uniform(dtype, rows * channels, 1, -2, 3), uniform(dtype, rows * channels, 6)];
      const vectors = [[0.5, 2], [-1, 1], [0, 1], [0.5, 2]].map(([low, high], i) => uniform(dtype, channels, 2 + i, low, high)); // prettier-ignore
      const [gamma, beta, mean, variance] = vectors.map((vector) => Array.from(vector));
      const attributes = [rows, channels, 1e-5, relu];
      const at = (i: number) => {
        const c = i % channels;
        const scale = 1 / Math.sqrt(variance![c]! + 1e-5);
        const hat = (x[i]! - mean![c]!) * scale;
        const y = hat * gamma![c]! + beta![c]!;
        return { c, scale, hat, y, slope: relu === 1 && y <= 0 ? 0 : dy[i]! };
      };
      const outputs = [{ dtype, elements: x.length }];
      const { outputs: normalized } = runKernel({ kernel: 'normalize', inputs: [x, ...vectors], outputs, attributes });
      expectElements(
        normalized[0],
        (i) => (relu === 1 ? Math.max(at(i).y, 0) : at(i).y),
        () => 8 * relative[dtype],
      );
      const [dbeta, dgamma] = [(i: number) => at(i).slope, (i: number) => at(i).slope * at(i).hat].map((of) =>
        Array.from({ length: channels }, (_, c) => sums(rows, (r) => of(r * channels + c))),
      );
      const gradients = [...outputs, { dtype, elements: channels }, { dtype, elements: channels }];
      const inputs = [x, ...vectors, dy];
      const [dx, scales, shifts] = runKernel({ kernel: 'batch_norm_gradient', inputs, outputs: gradients, attributes }).outputs;
      const bound = (terms: readonly (readonly [number, number])[]) => (c: number) => 4 * relative[dtype] * terms[c]![1];
      expectElements(scales, (c) => dgamma![c]![0], bound(dgamma!));
      expectElements(shifts, (c) => dbeta![c]![0], bound(dbeta!));
      expectElements(
        dx,
        (i) => {
          const { c, scale, hat, slope } = at(i);
          return gamma![c]! * scale * (slope - dbeta![c]![0] / rows - (hat * dgamma![c]![0]) / rows);
        },
        () => 40 * relative[dtype],
      );
    },
  );
});

it('refuses operands that do not fit', () => {
  const x = new Float32Array(12);
  const outputs = [12, 3, 3].map((elements) => ({ dtype: 'float32' as const, elements }));
  const inputs = [x, new Float32Array(3), new Float32Array(3)];
  expect(() => runKernel({ kernel: 'batch_norm', inputs, outputs, attributes: [3, 4, 1e-5, 0] })).toThrow(TypeError);
  expect(() => runKernel({ kernel: 'batch_norm', inputs, outputs, attributes: [-4, -3, 1e-5, 0] })).toThrow(TypeError);
});
