import { describe, expect, it } from 'vitest';
import { runInNewContext } from 'node:vm';
import { from, type Dataset, type Elements } from '../../lib/data/index.js';
import { Tensor } from '../../lib/ir/tensor.js';
import { tidy } from '../../lib/ir/tidy.js';
import { tensor } from '../../lib/ops/create.js';
import '../../lib/runtime/index.js';

function field(dataset: Dataset, name: string) {
  const found = dataset.fields.get(name);
  if (!found) throw new Error(`no field ${name}`);
  return { ...found, data: found.tensor.data(), all: found.tensor.shape };
}

/** What is deliberately not of the declared type. */
const wrong = (value: unknown) => value as Elements;

describe('data.from', () => {
  it('takes typed arrays with a shape', () => {
    const dataset = from({ x: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }, y: Int32Array.of(0, 1, 2) });
    expect(dataset).toMatchObject({ kind: 'resident', samples: 3 });
    expect(field(dataset, 'x')).toMatchObject({
      dtype: 'float32',
      shape: [2],
      all: [3, 2],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
      scale: 1,
      shift: 0,
    });
    expect(field(dataset, 'y')).toMatchObject({ dtype: 'int32', shape: [], all: [3], data: Int32Array.of(0, 1, 2) });
  });

  it('takes nested arrays and rows of typed arrays', () => {
    const nested = from({ x: [[[1, 2]], [[3, 4]], [[5, 6]]] });
    expect(field(nested, 'x')).toMatchObject({ dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    const rows = from({ x: [Float64Array.of(1, 2), Float64Array.of(3, 4)] });
    expect(field(rows, 'x')).toMatchObject({ dtype: 'float64', shape: [2], data: Float64Array.of(1, 2, 3, 4) });
  });

  it.each<[string, Elements, string, ArrayLike<number>]>([
    ['a list of integers', [3, 1, 2], 'int32', Int32Array.of(3, 1, 2)],
    ['a list with a fraction', [3, 1.5, 2], 'float32', Float32Array.of(3, 1.5, 2)],
    ['rows of integers', [[3], [1], [2]], 'float32', Float32Array.of(3, 1, 2)],
    ['bytes', Uint8Array.of(3, 1, 255), 'int32', Int32Array.of(3, 1, 255)],
    ['a Buffer', Buffer.from([3, 1, 2]), 'int32', Int32Array.of(3, 1, 2)],
    ['signed bytes', Int8Array.of(3, -1, 2), 'int32', Int32Array.of(3, -1, 2)],
    ['16-bit integers', Uint16Array.of(3, 1, 65535), 'int32', Int32Array.of(3, 1, 65535)],
    ['floats', Float32Array.of(3, 1, 2), 'float32', Float32Array.of(3, 1, 2)],
    ['integers said to be floats', { data: [3, 1, 2], dtype: 'float32' }, 'float32', Float32Array.of(3, 1, 2)],
    ['doubles said to be floats', { data: Float64Array.of(0.5, 1, 2), dtype: 'float32' }, 'float32', Float32Array.of(0.5, 1, 2)],
    ['doubles said to be labels', { data: Float64Array.of(3, 1, 2), dtype: 'int32' }, 'int32', Int32Array.of(3, 1, 2)],
  ])('reads a target of %s', (_, y, dtype, data) => {
    expect(field(from({ x: [[1], [2], [3]], y }), 'y')).toMatchObject({ dtype, data });
  });

  it('keeps bytes as bytes where they are inputs, with scale and shift for the gather', () => {
    const dataset = from(
      { x: { data: Uint8Array.of(0, 255), shape: [2, 1] }, y: Uint8Array.of(0, 1) },
      { scale: 1 / 255, shift: -0.5 },
    );
    expect(field(dataset, 'x')).toMatchObject({ dtype: 'uint8', scale: 1 / 255, shift: -0.5 });
    expect(field(dataset, 'y')).toMatchObject({ scale: 1, shift: 0 });
    const named = from({ x: [[1]], depth: [[2]] }, { scale: { depth: 2 } });
    expect([field(named, 'x').scale, field(named, 'depth').scale]).toEqual([1, 2]);
  });

  it('copies: later changes of the arrays do not show', () => {
    const x = Float32Array.of(1, 2);
    const dataset = from({ x });
    x.fill(9);
    expect(field(dataset, 'x').data).toEqual(Float32Array.of(1, 2));
    expect(x).toEqual(Float32Array.of(9, 9));
  });

  it('takes a part of a buffer, shared and resizable memory, and arrays of another realm', () => {
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([1, 2]);
    const parts: readonly Elements[] = [
      Float32Array.of(9, 1, 2, 9).subarray(1, 3),
      shared,
      runInNewContext('Float32Array.of(1, 2)') as Float32Array,
      runInNewContext('[1, 2]') as number[],
      Object.assign(new Float32Array(Reflect.construct(ArrayBuffer, [8, { maxByteLength: 64 }]) as ArrayBuffer), [1, 2]),
    ];
    for (const x of parts) expect(field(from({ x }), 'x').data).toEqual(Float32Array.of(1, 2));
  });

  it('shares tensors, and each side frees its own handle', () => {
    const x = tensor([1, 2, 3, 4], { shape: [2, 2] });
    const dataset = from({ x });
    dataset.dispose();
    expect(dataset.disposed).toBe(true);
    expect(x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
    const kept = from({ x });
    x.dispose();
    expect(field(kept, 'x').data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(() => from({ x })).toThrow('was disposed');
  });

  it('outlives tidy when it is returned', () => {
    const dataset = tidy(() => from({ x: [[1]] }));
    expect(field(dataset, 'x').data).toEqual(Float32Array.of(1));
  });

  it('takes the first samples without a copy', () => {
    const dataset = from({ x: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, y: [7, 8] });
    const one = dataset.take(1);
    expect(field(one, 'x')).toMatchObject({ shape: [2], all: [1, 2], data: Float32Array.of(1, 2) });
    dataset.dispose();
    expect(field(one, 'y').data).toEqual(Int32Array.of(7));
    for (const count of [0, 3, 1.5]) expect(() => one.take(count)).toThrow('[Dataset.take] expected');
  });

  it('gives samples by number', () => {
    const dataset = from({ x: { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }, y: [7, 8, 9] }, { scale: 0.5 });
    const some = dataset.subset([2, 0, 2]);
    expect(field(some, 'x')).toMatchObject({ dtype: 'uint8', scale: 0.5, all: [3, 2], data: Uint8Array.of(5, 6, 1, 2, 5, 6) });
    expect(field(some, 'y').data).toEqual(Int32Array.of(9, 7, 9));
    expect(() => dataset.subset([0, 3])).toThrow('3');
    expect(() => dataset.subset([])).toThrow('[Dataset.subset] 0 samples');
  });

  it('splits at random, by seed, without losing a sample', () => {
    const x = Array.from({ length: 101 }, (_, i) => i);
    const dataset = from({ x, y: x });
    const parts = (seed?: number) =>
      dataset.split(0.2, seed === undefined ? {} : { seed }).map((part) => [...field(part, 'x').data]);
    const [first = [], second = []] = parts();
    expect([first.length, second.length]).toEqual([20, 81]);
    expect([...first, ...second].sort((a, b) => a - b)).toEqual(x);
    expect(first).not.toEqual([...first].sort((a, b) => a - b));
    expect(parts(0)).toEqual([first, second]);
    expect(parts(1)).not.toEqual([first, second]);
    expect(parts(2 ** 32)).not.toEqual([first, second]);
    const [a] = dataset.split(0.5);
    expect(field(a, 'x').data).toEqual(Float32Array.from(field(a, 'y').data));
    for (const fraction of [0, 1, 0.001, NaN, -1, 1.5, dataset.samples])
      expect(() => dataset.split(fraction)).toThrow('[Dataset.split]');
  });

  it('detaches what it is told to transfer, and only after all checks', () => {
    const x = Float32Array.of(1, 2);
    expect(() => from({ x, y: Int32Array.of(1) }, { transfer: true })).toThrow('as many samples');
    expect(x.length).toBe(2);
    const dataset = from({ x, y: Int32Array.of(0, 1) }, { transfer: true });
    expect(x.length).toBe(0);
    expect(field(dataset, 'x').data).toEqual(Float32Array.of(1, 2));
    expect(() => from({ x: [1, 2] }, { transfer: true })).toThrow('[data.from] x cannot be transferred');
    expect(() => from({ x: new Float32Array(4).subarray(1) }, { transfer: true })).toThrow('x cannot be transferred');
  });

  it.each<[string, unknown, unknown, string | RegExp]>([
    ['no fields', {}, {}, '[data.from] expected at least one field'],
    ['nothing', null, {}, '[data.from] expected { x, y }, got null'],
    ['0 samples', { x: new Float32Array(0) }, {}, '[data.from] 0 samples'],
    ['an empty list', { x: [] }, {}, '[data.from] 0 samples'],
    [
      'a flat array without its shape',
      { x: new Float32Array(6), y: [0, 1] },
      {},
      /got 6 in x and 2 in y\nhelp: a flat array .* \{ data: y, shape: \[samples, features\] \}/,
    ],
    [
      'a shape that does not fit',
      { x: { data: new Float32Array(5), shape: [2, 3] } },
      {},
      '[data.from] x: shape [2,3] has 6 elements, the data has 5',
    ],
    [
      'a negative length',
      { x: { data: new Float32Array(5), shape: [-5] } },
      {},
      '[data.from x] expected lengths to be integers ≥ 0',
    ],
    [
      'a shape whose size overflows',
      { x: { data: new Float32Array(5), shape: [2 ** 40, 2 ** 40] } },
      {},
      'has more elements than can be counted',
    ],
    ['no samples axis', { x: { data: [1], shape: [] } }, {}, 'expected x to have an axis of samples, got a scalar'],
    ['ragged rows', { x: [[1, 2], [3]] }, {}, '[data.from] expected x[1] to be an array of 2, got an array of 1'],
    ['a number among rows', { x: [[1, 2], 3] }, {}, 'expected x[1] to be an array of 2, got 3'],
    [
      'text',
      {
        x: [
          [1, 2],
          [3, '4'],
        ],
      },
      {},
      'expected x[1][1] to be a number, got "4"',
    ],
    ['undefined in the middle', { x: [[1, undefined]] }, {}, 'expected x[0][1] to be a number, got undefined'],
    ['holes', { x: [[1, 2], Array(2)] }, {}, 'x has holes'],
    [
      'rows of several types',
      { x: [new Float32Array(2), new Float64Array(2)] },
      {},
      'expected rows of one type, got float32 and, in row 1, float64',
    ],
    [
      'rows of several lengths',
      { x: [new Float32Array(2), new Float32Array(3)] },
      {},
      'expected x[1] to be a typed array of 2, got Float32Array(3)',
    ],
    [
      '64-bit integers',
      { x: [1], y: BigInt64Array.of(1n) },
      {},
      /expected y to hold .*, got BigInt64Array\(1\)\nhelp: convert it first/,
    ],
    ['a DataView', { x: new DataView(new ArrayBuffer(8)) }, {}, 'got DataView(8)'],
    ['a number', { x: 5 }, {}, 'expected x to be a typed array, nested arrays, a tensor or { data, shape }, got 5'],
    ['a misspelt part', { x: { data: [1], shap: [1] } }, {}, "[data.from x] unknown option 'shap'\nhelp: did you mean 'shape'?"],
    ['a bad dtype', { x: { data: [1], dtype: 'float16' } }, {}, '[data.from x] expected a dtype of float32'],
    ['a fraction as label', { x: [1], y: { data: [1.5], dtype: 'int32' } }, {}, 'y: 1.5 at 0 is no int32'],
    ['a label beyond int32', { x: [1, 2], y: [0, 2 ** 31] }, {}, 'y: 2147483648 at 1 is no int32'],
    ['NaN as label', { x: [1], y: { data: Float64Array.of(NaN), dtype: 'int32' } }, {}, 'y: NaN at 0 is no int32'],
    ['a misspelt option', { x: [1] }, { checkfinite: true }, "unknown option 'checkfinite'\nhelp: did you mean 'checkFinite'?"],
    ['a bad option', { x: [1] }, { checkFinite: 1 }, 'expected checkFinite to be true or false, got 1'],
    ['a scale of NaN', { x: [1] }, { scale: NaN }, 'expected scale to be'],
    ['a scale of an unknown field', { x: [1] }, { scale: { z: 1 } }, "[data.from scale] unknown option 'z'"],
    [
      'a scaled integer',
      { x: Int32Array.of(1) },
      { scale: 2 },
      'expected x to be uint8 or float where scale or shift is given, got int32',
    ],
  ])('refuses %s', (_, fields, options, message) => {
    expect(() => from(fields as Parameters<typeof from>[0], options as Parameters<typeof from>[1])).toThrow(message);
  });

  it('refuses detached memory', () => {
    const x = Float32Array.of(1, 2);
    structuredClone(x.buffer, { transfer: [x.buffer] });
    expect(() => from({ x })).toThrow('[data.from] x is detached');
  });

  it.each([
    ['float32', NaN],
    ['float32', Infinity],
    ['float64', -Infinity],
  ] as const)('finds %s %d and says where', (dtype, value) => {
    const data = dtype === 'float32' ? new Float32Array(100_003 * 3) : new Float64Array(100_003 * 3);
    data[70_001 * 3 + 2] = value;
    data[90_000 * 3] = NaN;
    const x = { data, shape: [100_003, 3] };
    expect(() => from({ x })).toThrow(
      `[data.from] expected finite numbers, got ${value} in x at row 70001, column 2\nhelp: clean the data`,
    );
    expect(from({ x }, { checkFinite: false }).samples).toBe(100_003);
    expect(() => from({ x: [1, 2], y: [0.5, value] })).toThrow('in y at row 1, column 0');
  });

  it('accepts tensors only when they are concrete', () => {
    expect(() => from({ x: wrong(new Tensor({ dtype: 'float32', shape: [1] }, { lazy: true })) })).toThrow('internal:');
  });
});
