import { describe, expect, it } from 'vitest';
import { arrayOf, expectElements, runKernel, uniform, type DTypeName, type KernelResult } from './kernel.js';

const dtypes: readonly DTypeName[] = ['float32', 'float64', 'int32', 'uint8'];
const sizes = [0, 1, 7, 8, 9, 31, 32, 33];
const indices = (count: number, rows: number) => Int32Array.from(uniform('int32', count, 3, 0, rows));

interface Rows {
  readonly outer?: number;
  readonly rows: number;
  readonly inner: number;
  readonly index: Int32Array;
}

interface GatherCase extends Rows {
  readonly from: DTypeName;
  readonly to: DTypeName;
  readonly scale?: number;
  readonly shift?: number;
}

/** Runs and compares; rows with a bad index have to be zeros. */
function checkGather({ outer = 1, rows, inner, index, from, to, scale = 1, shift = 0 }: GatherCase): KernelResult {
  const table = uniform(from, outer * rows * inner, 2, 0, 250);
  const outputs = [{ dtype: to, elements: outer * index.length * inner }];
  const attributes = [outer, rows, inner, index.length, scale, shift];
  const result = runKernel({ kernel: 'gather', inputs: [table, index], outputs, attributes });
  const round = to === 'float32' ? Math.fround : (x: number) => x;
  expectElements(result.outputs[0], (i) => {
    const column = i % inner;
    const row = Math.floor(i / inner);
    const picked = index[row % index.length]!;
    if (picked < 0 || picked >= rows) return 0;
    const x = round(table[(Math.floor(row / index.length) * rows + picked) * inner + column]!);
    return round(round(x * round(scale)) + round(shift));
  });
  return result;
}

describe('gather', () => {
  it.each(dtypes)('copies rows of %s', (dtype) => {
    for (const inner of sizes) {
      for (const count of [0, 1, 9]) {
        for (const outer of [0, 1, 3]) {
          const result = checkGather({ outer, rows: 11, inner, index: indices(count, 11), from: dtype, to: dtype });
          expect(result.fault).toBeNull();
        }
      }
    }
  });

  it.each(dtypes)('copies batches and long rows of %s', (dtype) => {
    checkGather({ rows: 300, inner: 784, index: indices(128, 300), from: dtype, to: dtype });
    checkGather({ rows: 5, inner: 40000, index: indices(3, 5), from: dtype, to: dtype });
    checkGather({ rows: 5000, inner: 1, index: indices(40000, 5000), from: dtype, to: dtype });
  });

  it.each(dtypes.flatMap((from) => [[from, 'float32'] as const, [from, 'float64'] as const]))('scales %s to %s', (from, to) => {
    for (const inner of [...sizes, 784]) {
      checkGather({ rows: 11, inner, index: indices(20, 11), from, to, scale: 1 / 255, shift: -0.5 });
      checkGather({ rows: 11, inner, index: indices(20, 11), from, to });
    }
  });

  it('widens bytes to int32 and refuses what would lose digits', () => {
    checkGather({ rows: 11, inner: 33, index: indices(20, 11), from: 'uint8', to: 'int32' });
    expect(() => checkGather({ rows: 11, inner: 33, index: indices(2, 11), from: 'float32', to: 'int32' })).toThrow('conversion');
    expect(() => checkGather({ rows: 11, inner: 3, index: indices(2, 11), from: 'int32', to: 'int32', scale: 2 })).toThrow(
      'conversion',
    );
  });

  it.each([-1, 11, 2 ** 31 - 1, -(2 ** 31)])('names the first index that is out of range: %i', (value) => {
    const index = indices(500, 11);
    index[499] = -7;
    index[321] = value;
    for (const to of ['float32', 'float64'] as const) {
      const { fault } = checkGather({ outer: 2, rows: 11, inner: 200, index, from: 'float32', to });
      expect(fault).toEqual({ fault: 'index', instruction: 0, position: 321, value });
    }
  });

  it('checks indices of empty rows too', () => {
    const { fault } = checkGather({ rows: 4, inner: 0, index: Int32Array.of(0, 4), from: 'float32', to: 'float32' });
    expect(fault).toEqual({ fault: 'index', instruction: 0, position: 1, value: 4 });
  });
});

