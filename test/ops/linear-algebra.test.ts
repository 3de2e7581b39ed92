import { expect, it } from 'vitest';
import { choleskySolve, jit, matmul, ones, tensor, triangularSolve, zeros } from '../../lib/index.js';
import { linearAlgebraCases } from './cases/linear-algebra.js';
import { testOp } from './harness.js';

linearAlgebraCases.forEach(testOp);

const float64 = { dtype: 'float64' } as const;

it('refuses what is not positive definite, and names the row', async () => {
  const indefinite = tensor(
    [
      [1, 2, 0],
      [2, 1, 0],
      [0, 0, 1],
    ],
    float64,
  );
  const b = tensor([1, 2, 3], float64);
  const message = '[cholesky] expected a positive definite matrix, got the pivot -3 in row 1';
  expect(() => choleskySolve(indefinite, b)).toThrow(message);
  await expect(jit(choleskySolve)(indefinite, b)).rejects.toThrow(message);
  expect(() => choleskySolve(zeros([2, 2], float64), tensor([1, 1], float64))).toThrow('pivot 0 in row 0');
  expect(() => choleskySolve(tensor([[NaN]], float64), tensor([1], float64))).toThrow('pivot NaN in row 0');
  expect(() => choleskySolve(tensor([[Infinity]], float64), tensor([1], float64))).toThrow('pivot Infinity in row 0');
});

it('takes the symmetric part', () => {
  const [a, b] = [
    tensor(
      [
        [4, 3],
        [1, 5],
      ],
      float64,
    ),
    tensor([8, 9], float64),
  ];
  const symmetric = tensor(
    [
      [4, 2],
      [2, 5],
    ],
    float64,
  );
  expect(choleskySolve(a, b).toArray()).toEqual(choleskySolve(symmetric, b).toArray());
});

it('does not read what lies above the diagonal', () => {
  const lower = tensor(
    [
      [2, NaN],
      [1, 4],
    ],
    float64,
  );
  expect(triangularSolve(lower, tensor([2, 9], float64)).toArray()).toEqual([1, 2]);
  expect(triangularSolve(lower, tensor([4, 8], float64), { transpose: true }).toArray()).toEqual([1, 2]);
});

it('solves an ill-conditioned system with a small residual', () => {
  const n = 8; // the Hilbert matrix: condition 1.5e10
  const hilbert = tensor(
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))),
    float64,
  );
  const b = tensor(
    Array.from({ length: n }, (_, i) => (i % 2 ? -1 : 1)),
    float64,
  );
  const x = choleskySolve(hilbert, b);
  const residual = matmul(hilbert, x).sub(b).abs().max().item();
  expect(residual).toBeLessThan(8 * n * 2 ** -52 * x.abs().max().item());
  expect(x.abs().max().item()).toBeGreaterThan(1e6);
});

it('answers wrong arguments', () => {
  const [square, b] = [ones([3, 3]), zeros([3])];
  expect(() => choleskySolve(zeros([2, 3]), b)).toThrow('[choleskySolve] expected a to be a square matrix, got float32[2,3]');
  expect(() => choleskySolve(zeros([3, 3], { dtype: 'int32' }), b)).toThrow('expected a to be float32 or float64');
  expect(() => triangularSolve(square, zeros([4]))).toThrow('expected b to have a row for each row of the matrix');
  expect(() => triangularSolve(square, zeros([3], float64))).toThrow('expected equal dtypes');
  expect(() => triangularSolve(square, b, { transposed: true } as object)).toThrow("did you mean 'transpose'?");
  expect(() => triangularSolve(square, b, JSON.parse('{"transpose":1}') as object)).toThrow(
    'expected transpose to be true or false',
  );
});
