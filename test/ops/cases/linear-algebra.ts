import * as ops from '../../../lib/ops/index.js';
import type { Tensor } from '../../../lib/ir/tensor.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

/** x·xᵀ/m + I for x [n, m]: symmetric, eigenvalues from 1 on. */
function definite(x: Tensor): Tensor {
  const [n = 0, m = 0] = x.shape;
  return ops.add(ops.mul(ops.matmul(x, x, { transposeB: true }), 1 / m), unit(n, x));
}

function unit(n: number, like: Tensor): Tensor {
  return ops.oneHot(ops.arange(0, n, 1, { dtype: 'int32' }), n, { dtype: like.dtype });
}

function definiteOf(x: Values): Values {
  const [n = 0, m = 0] = x.shape;
  return build([n, n], ([i = 0, j = 0]) => {
    let sum = i === j ? m : 0;
    for (let k = 0; k < m; k++) sum += get(x, [i, k]) * get(x, [j, k]);
    return sum / m;
  });
}

/** L by columns, in plain numbers. */
function factor(a: Values): Values {
  const n = a.shape[0] ?? 0;
  const rows = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let rest = get(a, [i, j]);
      for (let k = 0; k < j; k++) rest -= rows[i]![k]! * rows[j]![k]!;
      rows[i]![j] = i === j ? Math.sqrt(rest) : rest / rows[j]![j]!;
    }
  }
  return { shape: [n, n], data: rows.flat() };
}

/** X with T·X = B for a triangular T: from the first row on, or from the last. */
function substitute(triangle: (i: number, k: number) => number, b: Values, backwards: boolean): Values {
  const [n = 0, columns = 1] = b.shape;
  const x = [...b.data];
  for (let step = 0; step < n; step++) {
    const i = backwards ? n - 1 - step : step;
    for (let j = 0; j < columns; j++) {
      let rest = x[i * columns + j]!;
      for (let done = 0; done < step; done++) {
        const k = backwards ? n - 1 - done : done;
        rest -= triangle(i, k) * x[k * columns + j]!;
      }
      x[i * columns + j] = rest / triangle(i, i);
    }
  }
  return { shape: b.shape, data: x };
}

function solveTriangle(lower: Values, b: Values, transpose: boolean): Values {
  return substitute((i, k) => get(lower, transpose ? [k, i] : [i, k]), b, transpose);
}

const width = 5;

const factors: OpCase = {
  op: 'cholesky',
  inputs: (n) => [{ shape: [n, width] }],
  run: ([x]) => ops.cholesky(definite(x!)),
  reference: ([x]) => factor(definiteOf(x!)),
  large: 70,
  // Up to 33 products below 4, divided by pivots from 1 on.
  tolerance: { relative: 16, absolute: 64 },
};

const systems: readonly OpCase[] = [
  { title: 'a vector', shape: (n: number) => [n] },
  { title: 'columns', shape: (n: number) => [n, 3] },
  { title: 'many columns', shape: (n: number) => [n, 70], sizes: [1, 7] },
].flatMap(({ title, shape, sizes }) =>
  [false, true].map((transpose) => ({
    op: 'triangularSolve',
    title: transpose ? `${title}, transposed` : title,
    inputs: (n: number) => [{ shape: [n, width] }, { shape: shape(n) }],
    run: ([x, b]: readonly Tensor[]) => ops.triangularSolve(ops.cholesky(definite(x!)), b!, { transpose }),
    reference: ([x, b]: readonly Values[]) => solveTriangle(factor(definiteOf(x!)), b!, transpose),
    ...(sizes ? { sizes } : {}),
    large: 70,
    tolerance: { relative: 64, absolute: 512 },
  })),
);

const solves: OpCase = {
  op: 'cholesky',
  title: 'choleskySolve',
  inputs: (n) => [{ shape: [n, width] }, { shape: [n] }],
  run: ([x, b]) => ops.choleskySolve(definite(x!), b!),
  reference: ([x, b]) => {
    const lower = factor(definiteOf(x!));
    return solveTriangle(lower, solveTriangle(lower, b!, false), true);
  },
  large: 70,
  tolerance: { relative: 64, absolute: 512 },
};

const gradients: readonly OpCase[] = [
  { title: 'a vector', shape: (n: number) => [n] },
  { title: 'columns', shape: (n: number) => [n, 3] },
].map(({ title, shape }) => ({
  op: 'conjugateGradientSolve',
  title,
  inputs: (n: number) => [{ shape: [n, width] }, { shape: shape(n) }],
  // As far as rounding goes: float32 reaches some 1e-6 of ‖b‖, float64 1e-14.
  run: ([x, b]: readonly Tensor[]) =>
    ops.conjugateGradientSolve(definite(x!), b!, { tolerance: b!.dtype === 'float64' ? 1e-14 : 1e-6 }),
  reference: ([x, b]: readonly Values[]) => {
    const lower = factor(definiteOf(x!));
    return solveTriangle(lower, solveTriangle(lower, b!, false), true);
  },
  large: 70,
  tolerance: { relative: 64, absolute: 512 },
}));

export const linearAlgebraCases: readonly OpCase[] = [factors, ...systems, solves, ...gradients];
