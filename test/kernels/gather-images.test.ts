import { describe, expect, it } from 'vitest';
import { expectElements, runKernel, uniform, type Elements } from './kernel.js';

const indices = Int32Array.of(2, 0, 3, 3, 1);
const random = Int32Array.of(1, 0, 2, 0, 3, 0);

interface Images {
  readonly size: readonly [number, number, number];
  readonly out: readonly [number, number];
  readonly pad?: readonly [number, number];
  readonly move?: readonly [number, number];
  readonly flip?: number;
}

const attributesOf = ({ size, out, pad = [0, 0], move = [0, 0], flip = 0 }: Images, fill = 0) => [
  4,
  indices.length,
  ...size,
  ...out,
  ...pad,
  ...move,
  flip,
  fill,
  5,
  6,
  ...Array.from({ length: size[2] }, (_, channel) => 0.5 + channel),
  ...Array.from({ length: size[2] }, (_, channel) => channel - 1),
];

function run(table: Elements, images: Images, given = indices, inputs: readonly Elements[] = []) {
  const elements = indices.length * images.out[0] * images.out[1] * images.size[2];
  return runKernel({
    kernel: 'gather_images',
    inputs: [table, given, ...inputs],
    outputs: [{ dtype: 'float32', elements }],
    attributes: attributesOf(images, 7),
  });
}

describe.each(['uint8', 'float32', 'float64'] as const)('gather_images from %s', (dtype) => {
  const table = (size: readonly number[]) => uniform(dtype, 4 * size.reduce((a, b) => a * b, 1), 1, 0, 255);

  it.each([1, 3, 17])('scales each of %i channels', (channels) => {
    const [height, width] = [3, 11];
    const images: Images = { size: [height, width, channels], out: [height, width] };
    const x = table(images.size);
    expectElements(run(x, images).outputs[0], (i) => {
      const [sample, place] = [Math.floor(i / (height * width * channels)), i % (height * width * channels)];
      const channel = i % channels;
      const value = Math.fround(x[indices[sample]! * height * width * channels + place]!);
      return Math.fround(Math.fround(value * (0.5 + channel)) + channel - 1);
    });
  });

  it('crops, moves and mirrors with the same bits everywhere', () => {
    const images: Images = { size: [9, 21, 3], out: [8, 20], pad: [2, 2], move: [1, 3], flip: 0.5 };
    const result = run(table(images.size), images, indices, [random]);
    expect(result.fault).toBeNull();
    expect(new Set(result.outputs[0]).size).toBeGreaterThan(100);
  });

  it('names the first index that is out of range', () => {
    const images: Images = { size: [2, 2, 1], out: [2, 2] };
    const { fault, outputs } = run(table(images.size), images, Int32Array.of(0, 4, -1, 1, 2));
    expect(fault).toEqual({ fault: 'index', instruction: 0, position: 1, value: 4 });
    expect([...outputs[0]!.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });
});

it('refuses operands that do not fit', () => {
  const x = new Uint8Array(4 * 2 * 2);
  expect(run(x, { size: [2, 2, 1], out: [2, 2] }).fault).toBeNull();
  for (const bad of [
    { size: [2, 2, 1], out: [3, 2] },
    { size: [2, 2, 1], out: [2, 2], flip: 1.5 },
    { size: [2, 2, 1], out: [2, 2], pad: [-1, 0] },
    { size: [2, 3, 1], out: [2, 2] },
  ] as const satisfies readonly Images[])
    expect(() => run(x, bad)).toThrow(TypeError);
  expect(() => run(x, { size: [2, 2, 1], out: [2, 2] }, indices, [new Int32Array(5)])).toThrow(TypeError);
  expect(() => run(new Int32Array(16), { size: [2, 2, 1], out: [2, 2] })).toThrow(TypeError);
});
