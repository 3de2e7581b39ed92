import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

/** a [..., m, k] · b [..., k, n] by three loops; batches broadcast. */
function product(a: Values, b: Values, transposeA: boolean, transposeB: boolean): Values {
  const turned = (x: Values): Values => {
    const [rows = 0, columns = 0] = x.shape.slice(-2);
    return build([...x.shape.slice(0, -2), columns, rows], (index) =>
      get(x, [...index.slice(0, -2), index.at(-1)!, index.at(-2)!]),
    );
  };
  const [left, right] = [transposeA ? turned(a) : a, transposeB ? turned(b) : b];
  const [m = 0, k = 0] = left.shape.slice(-2);
  const n = right.shape.at(-1) ?? 0;
  const [batchA, batchB] = [left.shape.slice(0, -2), right.shape.slice(0, -2)];
  const rank = Math.max(batchA.length, batchB.length);
  const batch = Array.from({ length: rank }, (_, i) => {
    const [x = 1, y = 1] = [batchA.at(i - rank), batchB.at(i - rank)];
    return i < rank - batchA.length ? y : i < rank - batchB.length ? x : x === 1 ? y : x;
  });
  return build([...batch, m, n], (index) => {
    const [outer, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    let sum = 0;
    for (let p = 0; p < k; p++)
      sum += get(left, [...outer.slice(rank - batchA.length), i, p]) * get(right, [...outer.slice(rank - batchB.length), p, j]);
    return sum;
  });
}

interface Layout {
  readonly title: string;
  readonly a: (n: number) => readonly number[];
  readonly b: (n: number) => readonly number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly sizes?: readonly number[];
  readonly large?: number;
}

const layouts: readonly Layout[] = [
  { title: 'square', a: (n) => [n, n], b: (n) => [n, n] },
  { title: 'a transposed', a: (n) => [n, 5], b: (n) => [n, 9], transposeA: true },
  { title: 'b transposed', a: (n) => [5, n], b: (n) => [9, n], transposeB: true },
  { title: 'both transposed', a: (n) => [n, 6], b: (n) => [3, n], transposeA: true, transposeB: true },
  { title: 'narrow', a: (n) => [n, 3], b: () => [3, 2] },
  { title: 'a batch', a: (n) => [2, n, 3], b: (n) => [2, 3, n] },
  { title: 'a batch, a transposed', a: (n) => [2, 3, n], b: (n) => [2, 3, n], transposeA: true },
  { title: 'a batch by one matrix', a: (n) => [2, 3, n, 4], b: () => [4, 5] },
  { title: 'a batch by one matrix, a transposed', a: (n) => [2, 4, n], b: () => [4, 5], transposeA: true },
  { title: 'one matrix by a batch', a: (n) => [n, 4], b: (n) => [3, 4, n] },
  { title: 'batches broadcast', a: (n) => [2, 1, n, 3], b: () => [4, 3, 2], sizes: [1, 7, 9] },
];

const matrices: readonly OpCase[] = layouts.map(
  ({ title, a, b, transposeA = false, transposeB = false, sizes = [0, 1, 7, 8, 9, 17, 33], large = 70 }) => ({
    op: 'matmul',
    title,
    inputs: (n) => [{ shape: a(n) }, { shape: b(n) }],
    run: ([x, y]) => ops.matmul(x!, y!, { transposeA, transposeB }),
    reference: ([x, y]) => product(x!, y!, transposeA, transposeB),
    sizes,
    large,
    // Up to 70 products below 4.
    tolerance: { relative: 4, absolute: 64 },
  }),
);

const vectors: readonly OpCase[] = [
  {
    title: 'vector by vector',
    a: (n: number) => [n],
    b: (n: number) => [n],
    asMatrices: (n: number) => [
      [1, n],
      [n, 1],
    ],
    result: () => [],
  },
  {
    title: 'vector by matrix',
    a: (n: number) => [n],
    b: (n: number) => [n, 3],
    asMatrices: (n: number) => [
      [1, n],
      [n, 3],
    ],
    result: () => [3],
  },
  {
    title: 'matrix by vector',
    a: (n: number) => [4, n],
    b: (n: number) => [n],
    asMatrices: (n: number) => [
      [4, n],
      [n, 1],
    ],
    result: () => [4],
  },
  {
    title: 'batch by vector',
    a: (n: number) => [2, n, 3],
    b: () => [3],
    asMatrices: (n: number) => [
      [2, n, 3],
      [3, 1],
    ],
    result: (n: number) => [2, n],
  },
].map(({ title, a, b, asMatrices, result }) => ({
  op: 'matmul',
  title,
  inputs: (n: number) => [{ shape: a(n) }, { shape: b(n) }],
  run: ([x, y]) => ops.matmul(x!, y!),
  reference: ([x, y], { n }) => {
    const [left = [], right = []] = asMatrices(n);
    return { shape: result(n), data: product({ ...x!, shape: left }, { ...y!, shape: right }, false, false).data };
  },
  large: 5000,
  sizes: [0, 1, 7, 8, 9, 33],
  tolerance: { relative: 4, absolute: 64 },
}));

export const matmulCases: readonly OpCase[] = [...matrices, ...vectors];
