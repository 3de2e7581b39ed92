import type { DType } from '../../../lib/dtype.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { build, get, map, type Values } from '../values.js';

const all: readonly DType[] = ['float32', 'float64', 'int32', 'uint8'];
const positive = { low: 0, high: 5 };

const withShape = (x: Values, shape: readonly number[]): Values => ({ shape, data: x.data });

function sliceOf(x: Values, starts: readonly number[], sizes: readonly number[], steps: readonly number[]): Values {
  return build(sizes, (index) =>
    get(
      x,
      index.map((i, axis) => starts[axis]! + i * steps[axis]!),
    ),
  );
}

function concatOf(parts: readonly Values[], axis: number): Values {
  const lengths = parts.map((part) => part.shape[axis] ?? 0);
  const shape = parts[0]!.shape.with(
    axis,
    lengths.reduce((a, b) => a + b, 0),
  );
  return build(shape, (index) => {
    let place = index[axis]!;
    let i = 0;
    while (place >= lengths[i]!) place -= lengths[i++]!;
    return get(parts[i]!, index.with(axis, place));
  });
}

const views: readonly OpCase[] = [
  {
    op: 'reshape',
    inputs: (n) => [{ shape: [n, 6], ...positive }],
    run: ([x]) => ops.reshape(x!, [2, -1, 3]),
    reference: ([x], { n }) => withShape(x!, [2, n, 3]),
    dtypes: all,
    sizes: [1, 7, 8, 33],
  },
  {
    op: 'reshape',
    title: 'of nothing',
    inputs: () => [{ shape: [0, 6] }],
    run: ([x]) => ops.reshape(x!, [3, 0]),
    reference: ([x]) => withShape(x!, [3, 0]),
    sizes: [0],
    large: 0,
  },
  {
    op: 'reshape',
    title: 'flatten',
    inputs: (n) => [{ shape: [n, 2, 3], ...positive }],
    run: ([x]) => ops.flatten(x!, 1),
    reference: ([x], { n }) => withShape(x!, [n, 6]),
    dtypes: all,
  },
  {
    op: 'reshape',
    title: 'expandDims',
    inputs: (n) => [{ shape: [n, 2], ...positive }],
    run: ([x]) => ops.expandDims(x!, -1),
    reference: ([x], { n }) => withShape(x!, [n, 2, 1]),
    dtypes: all,
  },
  {
    op: 'reshape',
    title: 'squeeze',
    inputs: (n) => [{ shape: [1, n, 1, 2], ...positive }],
    run: ([x]) => ops.squeeze(x!, [0, -2]),
    reference: ([x], { n }) => withShape(x!, [n, 2]),
    dtypes: all,
  },
  {
    op: 'identity',
    inputs: (n) => [{ shape: [n], ...positive }],
    run: ([x]) => ops.identity(x!),
    reference: ([x]) => x!,
    dtypes: all,
  },
  {
    op: 'stopGradient',
    inputs: (n) => [{ shape: [n], ...positive }],
    run: ([x]) => ops.stopGradient(x!),
    reference: ([x]) => x!,
    dtypes: all,
    gradient: false,
  },
];