/** Adds in the order of the indices, so the result is exact. */
function checkScatter(dtype: DTypeName, { outer = 1, rows, inner, index }: Rows): KernelResult {
  const count = index.length;
  const x = uniform(dtype, outer * count * inner, 4, dtype === 'int32' ? -(2 ** 31) : -1, dtype === 'int32' ? 2 ** 31 : 1);
  const expected = arrayOf(dtype, new Float64Array(outer * rows * inner));
  for (let i = 0; i < x.length; i++) {
    const row = Math.floor(i / inner);
    const target = index[row % count]!;
    if (target < 0 || target >= rows) continue;
    const place = (Math.floor(row / count) * rows + target) * inner + (i % inner);
    expected[place] = expected[place]! + x[i]!;
  }
  const outputs = [{ dtype, elements: expected.length }];
  const result = runKernel({ kernel: 'scatter_add', inputs: [x, index], outputs, attributes: [outer, rows, inner, count] });
  expectElements(result.outputs[0], (i) => expected[i]!);
  return result;
}

describe.each(['float32', 'float64', 'int32'] as const)('scatter_add %s', (dtype) => {
  it('adds rows in order', () => {
    for (const inner of sizes) {
      for (const rows of [1, 5, 1000]) {
        for (const count of [0, 1, 33]) {
          for (const outer of [0, 1, 3]) {
            expect(checkScatter(dtype, { outer, rows, inner, index: indices(count, rows) }).fault).toBeNull();
          }
        }
      }
    }
    expect(checkScatter(dtype, { rows: 0, inner: 3, index: indices(0, 1) }).fault).toBeNull();
  });

  it('adds in chunks of rows and of columns', () => {
    checkScatter(dtype, { rows: 1000, inner: 130, index: indices(700, 1000) });
    checkScatter(dtype, { rows: 3, inner: 1000, index: indices(200, 3) });
    checkScatter(dtype, { rows: 500, inner: 1, index: indices(100_000, 500) });
  });

  it('names the first index that is out of range and adds the others', () => {
    for (const [rows, inner] of [
      [1000, 100],
      [3, 1000],
      [5, 0],
      [0, 4],
    ] as const) {
      const index = indices(300, Math.max(rows, 1));
      if (rows > 0) index[7] = rows;
      index[290] = -1;
      const { fault } = checkScatter(dtype, { rows, inner, index });
      expect(fault).toEqual({ fault: 'index', instruction: 0, position: rows > 0 ? 7 : 0, value: rows > 0 ? rows : 0 });
    }
  });
});

describe.each(dtypes)('one_hot %s', (dtype) => {
  function checkOneHot(labels: Int32Array, classes: number): KernelResult {
    const outputs = [{ dtype, elements: labels.length * classes }];
    const result = runKernel({ kernel: 'one_hot', inputs: [labels], outputs, attributes: [labels.length, classes] });
    expectElements(result.outputs[0], (i) => Number(labels[Math.floor(i / classes)] === i % classes));
    return result;
  }

  it('marks labels', () => {
    for (const classes of sizes.slice(1)) {
      for (const count of sizes) expect(checkOneHot(indices(count, classes), classes).fault).toBeNull();
    }
    checkOneHot(indices(9000, 10), 10);
    checkOneHot(indices(2, 70000), 70000);
  });

  it('names the first label that is out of range and leaves its row empty', () => {
    const labels = indices(9000, 10);
    labels[8000] = 10;
    labels[5000] = -1;
    expect(checkOneHot(labels, 10).fault).toEqual({ fault: 'label', instruction: 0, position: 5000, value: -1 });
    expect(checkOneHot(Int32Array.of(0), 0).fault).toEqual({ fault: 'label', instruction: 0, position: 0, value: 0 });
  });
});
