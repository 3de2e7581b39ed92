import { expect, it } from 'vitest';
import { choleskySolve, conjugateGradientSolve, grad, jit, tensor, zeros, type Tensor } from '../../lib/index.js';

const float64 = { dtype: 'float64' } as const;
const matrix = (rows: number[][]) => tensor(rows, float64);
const vector = (values: number[]) => tensor(values, float64);

function expectClose(got: Tensor, expected: ArrayLike<number>): void {
  got.data().forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
}

it('is exact after as many steps as there are different eigenvalues', () => {
  const a = matrix([
    [2, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 8, 0],
    [0, 0, 0, 8],
  ]);
  const solved = conjugateGradientSolve(a, vector([2, 4, 8, 16]), { maxIterations: 2, tolerance: 1e-15 });
  expectClose(solved, [1, 2, 1, 2]);
  expect(() => conjugateGradientSolve(a, vector([2, 4, 8, 16]), { maxIterations: 1 })).toThrow(
    /^\[conjugateGradientSolve\] expected to converge, got the relative residual 0\.\d+ for column 0/,
  );
});

it('takes the symmetric part, as Cholesky does', () => {
  const [a, b] = [matrix([[4, 3], [1, 5]]), vector([8, 9])]; // prettier-ignore
  expectClose(conjugateGradientSolve(a, b), choleskySolve(a, b).data());
});

it('has the gradients of the factorised solution', async () => {
  const system = {
    a: matrix([[4, 1, 0], [1, 5, 2], [0, 2, 6]]), // prettier-ignore
    b: matrix([[1, 2], [3, 4], [5, 7]]), // prettier-ignore
  };
  const cubes = (solve: typeof choleskySolve) =>
    jit(
      grad(({ a, b }: typeof system) => {
        const x = solve(a, b);
        return x.mul(x).mul(x).sum();
      }),
    );
  const expected = await cubes(choleskySolve)(system);
  const got = await cubes((a, b) => conjugateGradientSolve(a, b, { tolerance: 1e-14 }))(system);
  expectClose(got.a, expected.a.data());
  expectClose(got.b, expected.b.data());
});

it('neither overflows nor underflows where its squares would', () => {
  const a = matrix([[2, 1], [1, 3]]); // prettier-ignore
  for (const scale of [1e-300, 1e300]) {
    const x = conjugateGradientSolve(a, vector([3 * scale, 4 * scale]));
    expectClose(x.div(scale), [1, 1]);
  }
  expect(conjugateGradientSolve(a, zeros([2], float64)).toArray()).toEqual([0, 0]);
});

it('names the column of what cannot be solved', async () => {
  const indefinite = matrix([[1, 2], [2, 1]]); // prettier-ignore
  const b = matrix([[0, 1], [0, -1]]); // prettier-ignore
  const message = '[conjugateGradientSolve] expected a positive definite matrix, got the curvature -2 for column 1';
  expect(() => conjugateGradientSolve(indefinite, b)).toThrow(message);
  await expect(jit((s: typeof b, t: typeof b) => conjugateGradientSolve(s, t))(indefinite, b)).rejects.toThrow(message);
  expect(() => conjugateGradientSolve(matrix([[NaN]]), vector([1]))).toThrow('got the curvature NaN for column 0');
  expect(() => conjugateGradientSolve(matrix([[1]]), vector([Infinity]))).toThrow(
    'got the relative residual Infinity for column 0',
  );
  expect(() => conjugateGradientSolve(matrix([[1]]), vector([NaN]))).toThrow('got the relative residual NaN for column 0');
});

it('says where rounding ends it', () => {
  const n = 12; // the Hilbert matrix: condition 1.7e16
  const hilbert = matrix(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))));
  const b = vector(Array.from({ length: n }, (_, i) => (i % 2 ? -1 : 1)));
  expect(() => conjugateGradientSolve(hilbert, b, { tolerance: 1e-15, maxIterations: 10_000 })).toThrow('expected to converge');
});

it('answers wrong arguments', () => {
  const [a, b] = [matrix([[1]]), vector([1])];
  expect(() => conjugateGradientSolve(zeros([2, 3]), zeros([2]))).toThrow('expected a to be a square matrix, got float32[2,3]');
  expect(() => conjugateGradientSolve(a, zeros([1]))).toThrow('expected equal dtypes');
  expect(() => conjugateGradientSolve(a, vector([1, 2]))).toThrow('expected b to have a row for each row of the matrix');
  expect(() => conjugateGradientSolve(a, b, { tolerance: -1 })).toThrow('expected tolerance to be');
  expect(() => conjugateGradientSolve(a, b, { maxIterations: 1.5 })).toThrow('expected maxIterations to be');
  expect(() => conjugateGradientSolve(a, b, { maxiterations: 1 } as object)).toThrow("did you mean 'maxIterations'?");
});
