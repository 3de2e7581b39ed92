import { describe, expect, it } from 'vitest';
import { randomWords } from '../runtime/code.js';
import { arrayOf, expectElements, runKernel, uniform, type DTypeName, type Elements } from './kernel.js';

const dtypes: readonly DTypeName[] = ['float32', 'float64', 'int32', 'uint8'];
const sizes = [0, 1, 7, 8, 9, 31, 32, 33];
const product = (numbers: readonly number[]) => numbers.reduce((a, b) => a * b, 1);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Neighbours differ, in every type. */
function counting(dtype: DTypeName, elements: number): Elements {
  return arrayOf(
    dtype,
    Array.from({ length: elements }, (_, i) => (i * 7) % 251),
  );
}

/** Coordinates of an element, outermost first. */
function coordinates(place: number, dims: readonly number[]): number[] {
  const at = dims.map(() => 0);
  for (let d = dims.length - 1; d >= 0; d--) {
    at[d] = place % dims[d]!;
    place = Math.floor(place / dims[d]!);
  }
  return at;
}

interface View {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly offset?: number;
}

function strided(x: Elements, dtype: DTypeName, { dims, strides, offset = 0 }: View): Elements | undefined {
  const attributes = [dims.length, offset, ...dims, ...strides];
  return runKernel({ kernel: 'strided', inputs: [x], outputs: [{ dtype, elements: product(dims) }], attributes }).outputs[0];
}

function checkStrided(dtype: DTypeName, view: View): void {
  const { dims, strides, offset = 0 } = view;
  const reach = (sign: number) => sum(dims.map((size, d) => Math.max(0, sign * (size - 1) * strides[d]!)));
  const x = counting(dtype, product(dims) === 0 ? 0 : offset + reach(1) + 1);
  expectElements(strided(x, dtype, view), (i) => x[offset + sum(coordinates(i, dims).map((at, d) => at * strides[d]!))] ?? NaN);
}

/** A view of a stored array whose dimensions were permuted; some strides are zeroed or turned around. */
function randomView(next: () => number): View {
  const rank = next() % 6;
  const choices = rank > 3 ? [1, 2, 3, 5] : [1, 2, 3, 7, 8, 9, 16, 17, 33];
  const dims = Array.from({ length: rank }, () => choices[next() % choices.length]!);
  const order = dims.map((_, d) => ({ d, key: next() })).sort((a, b) => a.key - b.key);
  const strides = dims.map(() => 0);
  let stride = 1;
  for (const { d } of order) {
    strides[d] = stride;
    stride *= dims[d]!;
  }
  let offset = next() % 3;
  for (let d = 0; d < rank; d++) {
    const turn = next() % 8;
    if (turn === 0) strides[d] = 0;
    if (turn !== 1) continue;
    offset += (dims[d]! - 1) * strides[d]!;
    strides[d] = -strides[d]!;
  }
  return { dims, strides, offset };
}

describe.each(dtypes)('strided %s', (dtype) => {
  it('transposes', () => {
    for (const m of sizes) for (const n of sizes) checkStrided(dtype, { dims: [m, n], strides: [1, m] });
    for (const [m, n] of [
      [128, 128],
      [300, 257],
      [3, 20000],
      [20000, 3],
    ] as const)
      checkStrided(dtype, { dims: [m, n], strides: [1, m] });
    checkStrided(dtype, { dims: [3, 65, 70], strides: [65 * 70, 1, 65] });
    checkStrided(dtype, { dims: [40, 3, 33, 2], strides: [1, 40 * 33 * 2, 40, 40 * 33] });
    checkStrided(dtype, { dims: [1000, 8, 8], strides: [64, 1, 8] });
  });

  it('slices, broadcasts and turns around', () => {
    checkStrided(dtype, { dims: [50, 100], strides: [784, 1], offset: 7 });
    checkStrided(dtype, { dims: [33, 31], strides: [100, 3], offset: 2 });
    checkStrided(dtype, { dims: [128, 300], strides: [0, 1] });
    checkStrided(dtype, { dims: [300, 128], strides: [1, 0] });
    checkStrided(dtype, { dims: [70001], strides: [0] });
    checkStrided(dtype, { dims: [70001], strides: [1], offset: 5 });
    checkStrided(dtype, { dims: [2, 40000], strides: [40000, -1], offset: 39999 });
    checkStrided(dtype, { dims: [33000, 4], strides: [8, 2] });
    checkStrided(dtype, { dims: [], strides: [], offset: 3 });
  });

  it('takes any view', () => {
    const next = randomWords(11);
    for (let i = 0; i < 100; i++) checkStrided(dtype, randomView(next));
  });

  it('refuses to reach outside of its input', () => {
    const x = counting(dtype, 10);
    expect(strided(x, dtype, { dims: [6], strides: [1], offset: 4 })).toHaveLength(6);
    expect(() => strided(x, dtype, { dims: [6], strides: [1], offset: 5 })).toThrow('outside');
    expect(() => strided(x, dtype, { dims: [6], strides: [-1], offset: 4 })).toThrow('outside');
    expect(() => strided(x, dtype, { dims: [2, 2], strides: [2 ** 62, 2 ** 62] })).toThrow('outside');
  });
});

