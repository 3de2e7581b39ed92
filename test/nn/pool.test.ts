import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as nn from '../../lib/nn/index.js';
import type { AvgPoolOptions, MaxPoolOptions, PerAxis, UpsampleOptions } from '../../lib/ops/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad, jit } from '../../lib/runtime/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';
import { numbers as numbersOf, slopeOf, xOf } from './golden.js';

interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly argument: PerAxis<2>;
    readonly options: MaxPoolOptions<2> & AvgPoolOptions<2>;
    readonly output: readonly number[];
    readonly y: readonly number[];
    readonly gradient: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/pool.json', import.meta.url), 'utf8')) as Golden;

const line = (argument: PerAxis<2>): number => (typeof argument === 'number' ? argument : argument[0]);
const flat = ({ stride, padding, ...rest }: MaxPoolOptions<2> & AvgPoolOptions<2>): MaxPoolOptions<1> & AvgPoolOptions<1> =>
  ({
    ...rest,
    ...(typeof stride === 'number' && { stride }),
    ...(typeof padding === 'number' && { padding }),
    ...(rest.dilation !== undefined && { dilation: line(rest.dilation) }),
  }) as MaxPoolOptions<1> & AvgPoolOptions<1>;

const layers: Readonly<Record<string, (argument: PerAxis<2>, options: MaxPoolOptions<2> & AvgPoolOptions<2>) => nn.Module>> = {
  maxPool2d: nn.maxPool2d,
  avgPool2d: nn.avgPool2d,
  maxPool1d: (size, options) => nn.maxPool1d(line(size), flat(options)),
  avgPool1d: (size, options) => nn.avgPool1d(line(size), flat(options)),
  adaptiveAvgPool2d: nn.adaptiveAvgPool2d,
  adaptiveMaxPool2d: nn.adaptiveMaxPool2d,
  adaptiveAvgPool1d: (outputs) => nn.adaptiveAvgPool1d(line(outputs)),
  adaptiveMaxPool1d: (outputs) => nn.adaptiveMaxPool1d(line(outputs)),
  globalAvgPool: () => nn.globalAvgPool(),
  globalMaxPool: () => nn.globalMaxPool(),
  upsample: (scale, options) => nn.upsample(scale, options as UpsampleOptions),
  zeroPad1d: (margin) => nn.zeroPad1d(margin),
  zeroPad2d: (margins) => nn.zeroPad2d(margins as number | readonly [nn.Margin, nn.Margin]),
};

/** The script's x, which is counted channels-last. */
const numbers = (shape: readonly number[], dtype?: Float): Tensor => numbersOf(shape, xOf, dtype);

/** Their line in the table. */
function lineOf(name: string): 'maxPool' | 'avgPool' | 'upsample' | 'zeroPad' {
  if (name === 'upsample') return name;
  return name.startsWith('zeroPad') ? 'zeroPad' : /max/i.test(name) ? 'maxPool' : 'avgPool';
}

describe.each(floats)('equals PyTorch in %s', (dtype) => {
  it.each(
    golden.cases.map((one) => [`${one.name} ${JSON.stringify(one.argument)} ${JSON.stringify(one.options)}`, one] as const),
  )('%s', (_, { name, shape, argument, options, output, y, gradient }) => {
    const layer = layers[name]!(argument, options);
    const x = numbers(shape, dtype);
    const op = lineOf(name);
    const result = jit((given: Tensor) => layer.forward(given)).sync(x);
    expect(result.shape).toEqual(output);
    expectGolden(result, y, op);
    const slope = numbersOf(output, slopeOf, dtype);
    expectGolden(grad((given: Tensor) => ops.sum(ops.mul(layer.forward(given), slope)))(x), gradient, op);
  });
});

it('with ceilMode a window may be longer than the axis, as in PyTorch', () => {
  expect(ops.maxPool1d(numbers([1, 1, 2]), 2, { stride: 4, ceilMode: true }).toArray()).toEqual([[[xOf(0), xOf(1)]]]);
  expect(ops.avgPool1d(numbers([1, 1, 1]), 4, { padding: 1, ceilMode: true }).toArray()).toEqual([[[xOf(0) / 3]]]);
  expect(() => ops.maxPool1d(numbers([1, 1, 2]), 6, { stride: 4, ceilMode: true })).toThrow('expected an axis of at least');
});

describe('max pooling', () => {
  const image = (data: readonly number[], dtype: 'float32' | 'float64' = 'float32') =>
    ops.tensor(dtype === 'float32' ? Float32Array.from(data) : Float64Array.from(data), { shape: [1, 2, data.length / 2, 1] });
  const slope = (x: Tensor) => [...grad((given: Tensor) => ops.sum(ops.maxPool2d(given, 2)))(x).data()];

  it('gives the gradient to the first of equal elements', () => {
    expect(slope(image([1, 1, 1, 1]))).toEqual([1, 0, 0, 0]);
    expect(slope(image([0, 2, 2, 1]))).toEqual([0, 1, 0, 0]);
    expect(slope(image([-0, 0, 0, -0]))).toEqual([1, 0, 0, 0]);
  });

  it('passes NaN on, and gives the gradient to the last of them, as PyTorch does', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const data of [
        [NaN, 1, 2, 3],
        [1, NaN, Infinity, 3],
        [1, 2, 3, NaN],
      ])
        expect(ops.maxPool2d(image(data, dtype), 2).item()).toBeNaN();
      expect(ops.maxPool2d(image([-Infinity, -Infinity, -Infinity, -Infinity], dtype), 2).item()).toBe(-Infinity);
    }
    expect(slope(image([NaN, 1, NaN, 3]))).toEqual([0, 0, 1, 0]);
    expect(slope(image([-Infinity, -Infinity, -Infinity, -Infinity]))).toEqual([1, 0, 0, 0]);
  });
});

