import type { DType } from '../../../lib/dtype.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

const all: readonly DType[] = ['float32', 'float64', 'int32', 'uint8'];
const numeric: readonly DType[] = ['float32', 'float64', 'int32'];
const rows = 11;
const positive = { low: 0, high: 100 };

/** Rows of x along an axis, by number. */
function gathered(x: Values, indices: Values, axis: number): Values {
  const rank = indices.shape.length;
  return build(x.shape.toSpliced(axis, 1, ...indices.shape), (index) =>
    get(x, index.toSpliced(axis, rank, get(indices, index.slice(axis, axis + rank)))),
  );
}

/** Rows of the updates added up where the indices say. */
function scattered(updates: Values, indices: Values, axis: number, count: number): Values {
  const rank = indices.shape.length;
  const shape = updates.shape.toSpliced(axis, rank, count);
  return build(shape, (index) => {
    let total = 0;
    indices.data.forEach((row, i) => {
      const place = indices.shape.length === 2 ? [Math.floor(i / indices.shape[1]!), i % indices.shape[1]!] : [i];
      if (row === index[axis]) total += get(updates, index.toSpliced(axis, 1, ...place));
    });
    return total;
  });
}

const indicesOf = (shape: readonly number[]) => ({ shape, dtype: 'int32' as const, low: 0, high: rows });

const gathers: readonly OpCase[] = [
  { title: 'rows', x: () => [rows, 5], indices: (n: number) => [n], axis: 0 },
  { title: 'columns', x: (n: number) => [n, rows], indices: () => [7], axis: 1 },
  { title: 'the middle, by a matrix of indices', x: (n: number) => [2, rows, n], indices: () => [3, 2], axis: 1 },
  { title: 'numbers', x: () => [rows], indices: (n: number) => [n], axis: 0 },
  { title: 'one row', x: (n: number) => [rows, n], indices: () => [], axis: 0 },
].flatMap(({ title, x, indices, axis }): OpCase[] => [
  {
    op: 'gather',
    title,
    inputs: (n) => [{ shape: x(n), ...positive }, indicesOf(indices(n))],
    run: ([table, index]) => ops.gather(table!, index!, axis),
    reference: ([table, index]) => gathered(table!, index!, axis),
    dtypes: all,
    large: 5000,
  },
]);

const images: OpCase = {
  op: 'gather',
  title: 'bytes to floats, scaled and shifted',
  inputs: (n) => [{ shape: [rows, n], dtype: 'uint8', low: 0, high: 256 }, indicesOf([4])],
  run: ([table, index], { dtype }) => ops.gather(table!, index!, 0, { dtype, scale: 1 / 256, shift: -0.5 }),
  reference: ([table, index]) => {
    const { shape, data } = gathered(table!, index!, 0);
    return { shape, data: data.map((value) => value / 256 - 0.5) };
  },
  large: 20_000,
};

const scaledFloats: OpCase = {
  op: 'gather',
  title: 'floats, scaled',
  inputs: (n) => [{ shape: [rows, 3] }, indicesOf([n])],
  run: ([table, index]) => ops.gather(table!, index!, 0, { scale: 2 }),
  reference: ([table, index]) => {
    const { shape, data } = gathered(table!, index!, 0);
    return { shape, data: data.map((value) => value * 2) };
  },
  large: 20_000,
};

const scatters: readonly OpCase[] = [
  { title: 'rows', updates: (n: number) => [n, 5], indices: (n: number) => [n], axis: 0 },
  { title: 'columns', updates: (n: number) => [n, 7], indices: () => [7], axis: 1 },
  { title: 'the middle, by a matrix of indices', updates: (n: number) => [2, 3, 2, n], indices: () => [3, 2], axis: 1 },
].map(({ title, updates, indices, axis }) => ({
  op: 'scatterAdd',
  title,
  inputs: (n) => [{ shape: updates(n) }, indicesOf(indices(n))],
  run: ([values, index]) => ops.scatterAdd(values!, index!, rows, axis),
  reference: ([values, index]) => scattered(values!, index!, axis, rows),
  dtypes: numeric,
  large: 5000,
  // Up to 33 numbers below 2 in one row.
  tolerance: { relative: 4, absolute: 32 },
}));

const oneHots: readonly OpCase[] = [[(n: number) => [n]], [(n: number) => [2, n]]].map(([shape]) => ({
  op: 'oneHot',
  title: `${shape!(1).length} axes`,
  inputs: (n) => [indicesOf(shape!(n))],
  run: ([labels], { dtype }) => ops.oneHot(labels!, rows, { dtype }),
  reference: ([labels]) => build([...labels!.shape, rows], (index) => Number(get(labels!, index.slice(0, -1)) === index.at(-1))),
  dtypes: all,
  large: 5000,
}));

export const indexingCases: readonly OpCase[] = [...gathers, images, scaledFloats, ...scatters, ...oneHots];