describe.each(dtypes)('concat %s', (dtype) => {
  function concat(outer: number, lengths: readonly number[]): void {
    const inputs = lengths.map((length, i) => uniform(dtype, outer * length, i + 1, 0, 200));
    const columns = sum(lengths);
    const expected = Array.from({ length: outer }, (_, row) =>
      lengths.flatMap((length, i) => [...inputs[i]!.subarray(row * length, (row + 1) * length)]),
    ).flat();
    const test = { kernel: 'concat', inputs, outputs: [{ dtype, elements: outer * columns }], attributes: [outer, ...lengths] };
    expectElements(runKernel(test).outputs[0], (i) => expected[i] ?? NaN);
  }

  it('joins rows', () => {
    concat(0, [3, 2]);
    concat(3, [5]);
    concat(3, [0, 1, 7, 8, 9, 31, 32, 33]);
    concat(1, [33, 0, 31]);
    concat(2000, [1, 17, 3]);
    concat(2, [30000, 7, 40000]);
    concat(1, [1, 70000]);
  });
});

describe.each(dtypes)('pad %s', (dtype) => {
  const value = dtype === 'uint8' ? 9 : -3;

  function pad(dims: readonly number[], before: readonly number[], after: readonly number[]): void {
    const x = uniform(dtype, product(dims), 5, 10, 200);
    const widths = dims.map((size, d) => before[d]! + size + after[d]!);
    const attributes = [dims.length, value, ...dims, ...before, ...after];
    const result = runKernel({ kernel: 'pad', inputs: [x], outputs: [{ dtype, elements: product(widths) }], attributes });
    expectElements(result.outputs[0], (i) => {
      const at = coordinates(i, widths).map((c, d) => c - before[d]!);
      if (at.some((c, d) => c < 0 || c >= dims[d]!)) return value;
      return x[at.reduce((place, c, d) => place * dims[d]! + c, 0)] ?? NaN;
    });
  }

  it('puts a value around', () => {
    pad([], [], []);
    for (const size of sizes) pad([size], [3], [0]);
    for (const size of sizes) pad([size, 5], [0, 1], [2, 1]);
    pad([0, 3], [2, 0], [0, 4]);
    pad([3, 4, 5, 2], [1, 0, 2, 0], [0, 3, 1, 0]);
    pad([3, 50000], [1, 40000], [0, 3]);
    pad([300, 200], [1, 1], [1, 1]);
  });

  it('refuses negative padding and values that its type lacks', () => {
    const x = uniform(dtype, 4, 1, 0, 9);
    const run = (attributes: number[], elements: number) =>
      runKernel({ kernel: 'pad', inputs: [x], outputs: [{ dtype, elements }], attributes });
    expect(() => run([1, 0, 4, -1, 0], 3)).toThrow('negative padding');
    if (dtype === 'int32' || dtype === 'uint8') expect(() => run([1, 0.5, 4, 1, 0], 5)).toThrow('value');
  });
});

describe.each(dtypes)('fill and iota %s', (dtype) => {
  const whole = dtype === 'int32' || dtype === 'uint8';
  const run = (kernel: string, elements: number, attributes: number[]) =>
    runKernel({ kernel, outputs: [{ dtype, elements }], attributes }).outputs[0];
  const rounded = (value: number) => (dtype === 'float32' ? Math.fround(value) : value);

  it('fills', () => {
    for (const elements of [...sizes, 100_001]) {
      for (const value of whole ? [0, 1, 200] : [0, -0, 0.1, Infinity, NaN])
        expectElements(run('fill', elements, [value]), () => rounded(value));
    }
  });

  it('counts', () => {
    const step = whole ? 2 : 0.37;
    for (const elements of dtype === 'uint8' ? sizes : [...sizes, 50_001])
      expectElements(run('iota', elements, [3, step]), (i) => rounded(3 + i * step));
  });

  it.runIf(whole)('refuses values that the type lacks', () => {
    for (const value of [0.5, NaN, 2 ** 31, -(2 ** 31) - 1]) expect(() => run('fill', 3, [value])).toThrow('value');
    expect(() => run('iota', 3, [0, 0.5])).toThrow('step');
    expect(() => run('iota', 3, [2 ** 31 - 2, 1])).toThrow('start or end');
  });
});
