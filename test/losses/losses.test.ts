import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { meanSquaredError, sigmoidBinaryCrossEntropy, softmaxCrossEntropy, type Loss } from '../../lib/losses/index.js';
import { tensor } from '../../lib/ops/create.js';
import { grad, hessian, jit } from '../../lib/runtime/index.js';

const float64 = (data: number[], shape: number[]) => tensor(Float64Array.from(data), { shape });
const int32 = (data: number[], shape: number[] = [data.length]) => tensor(Int32Array.from(data), { shape });
const slope = (loss: Loss, x: Tensor, y: Tensor) => grad((logits: Tensor) => loss.call(logits, y))(x).data();

/** Row by row: log Σ exp and softmax in plain numbers. */
function rows(logits: readonly number[], classes: number) {
  return Array.from({ length: logits.length / classes }, (_, i) => {
    const row = logits.slice(i * classes, (i + 1) * classes);
    const most = Math.max(...row);
    const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    return { row, logTotal: most + Math.log(total), p: row.map((x) => Math.exp(x - most) / total) };
  });
}

describe('softmaxCrossEntropy', () => {
  const loss = softmaxCrossEntropy();
  const logits = [0.5, -1, 2, 1, 1, 1, -3, 0, 0.25, 4, -2, 0.125];
  const labels = [2, 0, 1, 0];

  it('is −log softmax(x)ᵧ, the mean over samples, and has (p − one-hot)/n as gradient', () => {
    const x = float64(logits, [4, 3]);
    const found = rows(logits, 3);
    const want = found.reduce((sum, { row, logTotal }, i) => sum + logTotal - (row[labels[i] ?? 0] ?? NaN), 0) / 4;
    const gradient = found.flatMap(({ p }, i) => p.map((value, j) => (value - Number(labels[i] === j)) / 4));
    for (const y of [int32(labels), tensor(Uint8Array.from(labels))]) {
      expect(loss.call(x, y).shape).toEqual([]);
      expect(loss.call(x, y).item()).toBeCloseTo(want, 14);
      slope(loss, x, y).forEach((value, i) => expect(value).toBeCloseTo(gradient[i] ?? NaN, 14));
    }
  });

  it('takes probabilities, of which one-hot is a case', () => {
    const x = float64(logits, [4, 3]);
    const oneHot = float64(
      labels.flatMap((label) => [0, 1, 2].map((j) => Number(j === label))),
      [4, 3],
    );
    expect(loss.call(x, oneHot).item()).toBeCloseTo(loss.call(x, int32(labels)).item(), 14);
    const even = float64(new Array<number>(12).fill(1 / 3), [4, 3]);
    const want = rows(logits, 3).reduce((sum, { row, logTotal }) => sum + logTotal - row.reduce((a, b) => a + b, 0) / 3, 0) / 4;
    expect(loss.call(x, even).item()).toBeCloseTo(want, 14);
  });

  it('takes positions inside of samples', () => {
    const flat = loss.call(float64(logits, [4, 3]), int32(labels)).item();
    expect(loss.call(float64(logits, [2, 2, 3]), int32(labels, [2, 2])).item()).toBeCloseTo(flat, 14);
  });

  it('neither overflows nor loses the gradient at ±1000', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = tensor([[1000, -1000], [1000, -1000], [-1000, -1000]], { dtype }); // prettier-ignore
      const y = int32([0, 1, 1]);
      expect(loss.call(x, y).item()).toBeCloseTo((0 + 2000 + Math.log(2)) / 3, dtype === 'float32' ? 3 : 12);
      const gradient = [...slope(loss, x, y)];
      [0, 0, 1 / 3, -1 / 3, 1 / 6, -1 / 6].forEach((want, i) => expect(gradient[i]).toBeCloseTo(want, 6));
    }
  });

  it('names a label that is out of range', () => {
    const call = (y: number[]) => () => loss.call(float64(logits, [4, 3]), int32(y));
    expect(call([0, 1, 3, 0])).toThrow('label 3 of sample 2 is not a class');
    expect(call([0, 1, 2, -1])).toThrow('label -1 of sample 3 is not a class');
  });

  it('refuses targets that do not fit', () => {
    const x = tensor(new Float32Array(8), { shape: [4, 2] });
    expect(() => loss.call(x, int32([0, 1, 0]))).toThrow(
      '[softmaxCrossEntropy] expected int32[4] class numbers or float32[4,2] probabilities, got int32[3]',
    );
    expect(() => loss.call(x, int32([0, 1, 0, 1], [4, 1]))).toThrow('help: reshape the class numbers to [4]');
    expect(() => loss.call(x, tensor([0, 1, 0, 1]))).toThrow('help: class numbers are integers: pass an Int32Array');
    expect(() => loss.call(x, int32(new Array<number>(8).fill(0), [4, 2]))).toThrow(
      "help: one-hot targets are float32: cast(y, 'float32')",
    );
    expect(() => loss.call(x, tensor(new Float64Array(8), { shape: [4, 2] }))).toThrow(
      '[softmaxCrossEntropy] expected targets of float32, got float64[4,2]',
    );
    expect(() => loss.call(tensor([1, 2]), int32([0, 1]))).toThrow(
      '[softmaxCrossEntropy] expected logits [samples, classes], got float32[2]',
    );
    expect(() => loss.call(tensor([[1], [2]]), int32([0, 1]))).toThrow(
      'help: for one logit a sample use sigmoidBinaryCrossEntropy()',
    );
    expect(() => loss.call(int32([1, 2], [1, 2]), int32([0]))).toThrow('expected float32 or float64 predictions, got int32[1,2]');
    expect(() => loss.call(tensor(new Float32Array(0), { shape: [0, 2] }), int32([]))).toThrow('expected at least one sample');
  });
});

