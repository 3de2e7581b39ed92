import type { DType } from '../../../lib/dtype.js';
import type { Tensor } from '../../../lib/ir/tensor.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { build, get, reduce, type Tolerance, type Values } from '../values.js';

const numeric: readonly DType[] = ['float32', 'float64', 'int32'];

const add = (a: number, b: number): number => a + b;
const sumOf = (xs: readonly number[]): number => xs.reduce(add, 0);
const meanOf = (xs: readonly number[]): number => sumOf(xs) / xs.length;

interface Reduction {
  readonly op: string;
  /** Name of the function, where it is made of other ops. */
  readonly name?: string;
  readonly run: (x: Tensor, options: ops.ReduceOptions) => Tensor;
  readonly f: (xs: readonly number[]) => number;
  readonly integer?: boolean;
  readonly ofNothing?: boolean;
  readonly range?: readonly [number, number];
  readonly tolerance?: Tolerance;
}

/** Sums of up to 200 numbers below 2, added in a tree: a few roundings of partial sums that stay below 64. */
const summed: Tolerance = { relative: 4, absolute: 64 };

const reductions: readonly Reduction[] = [
  { op: 'sum', run: ops.sum, f: sumOf, integer: true, ofNothing: true, tolerance: summed },
  { op: 'sum', name: 'mean', run: ops.mean, f: meanOf, ofNothing: true, tolerance: { relative: 4, absolute: 8 } },
  { op: 'max', run: ops.max, f: (xs) => Math.max(...xs), integer: true },
  { op: 'min', run: ops.min, f: (xs) => Math.min(...xs), integer: true },
  {
    op: 'prod',
    run: ops.prod,
    f: (xs) => xs.reduce((a, b) => a * b, 1),
    ofNothing: true,
    range: [0.8, 1.25],
    tolerance: { relative: 40 },
  },
  {
    op: 'sum',
    name: 'logsumexp',
    run: ops.logsumexp,
    f: (xs) => Math.log(sumOf(xs.map(Math.exp))),
    tolerance: { relative: 8, absolute: 8 },
  },
  {
    op: 'sum',
    name: 'variance',
    run: ops.variance,
    f: (xs) => meanOf(xs.map((x) => (x - meanOf(xs)) ** 2)),
    ofNothing: true,
    tolerance: { relative: 16, absolute: 8 },
  },
];

interface Layout {
  readonly title: string;
  readonly shape: (n: number) => readonly number[];
  readonly options: ops.ReduceOptions;
  readonly axes: readonly number[];
  readonly large: number;
}

const layouts: readonly Layout[] = [
  { title: 'all', shape: (n) => [n], options: {}, axes: [0], large: 100_000 },
  { title: 'rows', shape: (n) => [3, n], options: { axis: -1 }, axes: [1], large: 30_000 },
  { title: 'columns', shape: (n) => [n, 5], options: { axis: 0, keepDims: true }, axes: [0], large: 30_000 },
  { title: 'the middle', shape: (n) => [2, n, 3], options: { axis: [1] }, axes: [1], large: 30_000 },
  { title: 'many columns', shape: (n) => [3, n], options: { axis: 0 }, axes: [0], large: 60_000 },
  { title: 'axes apart', shape: (n) => [2, n, 3], options: { axis: [0, 2] }, axes: [0, 2], large: 30_000 },
  { title: 'axes apart, kept', shape: (n) => [3, n, 2], options: { axis: [2, 0], keepDims: true }, axes: [0, 2], large: 30_000 },
];

function reductionCase(reduction: Reduction, layout: Layout): OpCase {
  const { op, name = op, run, f, integer = false, ofNothing = false, range: [low, high] = [-2, 2], tolerance = {} } = reduction;
  return {
    op,
    title: `${name} of ${layout.title}`,
    inputs: (n) => [{ shape: layout.shape(n), low, high }],
    run: ([x]) => run(x!, layout.options),
    reference: ([x]) => reduce(x!, layout.axes, layout.options.keepDims ?? false, f),
    dtypes: integer ? numeric : ['float32', 'float64'],
    sizes: ofNothing ? [0, 1, 7, 8, 9, 31, 32, 33] : [1, 7, 8, 9, 31, 32, 33],
    large: layout.large,
    tolerance,
  };
}

