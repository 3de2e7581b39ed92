import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { accuracy, meanAbsoluteError, rSquared, topK, type Metric } from '../../lib/metrics/index.js';
import { tensor } from '../../lib/ops/create.js';
import '../../lib/runtime/index.js';
import { over } from './over.js';

const int32 = (data: number[], shape: number[] = [data.length]) => tensor(Int32Array.from(data), { shape });

const scores = tensor([
  [3, 1, 2],
  [0, 5, 1],
  [1, 2, 9],
  [7, 8, 6],
  [2, 2, 2],
]);

describe('accuracy', () => {
  it('counts the largest output, against numbers or one-hot', () => {
    expect(over(accuracy(), scores, int32([0, 1, 2, 0, 0]))).toBe(0.8);
    expect(over(accuracy(), scores, tensor(Uint8Array.of(0, 2, 2, 1, 2)))).toBe(0.6);
    const oneHot = [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1];
    expect(over(accuracy(), scores, tensor(Float32Array.from(oneHot), { shape: [5, 3] }))).toBe(0.6);
    expect(over(accuracy(), scores, int32(oneHot, [5, 3]))).toBe(0.6);
  });

  it('counts sides of a threshold where there is one output', () => {
    const logits = [-1, 2, 0.25, -3];
    expect(over(accuracy(), tensor(logits, { shape: [4, 1] }), int32([0, 1, 0, 0], [4, 1]))).toBe(0.75);
    expect(over(accuracy(), tensor(logits), tensor([0, 1, 0, 0]))).toBe(0.75);
    expect(over(accuracy({ threshold: 0.5 }), tensor(logits), tensor([0, 1, 0, 0]))).toBe(1);
  });

  it('counts places inside of samples', () => {
    const prediction = tensor([[[2, 1], [0, 1]], [[0, 3], [0, 4]]]); // prettier-ignore
    expect(over(accuracy(), prediction, int32([0, 0, 1, 1], [2, 2]))).toBe(0.75);
  });

  it('refuses targets that do not fit', () => {
    expect(() => over(accuracy(), scores, tensor([0, 1, 2, 0, 0]))).toThrow(
      '[accuracy] expected class numbers (int32) of all axes but the last, or one-hot targets, got predictions float32[5,3] and targets float32[5]',
    );
    expect(() => accuracy().accumulate(tensor([[1], [2]]), tensor([0, 1]))).toThrow('help: reshape the targets to [2, 1]');
    expect(() => accuracy({ threshold: NaN })).toThrow('[accuracy] expected threshold to be');
  });
});

describe('topK', () => {
  it('counts classes among the k largest', () => {
    const labels = int32([2, 2, 0, 2, 1]);
    expect([1, 2, 3].map((k) => over(topK(k), scores, labels))).toEqual([0, 0.6, 1]);
    expect(topK(5).name).toBe('top_5_accuracy');
  });

  it('is accuracy for k = 1, also with equal outputs', () => {
    for (const label of [0, 1, 2]) {
      const target = int32(new Array<number>(5).fill(label));
      expect(over(topK(1), scores, target)).toBe(over(accuracy(), scores, target));
    }
  });

  it('does not count NaN as right, and bears infinities', () => {
    const odd = tensor([[NaN, NaN, NaN], [-Infinity, -Infinity, 0], [Infinity, NaN, 0]]); // prettier-ignore
    expect(over(topK(2), odd, int32([0, 1, 0]))).toBe(1 / 3);
  });

  it('takes one-hot targets', () => {
    const oneHot = tensor([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]); // prettier-ignore
    expect(over(topK(2), scores, oneHot)).toBe(0.6);
  });

  it('refuses what does not fit', () => {
    expect(() => topK(0)).toThrow('[topK] expected k to be a positive integer, got 0');
    expect(() => over(topK(4), scores, int32([0, 1, 2, 0, 0]))).toThrow(
      '[topK] expected predictions of at least 4 classes, got float32[5,3]',
    );
    expect(() => topK(2).accumulate(scores, int32([0, 1]))).toThrow('[topK] expected class numbers (int32)');
  });
});

describe('meanAbsoluteError', () => {
  it('is |x − y|, the mean over elements', () => {
    expect(over(meanAbsoluteError(), tensor([[1, -2], [3, 0]]), tensor([[2, 2], [3, 1]]))).toBe(1.5); // prettier-ignore
    expect(over(meanAbsoluteError(), tensor([1, -2]), int32([2, 2]))).toBe(2.5);
    expect(() => meanAbsoluteError().accumulate(tensor([1, 2]), tensor([[1], [2]]))).toThrow(
      '[meanAbsoluteError] expected targets of the shape of the predictions',
    );
  });
});

describe('rSquared', () => {
  const y = [1, 2, 4, 8, 16];

  it('is 1 − Σ(y − x)²/Σ(y − ȳ)²', () => {
    const x = [1.5, 2, 3, 9, 15];
    const mean = y.reduce((a, b) => a + b, 0) / 5;
    const [residual, spread] = [
      y.reduce((s, v, i) => s + (v - (x[i] ?? NaN)) ** 2, 0),
      y.reduce((s, v) => s + (v - mean) ** 2, 0),
    ];
    expect(over(rSquared(), tensor(x), tensor(y))).toBeCloseTo(1 - residual / spread, 14);
    expect(over(rSquared(), tensor(x, { shape: [5, 1] }), tensor(y, { shape: [5, 1] }))).toBeCloseTo(1 - residual / spread, 14);
    expect(over(rSquared(), tensor(new Array<number>(5).fill(mean)), tensor(y))).toBeCloseTo(0, 6);
  });

  it('keeps its digits far from 0', () => {
    const far = y.map((value) => value + 1e5);
    const want = over(rSquared(), tensor([2, 2, 4, 8, 16]), tensor(y));
    expect(over(rSquared(), tensor([2, 2, 4, 8, 16].map((value) => value + 1e5)), tensor(far))).toBeCloseTo(want, 5);
  });

  it('is defined for equal targets', () => {
    const equal = tensor(new Array<number>(7).fill(0.1));
    expect(over(rSquared(), equal, equal)).toBe(1);
    expect(over(rSquared(), tensor(new Array<number>(7).fill(0.2)), equal)).toBe(0);
  });

  it('refuses several outputs', () => {
    expect(() => over(rSquared(), scores, scores)).toThrow('[rSquared] expected one output a sample, and targets of that shape');
  });
});

describe('batches', () => {
  it('of any sizes give what the whole gives', () => {
    const n = 11;
    const prediction = tensor(
      Float32Array.from({ length: n * 3 }, (_, i) => ((i * 29) % 17) / 4),
      { shape: [n, 3] },
    );
    const labels = int32(Array.from({ length: n }, (_, i) => (i * 5) % 3));
    const column = tensor(
      Float32Array.from({ length: n }, (_, i) => ((i * 7) % 5) / 2),
      { shape: [n, 1] },
    );
    const other = tensor(
      Float32Array.from({ length: n }, (_, i) => ((i * 3) % 7) / 2),
      { shape: [n, 1] },
    );
    const cases: [Metric, Tensor, Tensor][] = [
      [accuracy(), prediction, labels],
      [topK(2), prediction, labels],
      [meanAbsoluteError(), column, other],
      [rSquared(), column, other],
    ];
    for (const [metric, x, y] of cases) expect(over(metric, x, y, [4, 4, 3]), metric.name).toBeCloseTo(over(metric, x, y), 14);
  });
});