describe('sigmoidBinaryCrossEntropy', () => {
  const loss = sigmoidBinaryCrossEntropy();

  it('is −y·log σ(x) − (1 − y)·log(1 − σ(x)), the mean over elements', () => {
    const [x, y] = [[-2, -0.5, 0, 0.25, 1.5, 3], [0, 1, 0.25, 0.5, 1, 0]]; // prettier-ignore
    const p = x.map((value) => 1 / (1 + Math.exp(-value)));
    const want =
      p.reduce((sum, value, i) => sum - (y[i] ?? NaN) * Math.log(value) - (1 - (y[i] ?? NaN)) * Math.log(1 - value), 0) / 6;
    for (const shape of [[6], [6, 1], [2, 3]]) {
      expect(loss.call(float64(x, shape), float64(y, shape)).item()).toBeCloseTo(want, 14);
      slope(loss, float64(x, shape), float64(y, shape)).forEach((value, i) =>
        expect(value).toBeCloseTo(((p[i] ?? NaN) - (y[i] ?? NaN)) / 6, 14),
      );
    }
  });

  it('takes integers 0 and 1', () => {
    const x = tensor([[0.5], [-1]]);
    const want = loss.call(x, tensor([[1], [0]])).item();
    expect(loss.call(x, int32([1, 0], [2, 1])).item()).toBe(want);
    expect(loss.call(x, tensor(Uint8Array.of(1, 0), { shape: [2, 1] })).item()).toBe(want);
  });

  it('neither overflows nor loses digits at ±1000', () => {
    const x = [1000, -1000, 1000, -1000, 40, -40];
    const y = [1, 0, 0, 1, 1, 0];
    const wanted = [0, 0, 1000, 1000, Math.log1p(Math.exp(-40)), Math.log1p(Math.exp(-40))];
    x.forEach((value, i) => {
      const found = loss.call(float64([value], [1]), float64([y[i] ?? NaN], [1])).item();
      expect(Math.abs(found - (wanted[i] ?? NaN))).toBeLessThanOrEqual(1e-15 * (wanted[i] ?? NaN));
    });
    const slopes = [...slope(loss, float64(x.slice(0, 4), [4]), float64(y.slice(0, 4), [4]))];
    slopes.forEach((value, i) => expect(value).toBeCloseTo([0, 0, 0.25, -0.25][i] ?? NaN, 14));
  });

  it('has σ(0) − y and σ′(0) = ¼ at 0, where |x| has a corner', () => {
    const y = float64([1], [1]);
    expect([...slope(loss, float64([0], [1]), y)]).toEqual([-0.5]);
    expect(hessian((x: Tensor) => loss.call(x, y))(float64([0], [1])).toArray()).toEqual([[0.25]]);
  });

  it('refuses targets that do not fit', () => {
    const x = tensor([[0.5], [-1]]);
    expect(() => loss.call(x, tensor([1, 0]))).toThrow(
      '[sigmoidBinaryCrossEntropy] expected targets of shape [2,1], got float32[2]\nhelp: reshape the targets to [2, 1]',
    );
    expect(() => loss.call(x, tensor([[1, 0], [0, 1]]))).toThrow('expected targets of shape [2,1], got float32[2,2]'); // prettier-ignore
    expect(() => loss.call(x, float64([1, 0], [2, 1]))).toThrow(
      "expected targets of float32, got float64[2,1]\nhelp: cast them: cast(y, 'float32')",
    );
    expect(() => loss.call(x, tensor([[1], [1.5]]))).toThrow('[sigmoidBinaryCrossEntropy] expected targets in [0, 1], got 1.5');
    expect(() => loss.call(x, tensor([[-1], [1]]))).toThrow('[sigmoidBinaryCrossEntropy] expected targets in [0, 1], got -1');
    expect(() => loss.call(x, tensor([[NaN], [1]]))).toThrow('[sigmoidBinaryCrossEntropy] expected targets in [0, 1], got NaN');
    expect(loss.targetRange).toEqual([0, 1]);
  });
});