const strided: readonly OpCase[] = [
  {
    op: 'broadcastTo',
    inputs: (n) => [{ shape: [n, 1], ...positive }],
    run: ([x], { n }) => ops.broadcastTo(x!, [2, n, 5]),
    reference: ([x], { n }) => build([2, n, 5], ([, i = 0]) => get(x!, [i, 0])),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'broadcastTo',
    title: 'a row',
    inputs: (n) => [{ shape: [n], ...positive }],
    run: ([x], { n }) => ops.broadcastTo(x!, [3, n]),
    reference: ([x], { n }) => build([3, n], ([, i = 0]) => get(x!, [i])),
    dtypes: all,
  },
  {
    op: 'broadcastTo',
    title: 'a scalar',
    inputs: () => [{ shape: [], ...positive }],
    run: ([x], { n }) => ops.broadcastTo(x!, [n]),
    reference: ([x], { n }) => build([n], () => get(x!, [])),
    dtypes: all,
  },
  {
    op: 'transpose',
    inputs: (n) => [{ shape: [n, 7], ...positive }],
    run: ([x]) => ops.transpose(x!),
    reference: ([x], { n }) => build([7, n], ([i = 0, j = 0]) => get(x!, [j, i])),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'transpose',
    title: 'square',
    inputs: (n) => [{ shape: [n, n], ...positive }],
    run: ([x]) => ops.transpose(x!),
    reference: ([x], { n }) => build([n, n], ([i = 0, j = 0]) => get(x!, [j, i])),
    dtypes: all,
    large: 300,
  },
  {
    op: 'transpose',
    title: 'three axes',
    inputs: (n) => [{ shape: [2, n, 3], ...positive }],
    run: ([x]) => ops.transpose(x!, [2, 0, 1]),
    reference: ([x], { n }) => build([3, 2, n], ([i = 0, j = 0, k = 0]) => get(x!, [j, k, i])),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'transpose',
    title: 'the outer axes',
    inputs: (n) => [{ shape: [2, n, 3], ...positive }],
    run: ([x]) => ops.moveAxis(x!, 0, 1),
    reference: ([x], { n }) => build([n, 2, 3], ([i = 0, j = 0, k = 0]) => get(x!, [j, i, k])),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'slice',
    inputs: (n) => [{ shape: [n, 6], ...positive }],
    run: ([x]) => ops.slice(x!, [0, 1], [-1, 5]),
    reference: ([x], { n }) => sliceOf(x!, [0, 1], [Math.max(0, n - 1), 4], [1, 1]),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'slice',
    title: 'with steps',
    inputs: (n) => [{ shape: [n, 7], ...positive }],
    run: ([x]) => ops.slice(x!, [1, 1], [1e6, 7], [3, 2]),
    reference: ([x], { n }) => sliceOf(x!, [1, 1], [Math.max(0, Math.ceil((n - 1) / 3)), 3], [3, 2]),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'slice',
    title: 'with steps that reach the last element',
    inputs: (n) => [{ shape: [n, 5], ...positive }],
    run: ([x]) => ops.slice(x!, [0, 0], undefined, [3, 2]),
    reference: ([x], { n }) => sliceOf(x!, [0, 0], [Math.ceil(n / 3), 3], [3, 2]),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'slice',
    title: 'flip',
    inputs: (n) => [{ shape: [2, n], ...positive }],
    run: ([x]) => ops.flip(x!, 1),
    reference: ([x], { n }) => sliceOf(x!, [0, n - 1], [2, n], [1, -1]),
    dtypes: all,
  },
  {
    op: 'slice',
    title: 'flip of all axes',
    inputs: (n) => [{ shape: [3, n], ...positive }],
    run: ([x]) => ops.flip(x!),
    reference: ([x], { n }) => sliceOf(x!, [2, n - 1], [3, n], [-1, -1]),
    dtypes: all,
  },
  {
    op: 'slice',
    title: 'split',
    inputs: (n) => [{ shape: [n, 6], ...positive }],
    run: ([x]) => ops.split(x!, [1, 3, 2], 1),
    reference: ([x], { n }) =>
      [
        [0, 1],
        [1, 3],
        [4, 2],
      ].map(([start = 0, size = 0]) => sliceOf(x!, [0, start], [n, size], [1, 1])),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'slice',
    title: 'split evenly',
    inputs: (n) => [{ shape: [4, n], ...positive }],
    run: ([x]) => ops.split(x!, 2),
    reference: ([x], { n }) => [0, 2].map((start) => sliceOf(x!, [start, 0], [2, n], [1, 1])),
    dtypes: all,
    large: 9000,
  },
];

