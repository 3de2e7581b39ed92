import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as nn from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad, jit } from '../../lib/runtime/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';
import { goldenSlope, goldenX, numbers, parameterGradients, toFirst } from './golden.js';

interface Golden {
  readonly layer: 'linear' | 'conv1d' | 'conv2d' | 'depthwiseConv2d' | 'convTranspose1d' | 'convTranspose2d';
  readonly channels: readonly [number, number];
  readonly kernel: number | readonly [number, number] | null;
  readonly options: Record<string, unknown>;
  readonly shape: readonly number[];
  readonly output: readonly number[];
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dw: readonly number[];
  readonly db: readonly number[] | null;
  readonly weight: readonly number[];
}

const { cases } = JSON.parse(readFileSync(new URL('../golden/conv.json', import.meta.url), 'utf8')) as {
  cases: readonly Golden[];
};

function layerOf({ layer, channels, kernel, options }: Golden, dtype: Float): nn.Linear | nn.Conv | nn.ConvTranspose {
  const make = nn[layer] as (...args: readonly unknown[]) => nn.Linear | nn.Conv | nn.ConvTranspose;
  const sizes = layer === 'depthwiseConv2d' ? channels.slice(1) : channels;
  return make(...sizes, ...(kernel === null ? [] : [kernel]), { ...options, dtype });
}

describe.each(floats)('equals PyTorch in %s', (dtype) => {
  it.each(cases)('$layer $channels, $kernel, $options', (golden) => {
    const layer = layerOf(golden, dtype);
    const op = golden.layer === 'linear' ? 'linear' : golden.layer.startsWith('convTranspose') ? 'convTranspose' : 'conv';
    const { weight, bias } = layer;
    expect(weight.layout?.externalShape).toEqual(golden.weight);
    weight.adopt(weight.layout!.fromExternal(numbers(golden.weight, (i) => ((31 * i) % 17) / 8 - 1, dtype)).storage);
    bias?.adopt(numbers(bias.shape, (i) => i / 4 - 1, dtype).storage);
    const [x, slope] = [goldenX(golden.shape, dtype), goldenSlope(golden.output, dtype)];
    expectGolden(toFirst(layer.forward(x)), golden.y, op);
    const dx = grad((input: Tensor) => ops.sum(ops.mul(layer.forward(input), slope)))(x);
    expectGolden(toFirst(dx), golden.dx, op);
    const [dw, db] = parameterGradients(layer, x, slope, bias ? [weight, bias] : [weight]);
    expectGolden(weight.layout!.toExternal(dw!), golden.dw, op);
    expectGolden(db, golden.db, op);
  });
});