describe('meanSquaredError', () => {
  const loss = meanSquaredError();

  it('is (x − y)², the mean over elements', () => {
    const [x, y] = [float64([1, 2, 3, -1], [2, 2]), float64([0.5, 2, 5, 1], [2, 2])];
    expect(loss.call(x, y).item()).toBe((0.25 + 0 + 4 + 4) / 4);
    expect([...slope(loss, x, y)]).toEqual([0.25, 0, -1, -1]);
  });

  it('broadcasts nothing', () => {
    const four = tensor([1, 2, 3, 4]);
    const column = tensor([[1], [2], [3], [4]]);
    expect(() => loss.call(column, four)).toThrow(
      '[meanSquaredError] expected targets of shape [4,1], got float32[4]\nhelp: reshape the targets to [4, 1]',
    );
    expect(() => loss.call(four, column)).toThrow('help: reshape the targets to [4]');
    expect(() => loss.call(four, tensor(1))).toThrow(/^\[meanSquaredError\] expected targets of shape \[4\], got float32\[\]$/);
    expect(() => loss.call(four, int32([1, 2, 3, 4]))).toThrow(
      "expected targets of float32, got int32[4]\nhelp: cast them: cast(y, 'float32')",
    );
    expect(() => loss.call(tensor(new Float32Array(0)), tensor(new Float32Array(0)))).toThrow('expected at least one sample');
  });
});

describe('compiled', () => {
  it('losses are what they are eagerly', () => {
    const [x, y] = [tensor([[0.5, -1, 2], [1, 0, -2]]), tensor([[0, 1, 0], [0.5, 0.25, 0.25]])]; // prettier-ignore
    for (const loss of [softmaxCrossEntropy(), sigmoidBinaryCrossEntropy(), meanSquaredError()]) {
      const compiled = jit((a: Tensor, b: Tensor) => loss.call(a, b)).sync(x, y);
      expect(compiled.item(), loss.name).toBeCloseTo(loss.call(x, y).item(), 6);
    }
  });
});