const joined: readonly OpCase[] = [
  {
    op: 'concat',
    inputs: (n) => [
      { shape: [n, 2], ...positive },
      { shape: [3, 2], ...positive },
    ],
    run: ([a, b]) => ops.concat([a!, b!]),
    reference: ([a, b]) => concatOf([a!, b!], 0),
    dtypes: all,
    large: 30_000,
  },
  {
    op: 'concat',
    title: 'the last axis',
    inputs: (n) => [
      { shape: [n, 2], ...positive },
      { shape: [n, 0], ...positive },
      { shape: [n, 3], ...positive },
    ],
    run: (parts) => ops.concat(parts, -1),
    reference: (parts) => concatOf(parts, 1),
    dtypes: all,
    large: 9000,
  },
  {
    op: 'concat',
    title: 'of 40',
    inputs: (n) => Array.from({ length: 40 }, () => ({ shape: [n], ...positive })),
    run: (parts) => ops.concat(parts),
    reference: (parts) => concatOf(parts, 0),
    dtypes: all,
    sizes: [0, 1, 7, 33],
    large: 2000,
  },
  {
    op: 'concat',
    title: 'stack',
    inputs: (n) => [
      { shape: [n], ...positive },
      { shape: [n], ...positive },
    ],
    run: ([a, b]) => ops.stack([a!, b!], 1),
    reference: ([a, b], { n }) => build([n, 2], ([i = 0, j = 0]) => get(j === 0 ? a! : b!, [i])),
    dtypes: all,
  },
  {
    op: 'pad',
    inputs: (n) => [{ shape: [n], ...positive }],
    run: ([x]) => ops.pad(x!, [[2, 3]], 4),
    reference: ([x], { n }) => build([n + 5], ([i = 0]) => (i >= 2 && i < n + 2 ? get(x!, [i - 2]) : 4)),
    dtypes: all,
  },
  {
    op: 'pad',
    title: 'two axes',
    inputs: (n) => [{ shape: [3, n], ...positive }],
    run: ([x]) =>
      ops.pad(x!, [
        [1, 0],
        [0, 2],
      ]),
    reference: ([x], { n }) => build([4, n + 2], ([i = 0, j = 0]) => (i >= 1 && j < n ? get(x!, [i - 1, j]) : 0)),
    dtypes: all,
    large: 9000,
  },
];

const castCases: readonly OpCase[] = all.flatMap((to) => [
  {
    op: to === 'float32' ? 'identity' : 'cast',
    title: `to ${to}`,
    inputs: (n: number) => [{ shape: [n], low: 0, high: 100 }],
    run: ([x]) => ops.cast(x!, to),
    reference: ([x]) => (to === 'int32' || to === 'uint8' ? map(Math.trunc, x!) : x!),
    dtypes: ['float32'],
    results: [to],
    gradient: false,
  } satisfies OpCase,
  {
    op: to === 'int32' ? 'identity' : 'cast',
    title: `int32 to ${to}`,
    inputs: (n: number) => [{ shape: [n], low: 0, high: 200 }],
    run: ([x]) => ops.cast(x!, to),
    reference: ([x]) => x!,
    dtypes: ['int32'],
    results: [to],
    gradient: false,
  } satisfies OpCase,
  {
    op: to === 'uint8' ? 'identity' : 'cast',
    title: `uint8 to ${to}`,
    inputs: (n: number) => [{ shape: [n], low: 0, high: 256 }],
    run: ([x]) => ops.cast(x!, to),
    reference: ([x]) => x!,
    dtypes: ['uint8'],
    results: [to],
    gradient: false,
  } satisfies OpCase,
]);

const castOfDoubles: OpCase = {
  op: 'cast',
  title: 'a double through its square',
  inputs: (n) => [{ shape: [n] }],
  run: ([x]) => ops.cast(ops.square(ops.cast(x!, 'float64')), 'float64'),
  reference: ([x]) => map((v) => v * v, x!),
  dtypes: ['float32'],
  results: ['float64'],
  gradient: false,
};

const constants: readonly OpCase[] = [
  {
    op: 'constant',
    title: 'full',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.full([n, 2], 7, { dtype }),
    reference: (_, { n }) => build([n, 2], () => 7),
    dtypes: all,
  },
  {
    op: 'constant',
    title: 'zeros',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.zeros([n], { dtype }),
    reference: (_, { n }) => build([n], () => 0),
    dtypes: all,
  },
  {
    op: 'constant',
    title: 'onesLike',
    inputs: (n) => [{ shape: [n], ...positive }],
    run: ([x]) => ops.onesLike(x!),
    reference: ([x]) => map(() => 1, x!),
    dtypes: all,
  },
  {
    op: 'constant',
    title: '-Infinity',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.full([n], -Infinity, { dtype }),
    reference: (_, { n }) => build([n], () => -Infinity),
    gradient: false,
  },
  {
    op: 'iota',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.arange(0, n, 1, { dtype }),
    reference: (_, { n }) => build([n], ([i = 0]) => i),
    dtypes: ['float32', 'float64', 'int32'],
  },
  {
    op: 'iota',
    title: 'downwards',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.arange(5, 5 - 3 * n, -3, { dtype }),
    reference: (_, { n }) => build([n], ([i = 0]) => 5 - 3 * i),
    dtypes: ['float32', 'float64', 'int32'],
  },
];

export const movementCases: readonly OpCase[] = [...views, ...strided, ...joined, ...castCases, castOfDoubles, ...constants];
