import { describe, expect, it } from 'vitest';
import { RavineError } from '../../lib/errors.js';
import { tensor, type TensorData } from '../../lib/ops/create.js';
import '../../lib/runtime/index.js';

describe('tensor()', () => {
  it('takes a number, nested arrays and typed arrays', () => {
    expect(tensor(3)).toMatchObject({ dtype: 'float32', shape: [] });
    expect(tensor([[1, 2, 3]])).toMatchObject({ dtype: 'float32', shape: [1, 3] });
    expect(tensor([[], []])).toMatchObject({ shape: [2, 0] });
    expect(tensor(new Float64Array(6), { shape: [2, 3] })).toMatchObject({ dtype: 'float64', shape: [2, 3] });
    expect(tensor([new Float32Array([1, 2]), [3, 4]]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(new Uint8ClampedArray([300, 7]))).toMatchObject({ dtype: 'uint8', shape: [2] });
    expect([...tensor([1, 2], { dtype: 'int32' }).data()]).toEqual([1, 2]);
  });

  it('copies', () => {
    const source = new Float32Array([1, 2]);
    const made = tensor(source);
    source[0] = 9;
    expect(made.toArray()).toEqual([1, 2]);
    const out = made.data();
    out[1] = 9;
    expect(made.toArray()).toEqual([1, 2]);
  });

  it('reads shared memory and parts of buffers', () => {
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([5, 6]);
    expect(tensor(shared).toArray()).toEqual([5, 6]);
    expect(tensor(new Float32Array([0, 1, 2, 3]).subarray(1, 3)).toArray()).toEqual([1, 2]);
  });

  it('keeps every bit of the largest and smallest numbers', () => {
    const numbers = [2 ** 31 - 1, -(2 ** 31)];
    expect(tensor(numbers, { dtype: 'int32' }).toArray()).toEqual(numbers);
    expect(tensor([NaN, Infinity, -Infinity]).toArray()).toEqual([NaN, Infinity, -Infinity]);
    expect(Object.is(tensor(-0).item(), -0)).toBe(true);
  });

  const detached = new Float32Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });

  it.each<[unknown, object, string]>([
    [[[1, 2], [3]], {}, '[tensor] expected an array of 2 at [1] as in the places before it, got an array of 1'],
    [[[1, 2], 3], {}, '[tensor] expected an array of 2 at [1] as in the places before it, got 3'],
    [[1, [2]], {}, '[tensor] expected a number at [1], got an array of 1'],
    [['1'], {}, '[tensor] expected a number at [0], got "1"'],
    [[1, null], {}, '[tensor] expected a number at [1], got null'],
    [{}, {}, '[tensor] expected a number at [], got a Object'],
    [[1, 2, 3], { shape: [2, 2] }, '[tensor] expected 4 elements for [2,2], got 3'],
    [[1.5], { dtype: 'int32' }, '[tensor] expected an integer from -2147483648 to 2147483647 for int32, got 1.5'],
    [[2 ** 31], { dtype: 'int32' }, '[tensor] expected an integer from -2147483648 to 2147483647 for int32, got 2147483648'],
    [new Float32Array([NaN]), { dtype: 'uint8' }, '[tensor] expected an integer from 0 to 255 for uint8, got NaN'],
    [[1], { dtype: 'float16' }, '[tensor] expected a dtype of float32, float64, int32, uint8, got "float16"'],
    [[1], { dtpe: 'float32' }, "[tensor] unknown option 'dtpe'\nhelp: did you mean 'dtype'?"],
    [
      new BigInt64Array(2),
      {},
      '[tensor] expected an array of float32, float64, int32 or uint8, got BigInt64Array(2)\nhelp: convert it first: Float32Array.from(x)',
    ],
    [detached, {}, '[tensor] expected an array with its memory, got one whose buffer was transferred or detached'],
  ])('refuses what it can not take (%#)', (data, options, sentence) => {
    const make = (): unknown => tensor(data as TensorData, options);
    expect(make).toThrow(RavineError);
    expect(make).toThrow(new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });
});
