import { apply } from '../../../lib/ir/apply.js';
import { conv2dInputGradientOp, conv2dWeightGradientOp, type ConvAttributes } from '../../../lib/ops/conv.js';
import { convAxes } from '../../../lib/ops/conv-window.js';
import * as ops from '../../../lib/ops/index.js';
import type { PoolAxis } from '../../../lib/ops/pool-window.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

/** Inputs that an output looks at, as [tap, index]. */
function tapsOf({ length, kernel, stride, pad, dilation }: PoolAxis, output: number): [number, number][] {
  return Array.from({ length: kernel }, (_, k): [number, number] => [k, output * stride - pad + k * dilation]).filter(
    ([, index]) => index >= 0 && index < length,
  );
}

interface Sizes {
  readonly samples: number;
  readonly into: number;
  readonly out: number;
}

/** Calls visit(x's index, w's index, y's index) for every product of the convolution. */
function walk(
  { y, x, groups }: ConvAttributes,
  { samples, into, out }: Sizes,
  visit: (x: number[], w: number[], y: number[]) => void,
): void {
  for (let n = 0; n < samples; n++)
    for (let oy = 0; oy < y.outputs; oy++)
      for (let ox = 0; ox < x.outputs; ox++)
        for (const [ky, iy] of tapsOf(y, oy))
          for (const [kx, ix] of tapsOf(x, ox))
            for (let o = 0; o < groups * out; o++)
              for (let i = 0; i < into; i++) {
                const group = Math.floor(o / out);
                visit([n, iy, ix, group * into + i], [ky, kx, i, o], [n, oy, ox, o]);
              }
}

/** Σ of products into the one of the three that is asked for. */
function sumInto(
  shape: readonly number[],
  attributes: ConvAttributes,
  sizes: Sizes,
  product: (x: number[], w: number[], y: number[]) => readonly [number[], number],
): Values {
  const data = new Array<number>(shape.reduce((all, length) => all * length, 1)).fill(0);
  walk(attributes, sizes, (x, w, y) => {
    const [index, value] = product(x, w, y);
    data[index.reduce((at, i, axis) => at * shape[axis]! + i, 0)]! += value;
  });
  return build(shape, (index) => data[index.reduce((at, i, axis) => at * shape[axis]! + i, 0)]!);
}

interface Geometry {
  readonly title: string;
  readonly lengths: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly options: ops.ConvOptions<2>;
  readonly groups?: number;
}

const geometries: readonly Geometry[] = [
  { title: '3 × 3, padded', lengths: [5, 6], kernel: [3, 3], options: { padding: 1 } },
  {
    title: 'strides, uneven padding',
    lengths: [6, 7],
    kernel: [3, 2],
    options: {
      stride: [2, 3],
      padding: [
        [0, 2],
        [1, 0],
      ],
    },
  },
  { title: 'dilated, same', lengths: [5, 4], kernel: [2, 3], options: { dilation: [2, 1], padding: 'same', stride: [1, 2] } },
  { title: 'dilated and strided', lengths: [9, 8], kernel: [3, 2], options: { dilation: [2, 3], stride: [3, 2] } },
  { title: 'two groups', lengths: [4, 5], kernel: [2, 2], options: {}, groups: 2 },
  { title: 'one tap, strided', lengths: [5, 4], kernel: [1, 1], options: { stride: 2 } },
];

const sizes = [1, 7, 9, 33];
const tolerance = { relative: 8, absolute: 512 };

function casesOf({ title, lengths, kernel, options, groups = 1 }: Geometry): OpCase[] {
  const [y, x] = convAxes('case', lengths, kernel, {
    stride: options.stride,
    padding: options.padding,
    dilation: options.dilation,
  });
  const attributes: ConvAttributes = { y: y!, x: x!, groups };
  const outputs = [y!.outputs, x!.outputs];
  // n channels out of a group, three into it
  const sizesFor = (n: number): Sizes => ({ samples: 2, into: 3, out: n });
  const image = (n: number) => [2, ...lengths, groups * sizesFor(n).into];
  const weights = (n: number) => [...kernel, sizesFor(n).into, groups * n];
  const result = (n: number) => [2, ...outputs, groups * n];
  const shared = { title, sizes, large: 200, tolerance };
  return [
    {
      op: 'conv2d',
      ...shared,
      inputs: (n) => [{ shape: image(n) }, { shape: weights(n) }],
      run: ([a, b]) => ops.conv2d(a!, b!, { ...options, groups }),
      reference: ([a, b], { n }) => sumInto(result(n), attributes, sizesFor(n), (i, k, o) => [o, get(a!, i) * get(b!, k)]),
    },
    {
      op: 'conv2dInputGradient',
      ...shared,
      inputs: (n) => [{ shape: result(n) }, { shape: weights(n) }],
      run: ([a, b]) => apply(conv2dInputGradientOp, [a!, b!], attributes),
      reference: ([a, b], { n }) => sumInto(image(n), attributes, sizesFor(n), (i, k, o) => [i, get(a!, o) * get(b!, k)]),
    },
    {
      op: 'conv2dWeightGradient',
      ...shared,
      inputs: (n) => [{ shape: image(n) }, { shape: result(n) }],
      run: ([a, b]) => apply(conv2dWeightGradientOp, [a!, b!], attributes),
      reference: ([a, b], { n }) => sumInto(weights(n), attributes, sizesFor(n), (i, k, o) => [k, get(a!, i) * get(b!, o)]),
    },
  ];
}

const depthwise: OpCase = {
  op: 'conv2d',
  title: 'depthwise',
  inputs: (n) => [{ shape: [2, 5, 4, n] }, { shape: [3, 2, 1, n] }],
  run: ([a, b], { n }) => ops.conv2d(a!, b!, { groups: n, padding: 1, stride: [1, 2] }),
  reference: ([a, b], { n }) => {
    const [y, x] = convAxes('case', [5, 4], [3, 2], { stride: [1, 2], padding: 1, dilation: undefined });
    const attributes = { y: y!, x: x!, groups: n };
    return sumInto([2, y!.outputs, x!.outputs, n], attributes, { samples: 2, into: 1, out: 1 }, (i, k, o) => [
      o,
      get(a!, i) * get(b!, k),
    ]);
  },
  sizes: [2, 7, 16, 33],
  large: 3000,
  tolerance,
};

/** n samples of 16 × 16 places, by Winograd's algorithm from one sample on: what it rounds otherwise is within the tolerance. */
const winograd: OpCase = {
  op: 'conv2d',
  title: 'Winograd',
  inputs: (n) => [{ shape: [n, 16, 17, 16] }, { shape: [3, 3, 16, 16] }],
  run: ([a, b]) => ops.conv2d(a!, b!, { padding: 1 }),
  reference: ([a, b], { n }) => {
    const [y, x] = convAxes('case', [16, 17], [3, 3], { stride: 1, padding: 1, dilation: undefined });
    const attributes = { y: y!, x: x!, groups: 1 };
    return sumInto([n, 16, 17, 16], attributes, { samples: n, into: 16, out: 16 }, (i, k, o) => [o, get(a!, i) * get(b!, k)]);
  },
  sizes: [0, 1],
  large: 40,
  gradient: false,
  tolerance,
};

export const convCases: readonly OpCase[] = [...geometries.flatMap(casesOf), depthwise, winograd];
