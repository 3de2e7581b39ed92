import { describe, expect, it } from 'vitest';
import { epsilon, runKernel, uniform, type Elements } from './kernel.js';

/** length, outputs, kernel, stride, pad, dilation */
type Axis = readonly [number, number, number, number, number, number];

interface Shape {
  readonly y: Axis;
  readonly x: Axis;
  readonly groups: number;
  readonly into: number;
  readonly out: number;
}

const axes: readonly (readonly [Axis, Axis])[] = [
  [
    [5, 5, 3, 1, 1, 1],
    [17, 17, 3, 1, 1, 1],
  ],
  [
    [6, 3, 2, 2, 0, 1],
    [9, 5, 3, 2, 1, 1],
  ],
  [
    [9, 3, 3, 3, 1, 2],
    [8, 4, 2, 2, 1, 3],
  ],
  [
    [7, 5, 3, 1, 0, 1],
    [6, 8, 3, 1, 2, 1],
  ],
  [
    [4, 2, 1, 2, 0, 1],
    [5, 7, 2, 1, 2, 2],
  ],
];
const channels: readonly (readonly [groups: number, into: number, out: number])[] = [
  [1, 1, 3],
  [1, 3, 16],
  [1, 16, 32],
  [1, 48, 16],
  [1, 17, 35],
  [2, 8, 8],
  [3, 2, 5],
  [20, 1, 1],
];
/** Kernels of 5 and 7 taps, strides 2 and 3, dilated ones, those that reach beyond both edges, and an image of one row. */
const depthwiseAxes: readonly (readonly [Axis, Axis])[] = [
  [
    [5, 5, 5, 1, 2, 1],
    [16, 16, 5, 1, 2, 1],
  ],
  [
    [9, 5, 5, 2, 2, 1],
    [23, 12, 5, 2, 2, 1],
  ],
  [
    [4, 4, 7, 1, 3, 1],
    [13, 13, 7, 1, 3, 1],
  ],
  [
    [7, 4, 7, 2, 3, 1],
    [26, 13, 7, 2, 3, 1],
  ],
  [
    [9, 9, 3, 1, 2, 2],
    [14, 5, 3, 2, 1, 3],
  ],
  [
    [7, 3, 3, 3, 1, 1],
    [10, 3, 6, 2, 0, 1],
  ],
  [
    [1, 1, 1, 1, 0, 1],
    [60, 60, 3, 1, 2, 2],
  ],
];
const shapes = [
  ...axes.flatMap(([y, x]) => channels.map(([groups, into, out]): Shape => ({ y, x, groups, into, out }))),
  ...depthwiseAxes.flatMap(([y, x]) => [5, 16, 35].map((groups): Shape => ({ y, x, groups, into: 1, out: 1 }))),
];
const samples = 3;

const isWinograd = ({ y, x, groups, into, out }: Shape): boolean =>
  groups === 1 && into % 16 === 0 && out % 16 === 0 && [y, x].every((axis) => axis[2] === 3 && axis[3] === 1 && axis[5] === 1);

/** Visits each product x[i]·w[k] of y[o]. */
function walk({ y, x, groups, into, out }: Shape, visit: (i: number, k: number, o: number) => void): void {
  for (let n = 0; n < samples; n++)
    for (let oy = 0; oy < y[1]; oy++)
      for (let ox = 0; ox < x[1]; ox++)
        for (let tap = 0; tap < y[2] * x[2]; tap++) {
          const iy = oy * y[3] - y[4] + Math.floor(tap / x[2]) * y[5];
          const ix = ox * x[3] - x[4] + (tap % x[2]) * x[5];
          if (iy < 0 || iy >= y[0] || ix < 0 || ix >= x[0]) continue;
          const pixel = ((n * y[0] + iy) * x[0] + ix) * groups * into;
          const result = ((n * y[1] + oy) * x[1] + ox) * groups * out;
          for (let o = 0; o < groups * out; o++)
            for (let c = 0; c < into; c++)
              visit(pixel + Math.floor(o / out) * into + c, (tap * into + c) * groups * out + o, result + o);
        }
}

