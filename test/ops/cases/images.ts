import { gatherImages, type GatherImagesAttributes, type ImageDraw } from '../../../lib/ops/gather-images.js';
import type { OpCase } from '../harness.js';
import { randomWords } from '../philox.js';
import { build, get, type Values } from '../values.js';

const rows = 6;
const [seed, step, place, stream] = [7, 3, 5, 9];

interface Draw extends Pick<ImageDraw, 'pad' | 'move' | 'flip'> {
  readonly height: number;
  readonly width: number;
}

let groups: readonly number[] | undefined;
/** Words for the first 40 places. */
const drawn = (): readonly number[] => (groups ??= randomWords(seed, stream, step, 40));

/** A whole number below n from 32 random bits. */
const below = (word: number, n: number): number => Number((BigInt(word >>> 0) * BigInt(n)) >> 32n);

/** Window and mirroring of a sample: five words of the Philox group that its place names. */
function windowOf(sample: number, [outHeight, outWidth]: readonly [number, number], { height, width, pad, move, flip }: Draw) {
  const words = drawn().slice(64 * (place + sample), 64 * (place + sample) + 5);
  const along = (first: number, length: number, out: number, axis: 0 | 1): number =>
    below(words[first]!, length + 2 * pad[axis] - out + 1) -
    pad[axis] +
    below(words[first + 1]!, 2 * move[axis] + 1) -
    move[axis];
  return { y: along(0, height, outHeight, 0), x: along(2, width, outWidth, 1), mirrored: words[4]! >>> 0 < flip * 2 ** 32 };
}

interface Images {
  readonly title: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly draw?: Pick<ImageDraw, 'pad' | 'move' | 'flip'>;
  readonly fill?: number;
}

const images: readonly Images[] = [
  { title: 'as they are', height: 4, width: 9, channels: 3, size: [4, 9] },
  { title: 'the middle', height: 7, width: 6, channels: 1, size: [4, 3] },
  {
    title: 'cropped, moved and mirrored',
    height: 5,
    width: 11,
    channels: 3,
    size: [5, 11],
    draw: { pad: [2, 1], move: [1, 2], flip: 0.5 },
    fill: 3,
  },
  { title: 'always mirrored', height: 3, width: 20, channels: 1, size: [2, 18], draw: { pad: [0, 0], move: [0, 0], flip: 1 } },
  { title: 'moved far out', height: 3, width: 3, channels: 2, size: [3, 3], draw: { pad: [0, 0], move: [9, 9], flip: 0 } },
];

function expected(
  table: Values,
  indices: Values,
  { size, draw, fill = 0, ...image }: Images,
  attributes: GatherImagesAttributes,
) {
  const { height, width, channels } = image;
  const middle = { y: Math.trunc((height - size[0]) / 2), x: Math.trunc((width - size[1]) / 2), mirrored: false };
  return build([...indices.shape, ...size, channels], ([sample = 0, row = 0, column = 0, channel = 0]) => {
    const { y, x, mirrored } = draw ? windowOf(sample, size, { height, width, ...draw }) : middle;
    const from = [y + row, x + (mirrored ? size[1] - 1 - column : column)] as const;
    const inside = from[0] >= 0 && from[0] < height && from[1] >= 0 && from[1] < width;
    const value = inside ? get(table, [get(indices, [sample]), from[0], from[1], channel]) : fill;
    return value * (attributes.scale[channel] ?? NaN) + (attributes.shift[channel] ?? NaN);
  });
}

/** Powers of two and small numbers: no product or sum is rounded. */
const channelScale = [0.5, 2, 0.25];
const channelShift = [1, -3, 0.5];

export const imageCases: readonly OpCase[] = images.flatMap((one) =>
  (['uint8', undefined] as const).map((source): OpCase => {
    const { height, width, channels, size, draw, fill = 0 } = one;
    const attributesFor = (dtype: 'float32' | 'float64'): GatherImagesAttributes => ({
      dtype,
      size,
      scale: channelScale.slice(0, channels),
      shift: channelShift.slice(0, channels),
      fill,
      ...(draw && { draw: { ...draw, stream } }),
    });
    return {
      op: 'gatherImages',
      title: `${one.title}, from ${source ?? 'floats'}`,
      inputs: (n) => [
        {
          shape: [rows, height, width, channels],
          ...(source && { dtype: source }),
          data: Array.from({ length: 97 }, (_, i) => (i * 31) % 256),
        },
        { shape: [n], dtype: 'int32', low: 0, high: rows },
        { shape: [6], dtype: 'int32', data: [seed, 0, step, 0, place, 0] },
      ],
      run: ([table, indices, random], { dtype }) =>
        gatherImages(table!, indices!, draw && random, attributesFor(dtype === 'float64' ? dtype : 'float32')),
      reference: ([table, indices]) => expected(table!, indices!, one, attributesFor('float64')),
      sizes: [0, 1, 7, 33],
      large: 2000,
      gradient: false,
    };
  }),
);
