import { describe, expect, it } from 'vitest';
import { historyElements } from '../../lib/ops/lazy.js';
import { expectElements, runKernel, uniform, type Elements, type KernelResult } from './kernel.js';

const width = 300;
const rows = 40;
const each = 25;
const entries = rows * each;
const ranges = Int32Array.from({ length: rows * 2 }, (_, i) => Math.floor((i + 1) / 2) * each);
const columns = Int32Array.from(uniform('int32', entries, 3, 0, width));
const values = uniform('float32', entries, 4);
const samples = Int32Array.from(uniform('int32', 60, 5, 0, rows));

interface Product {
  readonly kernel: string;
  readonly out: number;
  readonly dtype?: 'float32' | 'float64';
  readonly picked?: Int32Array;
  readonly named?: Int32Array;
}

/** The dense matrix, the result and its sizes of one of the products. */
function product({
  kernel,
  out,
  dtype = 'float64',
  picked = samples,
  named = columns,
}: Product): KernelResult & { dense: Elements } {
  const transposed = kernel === 'sparse_product_transposed';
  const [given, made] = transposed ? [picked.length, width] : [width, picked.length];
  const dense = uniform(dtype, given * out, 6);
  const attributes = [rows, entries, picked.length, width, out];
  const outputs = [{ dtype, elements: made * out }];
  return { dense, ...runKernel({ kernel, inputs: [ranges, named, values, picked, dense], outputs, attributes }) };
}

const sizes = [0, 1, 7, 8, 9, 31, 32, 33, 130];

describe('products with sparse rows are the same bits everywhere', () => {
  it.each(['float32', 'float64'] as const)('sparse_product, %s', (dtype) => {
    for (const out of sizes) {
      const { outputs, dense, fault } = product({ kernel: 'sparse_product', out, dtype });
      expect(fault).toBeNull();
      const expected = new Float64Array(samples.length * out);
      samples.forEach((row, i) => {
        for (let entry = row * each; entry < (row + 1) * each; entry++)
          for (let c = 0; c < out; c++) expected[i * out + c]! += values[entry]! * dense[columns[entry]! * out + c]!;
      });
      expectElements(
        outputs[0],
        (i) => expected[i]!,
        () => (dtype === 'float32' ? 1e-5 : 1e-13),
      );
    }
  });

  it.each(['float32', 'float64'] as const)('sparse_product_transposed, %s', (dtype) => {
    for (const out of sizes) {
      const { outputs, dense } = product({ kernel: 'sparse_product_transposed', out, dtype });
      const expected = new Float64Array(width * out);
      samples.forEach((row, i) => {
        for (let entry = row * each; entry < (row + 1) * each; entry++)
          for (let c = 0; c < out; c++) expected[columns[entry]! * out + c]! += values[entry]! * dense[i * out + c]!;
      });
      expectElements(
        outputs[0],
        (i) => expected[i]!,
        () => (dtype === 'float32' ? 1e-5 : 1e-13),
      );
    }
  });

  it.each(['sparse_product', 'sparse_product_transposed'])('%s names what is out of range', (kernel) => {
    const picked = samples.slice();
    picked[7] = rows;
    expect(product({ kernel, out: 9, picked }).fault).toEqual({ fault: 'index', instruction: 0, position: 7, value: rows });
    const named = columns.map((column, i) => (i % each === 3 ? -1 : column));
    expect(product({ kernel, out: 9, named }).fault).toMatchObject({ fault: 'index', value: -1 });
  });

  it('sparse_rows', () => {
    const inputs = [ranges, columns, values, samples];
    const outputs = [{ dtype: 'float32' as const, elements: samples.length * width }];
    const made = runKernel({ kernel: 'sparse_rows', inputs, outputs, attributes: [rows, entries, samples.length, width] });
    expect(made.fault).toBeNull();
    const expected = new Float32Array(samples.length * width);
    samples.forEach((row, i) => {
      for (let entry = row * each; entry < (row + 1) * each; entry++) expected[i * width + columns[entry]!]! += values[entry]!;
    });
    expectElements(made.outputs[0], (i) => expected[i]!);
  });
});

describe('rows that see steps late are the same bits everywhere, in place or not', () => {
  const out = 33;
  const elements = width * out;
  const history = new Float64Array(historyElements).fill(0.5);
  const state = (steps: number): Elements[] => {
    history[0] = steps;
    const last = Int32Array.from({ length: width }, (_, i) => i % (steps + 1));
    return [uniform('float32', elements, 7), uniform('float32', elements, 8), last, history.slice()];
  };
  const written = [
    { dtype: 'float32' as const, elements },
    { dtype: 'float32' as const, elements },
    { dtype: 'int32' as const, elements: width },
    { dtype: 'float64' as const, elements: historyElements },
  ];
  const sparse = [rows, entries, samples.length, width, out];

  function both(kernel: string, before: readonly Elements[], own: readonly Elements[], attributes: number[]): KernelResult {
    const inputs = [...before, ...own];
    const over = own.map((_, i) => before.length + i);
    const [apart, inPlace] = [[], over].map((places) =>
      runKernel({ kernel, inputs, outputs: written, attributes, over: places }),
    );
    expect(inPlace).toEqual(apart);
    return apart!;
  }

  it('lazy_catch_up: every row when the history is full', () => {
    expect(both('lazy_catch_up', [ranges, columns, samples], state(5), sparse).outputs[3]?.[0]).toBe(5);
    const full = both('lazy_catch_up', [ranges, columns, samples], state(4096), sparse);
    expect(full.outputs[3]?.[0]).toBe(0);
    expect(full.outputs[2]?.every((steps) => steps === 0)).toBe(true);
  });

  it('lazy_step', () => {
    const caught = state(5).map((part, i) => (i === 2 ? new Int32Array(width).fill(5) : part));
    const dy = uniform('float32', samples.length * out, 9);
    const before = [ranges, columns, values, samples, dy, Float64Array.of(0.9, -0.01, -0.1, 1, 1, 0)];
    const { outputs } = both('lazy_step', before, caught, sparse);
    expect(outputs[3]?.[0]).toBe(6);
    expect(new Set(outputs[2])).toEqual(new Set([5, 6]));
  });

  it('lazy_settle, then lazy_begin finds nothing changed but what was', () => {
    const own = state(5);
    const settled = runKernel({ kernel: 'lazy_settle', inputs: own, outputs: written.slice(0, 2), attributes: [width, out] });
    const [w, v] = settled.outputs as [Elements, Elements];
    expect(both('lazy_begin', [w, v], own, [width, out]).outputs).toEqual(own);
    w[2 * out + 5]! += 1;
    const changed = both('lazy_begin', [w, v], own, [width, out]).outputs;
    expect(changed[2]?.[2]).toBe(5);
    expect(changed[0]?.slice(2 * out, 3 * out)).toEqual(w.slice(2 * out, 3 * out));
    expect(changed[0]?.slice(0, 2 * out)).toEqual(own[0]!.slice(0, 2 * out));
  });
});