describe('flatten', () => {
  const x = ops.tensor(
    Float32Array.from({ length: 12 }, (_, i) => i),
    { shape: [1, 2, 2, 3] },
  );
  it("gives PyTorch's order of features", () => {
    expect([...nn.flatten().forward(x).data()]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });
  it('or features as they lie', () => {
    expect([...nn.flatten({ order: 'channels-last' }).forward(x).data()]).toEqual([...x.data()]);
    expect(() => nn.flatten({ order: 'chw' as never })).toThrow(
      "[flatten] expected order to be 'channels-first' or 'channels-last', got \"chw\"",
    );
  });
});

describe('bad input', () => {
  const image = ops.zeros([2, 5, 5, 3]);
  it.each([
    ['channels', () => nn.conv2d(4, 8, 3).forward(image), '[conv2d(4, 8, 3)] expected 4 channels, got float32[2,5,5,3]'],
    [
      'channels first',
      () => nn.conv2d(3, 8, 3).forward(ops.zeros([2, 3, 5, 5])),
      'help: channels come last: transpose(x, [0, 2, 3, 1])',
    ],
    [
      'rank',
      () => nn.conv2d(3, 8, 3).forward(ops.zeros([5, 5, 3])),
      'expected [samples, height, width, channels], got float32[5,5,3]\nhelp: one channel is an axis too: [samples, …, 1]',
    ],
    ['rank of a line', () => nn.conv1d(3, 8, 3).forward(image), 'expected [samples, length, channels], got float32[2,5,5,3]'],
    ['dtype', () => nn.conv2d(3, 8, 3, { dtype: 'float64' }).forward(image), 'expected float64, got float32[2,5,5,3]'],
    ['groups', () => nn.conv2d(3, 8, 3, { groups: 2 }), '[conv2d] expected groups to divide 3 and 8 channels, got 2'],
    [
      'a kernel larger than the image',
      () => nn.conv2d(3, 8, 7).forward(image),
      '[conv2d] expected an axis of at least 7 elements for a kernel over 7, got one of 5',
    ],
    ['a misspelt option', () => nn.conv2d(3, 8, 3, { strides: 2 } as never), "[conv2d] unknown option 'strides'"],
    [
      'an unknown padding',
      () => nn.conv2d(3, 8, 3, { padding: 'full' as never }),
      "[conv2d] expected padding to be 'same', 'valid' or numbers, got \"full\"",
    ],
    [
      'padding of a wrong form',
      () => nn.conv2d(3, 8, 3, { padding: [[1, 1]] as never }),
      '[conv2d] expected padding to be [before, after] for each of 2 axes',
    ],
    [
      'a kernel that reaches too far',
      () => nn.conv1d(3, 8, 3, { dilation: 10_000 }),
      '[conv1d] expected a kernel that reaches over at most 16384 elements, got 20001',
    ],
    [
      'output padding',
      () => nn.convTranspose2d(3, 8, 3, { stride: 2, outputPadding: 2 }),
      '[convTranspose2d] expected outputPadding below stride or dilation, got 2',
    ],
    [
      'no output',
      () => nn.convTranspose2d(3, 8, 3, { padding: 9 }).forward(image),
      '[convTranspose2d] expected padding that leaves an output, got one of length',
    ],
    [
      'weights that do not meet x',
      () => ops.conv2d(image, ops.zeros([3, 3, 4, 8])),
      '[conv2d] expected x.shape[3] = groups·w.shape[2], got float32[2,5,5,3] and float32[3,3,4,8]',
    ],
    [
      'weights of another rank',
      () => ops.conv2d(image, ops.zeros([3, 3, 8])),
      '[conv2d] expected w to be [rows, columns, inChannels, outChannels], got float32[3,3,8]',
    ],
    [
      'an image of another rank',
      () => ops.conv1d(image, ops.zeros([3, 3, 8])),
      '[conv1d] expected x to be [samples, length, channels], got float32[2,5,5,3]',
    ],
    ['no weights', () => ops.conv2d(image, ops.zeros([3, 3, 3, 0])), '[conv2d] expected weights, got float32[3,3,3,0]'],
    [
      'transposed weights',
      () => ops.convTranspose2d(image, ops.zeros([3, 3, 8, 4])),
      '[convTranspose2d] expected x.shape[3] = w.shape[3]',
    ],
    [
      'channels that are no multiple of the groups',
      () => ops.conv2d(image, ops.zeros([3, 3, 1, 8]), { groups: 3 }),
      '[conv2d] expected w.shape[3] to be a multiple of 3 groups',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  it('no samples give none', () => {
    expect(nn.conv2d(3, 8, 3).forward(ops.zeros([0, 5, 5, 3])).shape).toEqual([0, 3, 3, 8]);
  });
});

it.each([1, 3])('gives the same bits compiled with bias and ReLU in the kernel, kernel size %i', (size) => {
  const layer = nn.conv2d(5, 7, size);
  const x = ops.randomUniform([2, 9, 8, 5], { low: -1, high: 1, seed: 1 });
  const forward = (input: Tensor) => ops.relu(layer.forward(input));
  expect(jit(forward).sync(x).data()).toEqual(forward(x).data());
});

describe('the algorithm', () => {
  const x = ops.randomUniform([2, 16, 16, 16], { low: -1, high: 1, seed: 2 });
  const w = ops.randomUniform([3, 3, 16, 32], { low: -1, high: 1, seed: 3 });

  it('is Winograd where it fits, close to the sum, unless that is asked for', () => {
    const [auto, direct] = [ops.conv2d(x, w).data(), ops.conv2d(x, w, { algorithm: 'direct' }).data()];
    const exact = Array.from(ops.conv2d(ops.cast(x, 'float64'), ops.cast(w, 'float64')).data());
    const worst = (of: ArrayLike<number>) => Math.max(...exact.map((value, i) => Math.abs(value - (of[i] ?? NaN))));
    expect(auto).not.toEqual(direct);
    // 144 products below 1
    expect(worst(direct)).toBeLessThan(144 * 2 ** -24);
    expect(worst(auto)).toBeLessThan(144 * 2 ** -24);
  });

  it('is named', () => {
    const wrong = { algorithm: 'winograd' as 'direct' };
    const sentence = (where: string) => `[${where}] expected algorithm to be 'auto' or 'direct', got "winograd"`;
    expect(() => ops.conv2d(x, w, wrong)).toThrow(sentence('conv2d'));
    expect(() => nn.conv2d(16, 32, 3, wrong)).toThrow(sentence('conv2d'));
    expect(() => nn.convTranspose2d(16, 32, 3, wrong)).toThrow(sentence('convTranspose2d'));
  });
});
