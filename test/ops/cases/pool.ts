import type { Tensor } from '../../../lib/ir/tensor.js';
import { applyAll } from '../../../lib/ir/apply.js';
import * as ops from '../../../lib/ops/index.js';
import { maxPoolOp, type PoolAttributes } from '../../../lib/ops/pool.js';
import { adaptiveAxes, windowAxes, type PoolAxis } from '../../../lib/ops/pool-window.js';
import { grad } from '../../../lib/runtime/index.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

/** Elements of an axis under an output's window, as [place in the window, index]. */
function tapsOf({ length, outputs, kernel, stride, pad, dilation }: PoolAxis, output: number): [number, number][] {
  const start = stride === 0 ? Math.floor((output * length) / outputs) : output * stride - pad;
  const size = stride === 0 ? Math.ceil(((output + 1) * length) / outputs) - start : kernel;
  return Array.from({ length: size }, (_, k): [number, number] => [k, start + k * dilation]).filter(
    ([, index]) => index >= 0 && index < length,
  );
}

/** What an output looks at: [place, index in the image]. */
function windowOf(windows: PoolAttributes, [sample = 0, oy = 0, ox = 0, channel = 0]: readonly number[]): [number, number[]][] {
  return tapsOf(windows.y, oy).flatMap(([ky, y]) =>
    tapsOf(windows.x, ox).map(([kx, x]): [number, number[]] => [ky * windows.x.kernel + kx, [sample, y, x, channel]]),
  );
}

const outputShape = (shape: readonly number[], { y, x }: PoolAttributes): number[] => [
  shape[0]!,
  y.outputs,
  x.outputs,
  shape[3]!,
];

function maxOf(x: Values, windows: PoolAttributes): Values {
  return build(outputShape(x.shape, windows), (index) => Math.max(...windowOf(windows, index).map(([, place]) => get(x, place))));
}

function placesOf(x: Values, windows: PoolAttributes): Values {
  return build(outputShape(x.shape, windows), (index) => {
    const window = windowOf(windows, index);
    return window.reduce((best, tap) => (get(x, tap[1]) > get(x, best[1]) ? tap : best), window[0]!)[0];
  });
}

function meanOf(x: Values, windows: PoolAttributes, countPadding: boolean): Values {
  return build(outputShape(x.shape, windows), (index) => {
    const window = windowOf(windows, index);
    const count = countPadding ? windows.y.kernel * windows.x.kernel : window.length;
    return window.reduce((sum, [, place]) => sum + get(x, place), 0) / count;
  });
}

/** Σ over the windows that hold an element of what each gives it. */
function spread(
  shape: readonly number[],
  windows: PoolAttributes,
  dy: Values,
  share: (index: number[], place: number) => number,
): Values {
  const data = new Array<number>(shape.reduce((product, length) => product * length, 1)).fill(0);
  build(dy.shape, (index) => {
    for (const [place, [sample = 0, y = 0, x = 0, channel = 0]] of windowOf(windows, index)) {
      const flat = ((sample * shape[1]! + y) * shape[2]! + x) * shape[3]! + channel;
      data[flat]! += get(dy, index) * share([...index], place);
    }
    return 0;
  });
  return { shape, data };
}

interface Geometry {
  readonly title: string;
  readonly lengths: readonly [number, number];
  readonly windows: PoolAttributes;
  readonly options: ops.MaxPoolOptions<2>;
  readonly size: number | readonly [number, number];
}

const geometry = (
  title: string,
  lengths: readonly [number, number],
  size: number | readonly [number, number],
  options: ops.MaxPoolOptions<2> = {},
): Geometry => {
  const { stride, padding, dilation } = options;
  const [y, x] = windowAxes('case', lengths, { size, stride, padding, dilation });
  return { title, lengths, windows: { y: y!, x: x! }, options, size };
};

const geometries: readonly Geometry[] = [
  geometry('2 × 2', [4, 6], 2),
  geometry('what is left over is not seen', [5, 7], 2),
  geometry('overlapping, padded', [5, 4], 3, { stride: 2, padding: 1 }),
  geometry('same', [5, 4], [3, 2], { stride: 2, padding: 'same' }),
  geometry('one row', [1, 6], [1, 3], { stride: 1 }),
];
const dilated = geometry('dilated', [7, 5], 2, { stride: [2, 1], padding: 1, dilation: [3, 2] });
/** 289 places do not fit into bytes. */
const huge = geometry('windows of more than 256', [18, 17], 17);

const image = ({ lengths }: Geometry, n: number) => ({ shape: [2, ...lengths, n] });
/** A step of differences changes no order of elements: multiples of 1/8. */
const apart = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) / 8 - 60);

const maxPools = [...geometries, dilated, huge].flatMap((g): OpCase[] => [
  {
    op: 'maxPool',
    title: g.title,
    inputs: (n) => [{ ...image(g, n), data: apart(1009) }],
    run: ([x]) => ops.maxPool2d(x!, g.size, g.options),
    reference: ([x]) => maxOf(x!, g.windows),
    sizes: g === huge ? [1, 9] : [0, 1, 7, 8, 9, 33],
    large: 700,
  },
]);

