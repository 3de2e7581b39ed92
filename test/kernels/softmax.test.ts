import { describe, expect, it } from 'vitest';
import { epsilon, expectElements, runKernel, smallest, sprinkle, uniform, type Elements, type KernelResult } from './kernel.js';

const dtypes = ['float32', 'float64'] as const;
type Real = (typeof dtypes)[number];
const widths = [0, 1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1000];

interface Row {
  readonly largest: number;
  /** log Σ exp(x − largest); NaN where the row holds a NaN or +∞, or nothing but −∞. */
  readonly logSum: number;
}

function rowsOf(x: Elements, rows: number, columns: number): Row[] {
  return Array.from({ length: rows }, (_, row) => {
    const values = [...x.subarray(row * columns, (row + 1) * columns)];
    const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    return { largest, logSum: Math.log(compensatedSum(values.map((value) => Math.exp(value - largest)))) };
  });
}

/** Kahan's sum: the reference for float64 has to be better than what it judges. */
function compensatedSum(terms: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const term of terms) {
    const next = sum + (term - lost);
    lost = next - sum - (term - lost);
    sum = next;
  }
  return sum;
}

/** An error in the exponent, x − largest − log Σ, is a relative error of the result. */
const relative = (dtype: Real, exponent: number, logSum: number) =>
  epsilon[dtype] * (4 + 2 * Math.abs(exponent) + 2 * Math.abs(logSum));

function softmax(x: Elements, dtype: Real, [rows, columns]: readonly [number, number], log: boolean, over?: number): Elements {
  const outputs = [{ dtype, elements: x.length }];
  return runKernel({ kernel: 'softmax', inputs: [x], outputs, attributes: [rows, columns, Number(log)], over }).outputs[0]!;
}

function checkSoftmax(x: Elements, dtype: Real, rows: number, columns: number): void {
  const references = rowsOf(x, rows, columns);
  const exponent = (i: number) => x[i]! - references[Math.floor(i / columns)]!.largest;
  const logSum = (i: number) => references[Math.floor(i / columns)]!.logSum;
  for (const over of [undefined, 0]) {
    expectElements(
      softmax(x, dtype, [rows, columns], false, over),
      (i) => Math.exp(exponent(i) - logSum(i)),
      (i, expected) => expected * relative(dtype, exponent(i), logSum(i)) + smallest[dtype],
    );
    expectElements(
      softmax(x, dtype, [rows, columns], true, over),
      (i) => exponent(i) - logSum(i),
      (i) => relative(dtype, exponent(i), logSum(i)),
    );
  }
}

function crossEntropy(x: Elements, labels: Int32Array, dtype: Real, columns: number, scale: number, over?: number): KernelResult {
  const outputs = [
    { dtype, elements: labels.length },
    { dtype, elements: x.length },
  ];
  const attributes = [labels.length, columns, scale];
  return runKernel({ kernel: 'softmax_cross_entropy', inputs: [x, labels], outputs, attributes, over });
}

function checkCrossEntropy(x: Elements, labels: Int32Array, dtype: Real, columns: number, over?: number): KernelResult {
  const scale = 1 / 64;
  const references = rowsOf(x, labels.length, columns);
  const result = crossEntropy(x, labels, dtype, columns, scale, over);
  const bad = (row: number) => labels[row]! < 0 || labels[row]! >= columns;
  const picked = (row: number) => x[row * columns + labels[row]!]! - references[row]!.largest;
  expectElements(
    result.outputs[0],
    (row) => (bad(row) ? 0 : references[row]!.logSum - picked(row)),
    (row) => relative(dtype, picked(row), references[row]!.logSum),
  );
  const exponent = (i: number) => x[i]! - references[Math.floor(i / columns)]!.largest;
  const probability = (i: number) => Math.exp(exponent(i) - references[Math.floor(i / columns)]!.logSum);
  const hot = (i: number) => Number(labels[Math.floor(i / columns)] === i % columns);
  expectElements(
    result.outputs[1],
    (i) => (bad(Math.floor(i / columns)) ? 0 : (probability(i) - hot(i)) * scale),
    (i) => {
      const error = relative(dtype, exponent(i), references[Math.floor(i / columns)]!.logSum);
      return scale * (probability(i) * error + hot(i) * epsilon[dtype]) + smallest[dtype];
    },
  );
  return result;
}

const labelsFor = (rows: number, columns: number) => Int32Array.from(uniform('int32', rows, 9, 0, columns));

describe.each(dtypes)('softmax %s', (dtype) => {
  it.each([5, 1000])('and its logarithm, of values up to ±%i', (bound) => {
    for (const columns of widths) {
      for (const rows of [0, 1, 7, 33]) checkSoftmax(uniform(dtype, rows * columns, 1, -bound, bound), dtype, rows, columns);
    }
  });

  it('in chunks and of long rows', () => {
    checkSoftmax(uniform(dtype, 4000 * 10, 1, -5, 5), dtype, 4000, 10);
    checkSoftmax(uniform(dtype, 100 * 700, 1, -5, 5), dtype, 100, 700);
    checkSoftmax(uniform(dtype, 3 * 20000, 1, -5, 5), dtype, 3, 20000);
  });

  it('of infinities and NaN', () => {
    for (const columns of widths) checkSoftmax(sprinkle(uniform(dtype, 33 * columns, 1, -5, 5), 3), dtype, 33, columns);
  });

  it('is exact where it can be', () => {
    const minus = -Infinity;
    expect([...softmax(new Float64Array([0, minus, minus, 3]), 'float64', [2, 2], false)]).toEqual([1, 0, 0, 1]);
    expect([...softmax(new Float64Array([0, minus, minus, 3]), 'float64', [2, 2], true)]).toEqual([0, minus, minus, 0]);
    expect([...softmax(new Float64Array([minus, minus]), 'float64', [1, 2], false)]).toEqual([NaN, NaN]);
  });
});

describe.each(dtypes)('softmax_cross_entropy %s', (dtype) => {
  it.each([5, 1000])('loss and gradient, of logits up to ±%i', (bound) => {
    for (const columns of widths.slice(1)) {
      for (const rows of [0, 1, 7, 33]) {
        const x = uniform(dtype, rows * columns, 2, -bound, bound);
        for (const over of [undefined, 0]) {
          expect(checkCrossEntropy(x, labelsFor(rows, columns), dtype, columns, over).fault).toBeNull();
        }
      }
    }
  });

  it('in chunks', () => {
    for (const [rows, columns] of [
      [4000, 10],
      [100, 700],
      [3, 20000],
    ] as const) {
      checkCrossEntropy(uniform(dtype, rows * columns, 2, -5, 5), labelsFor(rows, columns), dtype, columns);
    }
  });

  it('of infinities and NaN', () => {
    for (const columns of widths.slice(1)) {
      checkCrossEntropy(sprinkle(uniform(dtype, 33 * columns, 2, -5, 5), 3), labelsFor(33, columns), dtype, columns);
    }
  });

  it.each([7, 10, 40])('names the first label that is out of range: %i classes', (columns) => {
    const labels = labelsFor(5000, columns);
    labels[4900] = columns;
    labels[4000] = -1;
    const { fault } = checkCrossEntropy(uniform(dtype, 5000 * columns, 2, -5, 5), labels, dtype, columns);
    expect(fault).toEqual({ fault: 'label', instruction: 0, position: 4000, value: -1 });
  });

  it('refuses operands that do not fit', () => {
    const x = uniform(dtype, 20, 1);
    expect(() => crossEntropy(x, Int32Array.of(0, 1, 2), dtype, 10, 1)).toThrow(TypeError);
  });
});