const place = (better: (a: number, b: number) => boolean) => (xs: readonly number[]) =>
  xs.reduce((best, x, i) => (better(x, xs[best] ?? 0) ? i : best), 0);

const argCases: readonly OpCase[] = [
  { op: 'argmax', run: ops.argmax, f: place((a, b) => a > b) },
  { op: 'argmin', run: ops.argmin, f: place((a, b) => a < b) },
].flatMap(({ op, run, f }) =>
  [
    { title: 'rows', shape: (n: number) => [3, n], axis: 1, keepDims: false },
    { title: 'columns', shape: (n: number) => [n, 5], axis: 0, keepDims: true },
    { title: 'ties', shape: (n: number) => [n, 4], axis: 0, keepDims: false, data: [1, 2, 2, 0, 1, 1, 2] },
  ].map(({ title, shape, axis, keepDims, data }): OpCase => ({
    op,
    title,
    inputs: (n) => [{ shape: shape(n), ...(data ? { data } : {}) }],
    run: ([x]) => run(x!, { axis, keepDims }),
    reference: ([x]) => reduce(x!, [axis], keepDims, f),
    dtypes: numeric,
    results: ['int32'],
    sizes: [1, 7, 8, 9, 31, 32, 33],
    large: 30_000,
  })),
);

/** Several zeros in a product: the gradient is that of the product of the others. */
const productsWithZeros: readonly OpCase[] = [
  [0, 2, 3],
  [0, 0, 1.5],
  [1.5, 0, 2, 0, 0.5],
].map((data) => ({
  op: 'prod',
  title: `with ${data.filter((x) => x === 0).length} zeros of ${data.length}`,
  inputs: () => [{ shape: [2, data.length], data }],
  run: ([x]: readonly Tensor[]) => ops.prod(x!, { axis: 1 }),
  reference: ([x]: readonly Values[]) => reduce(x!, [1], false, (xs) => xs.reduce((a, b) => a * b, 1)),
  sizes: [1],
}));

const varianceOfSample: OpCase = {
  op: 'sum',
  title: 'variance with correction 1',
  inputs: (n) => [{ shape: [n, 3] }],
  run: ([x]) => ops.variance(x!, { axis: 0, correction: 1 }),
  reference: ([x]) =>
    reduce(x!, [0], false, (xs) => (xs.length < 2 ? NaN : sumOf(xs.map((v) => (v - meanOf(xs)) ** 2)) / (xs.length - 1))),
  sizes: [7, 8, 33],
  tolerance: { relative: 16, absolute: 8 },
};

const cumsumCases: readonly OpCase[] = [
  { axis: 0, reverse: false, exclusive: false },
  { axis: 1, reverse: true, exclusive: false },
  { axis: 1, reverse: false, exclusive: true },
  { axis: 0, reverse: true, exclusive: true },
].map(({ axis, reverse, exclusive }) => ({
  op: 'cumsum',
  title: `axis ${axis}${reverse ? ', from the end' : ''}${exclusive ? ', without itself' : ''}`,
  inputs: (n: number) => [{ shape: [n, 4, 3] }],
  run: ([x]: readonly Tensor[]) => ops.cumsum(x!, axis, { reverse, exclusive }),
  reference: ([x]: readonly Values[]) =>
    build(x!.shape, (index) => {
      let total = 0;
      for (let i = 0; i < (x!.shape[axis] ?? 0); i++) {
        const before = reverse ? i > index[axis]! : i < index[axis]!;
        if (before || (!exclusive && i === index[axis])) total += get(x!, index.with(axis, i));
      }
      return total;
    }),
  dtypes: numeric,
  large: 300,
  tolerance: { relative: 4, absolute: 64 },
}));

/** What is made of other reductions needs to meet only some layouts. */
function layoutsOf({ name }: Reduction): readonly Layout[] {
  return name === undefined ? layouts : layouts.filter(({ title }) => ['all', 'columns', 'axes apart, kept'].includes(title));
}

export const reduceCases: readonly OpCase[] = [
  ...reductions.flatMap((reduction) => layoutsOf(reduction).map((layout) => reductionCase(reduction, layout))),
  ...argCases,
  ...productsWithZeros,
  varianceOfSample,
  ...cumsumCases,
];