function expectNear(got: Elements | undefined, want: Float64Array, sizes: Float64Array, unit: number): void {
  expect(got?.length).toBe(want.length);
  want.forEach((value, i) => {
    expect(Math.abs((got?.[i] ?? NaN) - value)).toBeLessThanOrEqual(16 * unit * (sizes[i]! + 1));
  });
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it.each(shapes)('y $y, x $x, $groups groups of $into → $out', (shape) => {
    const { y, x, groups, into, out } = shape;
    const counts = {
      x: samples * y[0] * x[0] * groups * into,
      w: y[2] * x[2] * into * groups * out,
      y: samples * y[1] * x[1] * groups * out,
    };
    const given = { x: uniform(dtype, counts.x, 1), w: uniform(dtype, counts.w, 2), y: uniform(dtype, counts.y, 3) };
    const bias = uniform(dtype, groups * out, 4);
    const sums = { x: new Float64Array(counts.x), w: new Float64Array(counts.w), y: new Float64Array(counts.y) };
    const sizes = { x: new Float64Array(counts.x), w: new Float64Array(counts.w), y: new Float64Array(counts.y) };
    walk(shape, (i, k, o) => {
      const [a, b, c] = [given.x[i]!, given.w[k]!, given.y[o]!];
      sums.y[o]! += a * b;
      sums.x[i]! += c * b;
      sums.w[k]! += a * c;
      sizes.y[o]! += Math.abs(a * b);
      sizes.x[i]! += Math.abs(c * b);
      sizes.w[k]! += Math.abs(a * c);
    });
    const attributes = [samples, groups, into, out, ...y, ...x];
    const run = (kernel: string, inputs: readonly Elements[], elements: number, more: readonly number[] = []) =>
      runKernel({ kernel, inputs, outputs: [{ dtype, elements }], attributes: [...attributes, ...more] }).outputs[0];
    const unit = epsilon[dtype];
    const algorithms = isWinograd(shape) && dtype === 'float32' ? [0, 1] : [0];
    const finished = sums.y.map((value, i) => Math.max(0, value + bias[i % (groups * out)]!));
    for (const winograd of algorithms) {
      expectNear(run('conv', [given.x, given.w], counts.y, [winograd, 0, 0]), sums.y, sizes.y, unit);
      expectNear(run('conv_input_gradient', [given.y, given.w], counts.x, [winograd]), sums.x, sizes.x, unit);
      expectNear(run('conv_weight_gradient', [given.x, given.y], counts.w, [winograd]), sums.w, sizes.w, unit);
      expectNear(run('conv', [given.x, given.w, bias], counts.y, [winograd, 1, 1]), finished, sizes.y, unit);
    }
  });
});

describe('blocks that do not fit into the buffer at once', () => {
  const wide: Shape = { y: [3, 3, 3, 1, 1, 1], x: [9, 9, 3, 1, 1, 1], groups: 1, into: 12_000, out: 2 };
  const long: Shape = { y: [2, 1, 2, 1, 0, 1], x: [3000, 1001, 1000, 2, 0, 1], groups: 1, into: 30, out: 3 };
  it.each([wide, long])('y $y, x $x, $into channels', (shape) => {
    const { y, x, groups, into, out } = shape;
    const attributes = [1, groups, into, out, ...y, ...x];
    const image = new Float32Array(y[0] * x[0] * into).fill(1);
    const weights = new Float32Array(y[2] * x[2] * into * out).fill(1);
    const result = runKernel({
      kernel: 'conv',
      inputs: [image, weights],
      outputs: [{ dtype: 'float32', elements: y[1] * x[1] * out }],
      attributes: [...attributes, 0, 0, 0],
    });
    const count = (axis: Axis, o: number): number =>
      Array.from({ length: axis[2] }, (_, k) => o * axis[3] - axis[4] + k).filter((i) => i >= 0 && i < axis[0]).length;
    const rows = Array.from({ length: y[1] }, (_, o) => count(y, o));
    const columns = Array.from({ length: x[1] }, (_, o) => count(x, o));
    const want = rows.flatMap((r) => columns.flatMap((c) => new Array<number>(out).fill(r * c * into)));
    expect([...(result.outputs[0] ?? [])]).toEqual(want);
  });
});