const places: readonly OpCase[] = [geometries[0]!, geometries[2]!, dilated, huge].map((g) => ({
  op: 'maxPool',
  title: `places, ${g.title}`,
  inputs: (n) => [{ ...image(g, n), data: [1, 5, 2, 5, 5, 3, 0, -1, 4, 5, 5] }],
  run: ([x]) => [...applyAll(maxPoolOp, [x!], g.windows)],
  reference: ([x]) => [maxOf(x!, g.windows), placesOf(x!, g.windows)],
  results: ['float64', g === huge ? 'int32' : 'uint8'],
  dtypes: ['float64'],
  gradient: false,
  sizes: [1, 9],
  large: 700,
}));

const slopeOf = (run: (x: Tensor) => Tensor, x: Tensor, dy: Tensor): Tensor =>
  grad((given: Tensor) => ops.sum(ops.mul(run(given), dy)))(x);

const maxGradients: readonly OpCase[] = [geometries[0]!, geometries[2]!, dilated, huge].map((g) => ({
  op: 'maxPoolGradient',
  title: g.title,
  inputs: (n) => [{ ...image(g, n), data: apart(1009) }, { shape: outputShape([2, 0, 0, n], g.windows) }],
  run: ([x, dy]) => slopeOf((given) => ops.maxPool2d(given, g.size, g.options), x!, dy!),
  reference: ([x, dy]) => {
    const at = placesOf(x!, g.windows);
    return spread(x!.shape, g.windows, dy!, (index, place) => Number(get(at, index) === place));
  },
  sizes: g === huge ? [1, 9] : [0, 1, 8, 9],
  large: 700,
  tolerance: { absolute: 8 },
}));

const maxPicks: readonly OpCase[] = [geometries[2]!, huge].map((g) => ({
  op: 'maxPoolPick',
  title: g.title,
  inputs: (n) => [{ ...image(g, n), data: apart(1009) }, { shape: outputShape([2, 0, 0, n], g.windows) }, image(g, n)],
  // ∂/∂dy of Σ dx·v
  run: ([x, dy, v]) => slopeOf((given) => slopeOf((inner) => ops.maxPool2d(inner, g.size, g.options), x!, given), dy!, v!),
  reference: ([x, dy, v]) => {
    const at = placesOf(x!, g.windows);
    return build(dy!.shape, (index) => {
      const tap = windowOf(g.windows, index).find(([place]) => place === get(at, index));
      return get(v!, tap![1]);
    });
  },
  sizes: [1, 9],
  large: 700,
}));

const averagePools = [...geometries, huge].flatMap((g) =>
  [true, false].flatMap((countIncludePad): OpCase[] => {
    const { stride, padding } = g.options;
    const options = { ...(stride && { stride }), ...(padding !== undefined && { padding }), countIncludePad };
    const title = `${g.title}${countIncludePad ? '' : ', without its padding'}`;
    return [
      {
        op: 'averagePool',
        title,
        inputs: (n) => [image(g, n)],
        run: ([x]) => ops.avgPool2d(x!, g.size, options),
        reference: ([x]) => meanOf(x!, g.windows, countIncludePad),
        sizes: g === huge ? [1, 9] : [0, 1, 7, 8, 9, 33],
        large: 700,
        tolerance: { absolute: 16 },
      },
      {
        op: 'averagePoolGradient',
        title,
        inputs: (n) => [image(g, n), { shape: outputShape([2, 0, 0, n], g.windows) }],
        run: ([x, dy]) => slopeOf((given) => ops.avgPool2d(given, g.size, options), x!, dy!),
        reference: ([x, dy]) =>
          spread(x!.shape, g.windows, dy!, (index) =>
            countIncludePad ? 1 / (g.windows.y.kernel * g.windows.x.kernel) : 1 / windowOf(g.windows, index).length,
          ),
        sizes: g === huge ? [1, 9] : [0, 1, 8, 9],
        large: 700,
        tolerance: { absolute: 16 },
      },
    ];
  }),
);

const adaptives = [
  { title: 'bins that overlap', lengths: [5, 7], outputs: [3, 4] },
  { title: 'more bins than elements', lengths: [2, 3], outputs: [5, 2] },
].flatMap(({ title, lengths, outputs }): OpCase[] => {
  const pair: readonly [number, number] = [outputs[0]!, outputs[1]!];
  const [y, x] = adaptiveAxes('case', lengths, pair);
  const windows = { y: y!, x: x! };
  const input = (n: number) => ({ shape: [2, ...lengths, n], data: apart(1009) });
  const shared = { sizes: [1, 8, 9], large: 2000, tolerance: { relative: 8, absolute: 64 } };
  return [
    {
      ...shared,
      op: 'averagePool',
      title,
      inputs: (n) => [input(n)],
      run: ([given]) => ops.adaptiveAvgPool2d(given!, pair),
      reference: ([given]) => meanOf(given!, windows, false),
    },
    {
      ...shared,
      op: 'maxPool',
      title,
      inputs: (n) => [input(n)],
      run: ([given]) => ops.adaptiveMaxPool2d(given!, pair),
      reference: ([given]) => maxOf(given!, windows),
    },
  ];
});

export const poolCases: readonly OpCase[] = [...maxPools, ...places, ...maxGradients, ...maxPicks, ...averagePools, ...adaptives];