describe('errors', () => {
  const x = numbers([2, 4, 5, 3]);
  it.each([
    [() => ops.maxPool2d(x, 6), '[maxPool2d] expected an axis of at least 6 elements for windows of 6, got one of 4'],
    [
      () => ops.maxPool2d(x, 2, { padding: 'same', ceilMode: true }),
      "[maxPool2d] expected ceilMode with padding in numbers, got 'same', which decides the windows itself",
    ],
    [() => nn.globalAvgPool().forward(numbers([2, 0, 3])), '[globalAvgPool] expected places to pool over, got float64[2,0,3]'],
    [
      () => ops.maxPool1d(numbers([1, 2, 1]), 2, { stride: 1, padding: 1, dilation: 3 }),
      '[maxPool1d] expected windows with elements, got a dilation of 3 over an axis of 2\nhelp: lower the dilation, or leave out the padding',
    ],
    [
      () => ops.maxPool1d(numbers([1, 1, 1]), 2, { padding: 'same', dilation: 2 }),
      '[maxPool1d] expected windows with elements, got a dilation of 2 over an axis of 1',
    ],
    [() => ops.maxPool2d(x, 2, { padding: 2 }), '[maxPool2d] expected padding of at most half the window 2, got 2'],
    [
      () => ops.maxPool2d(numbers([4, 5, 3]), 2),
      '[maxPool2d] expected x to be [samples, height, width, channels], got float64[4,5,3]',
    ],
    [() => ops.avgPool1d(x, 2), '[avgPool1d] expected x to be [samples, length, channels], got float64[2,4,5,3]'],
    [() => ops.avgPool2d(ops.cast(x, 'int32'), 2), '[avgPool2d] expected x to be float32 or float64, got int32[2,4,5,3]'],
    [() => ops.maxPool2d(x, 0), '[maxPool2d] expected size to be a positive integer, got 0'],
    [() => nn.maxPool2d(2, { stride: 0 }), '[maxPool2d] expected stride to be a positive integer, got 0'],
    [
      () => nn.maxPool2d(2, { padding: 'full' as 'same' }),
      "[maxPool2d] expected padding to be 'same', 'valid' or numbers, got \"full\"",
    ],
    [
      () => nn.maxPool2d(JSON.parse('[1, 2, 3]') as [number, number]),
      '[maxPool2d] expected size to be a number or 2 of them, got',
    ],
    [() => nn.avgPool2d(2, { strid: 1 } as object), "[avgPool2d] unknown option 'strid'"],
    [
      () => nn.avgPool2d(2, { countIncludePad: JSON.parse('1') as boolean }),
      '[avgPool2d] expected countIncludePad to be true or false, got 1',
    ],
    [() => nn.adaptiveAvgPool2d([0, 1]), '[adaptiveAvgPool2d] expected outputs[0] to be a positive integer, got 0'],
    [() => ops.adaptiveAvgPool1d(numbers([2, 0, 3]), 2), '[adaptiveAvgPool1d] expected axes with elements, got one of 0'],
    [
      () => nn.globalAvgPool().forward(numbers([4, 3])),
      '[globalAvgPool] expected x to be [samples, …, channels], got float64[4,3]',
    ],
    [() => nn.upsample(0), '[upsample] expected scale to be a number above 0, got 0'],
    [() => nn.upsample([2, NaN]), '[upsample] expected scale[1] to be a number above 0, got NaN'],
    [
      () => nn.upsample(2, { alignCorners: true }),
      "[upsample] expected alignCorners with mode 'bilinear' only, got mode 'nearest'",
    ],
    [
      () => ops.upsample(numbers([4, 3]), 2),
      '[upsample] expected x to be [samples, …, channels] with one or two axes of elements',
    ],
    [() => ops.upsample(x, 0.1), '[upsample] expected a scale that leaves elements, not 0.1, got float64[2,4,5,3]'],
    [() => ops.upsample(numbers([4, 3, 2]), [2, 2]), '[upsample] expected scale to be a number or 1 of them'],
  ])('%#', (run, message) => expect(run).toThrow(message));

  it('shows layers with their options', () => {
    expect(String(nn.maxPool2d(3, { stride: 2, padding: 1 }))).toBe('maxPool2d(3, { stride: 2, padding: 1 })');
    expect(String(nn.avgPool2d([2, 3], { padding: 'same' }))).toBe('avgPool2d([2,3], { padding: "same" })');
    expect(String(nn.upsample([2, 3], { mode: 'bilinear', alignCorners: true }))).toBe('upsample([2,3], bilinear, aligned)');
    expect(String(nn.adaptiveAvgPool2d(1))).toBe('adaptiveAvgPool2d(1)');
  });
});
