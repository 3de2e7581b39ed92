import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames } from '../options.js';
import type { TensorType } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor, none, type None } from './check.js';
import { eq, gt, select } from './compare.js';
import { arange } from './constant.js';
import { add, mul, neg } from './elementwise.js';
import { matmul } from './matmul.js';
import { reshape } from './reshape.js';
import { transpose } from './transpose.js';

export function expectSquare(where: string, name: string, type: TensorType): void {
  expectShape(type.shape.length === 2 && type.shape[0] === type.shape[1], where, `${name} to be a square matrix`, [type]);
  expectDType(where, name, type, 'float');
}

/** What lies below the diagonal, the diagonal times `diagonal`, and zeros above it. */
function lowerTriangle(x: Tensor, diagonal: number): Tensor {
  const places = arange(0, at(x.shape, 0), 1, { dtype: 'int32' });
  const [rows, columns] = [reshape(places, [-1, 1]), reshape(places, [1, -1])];
  return select(gt(rows, columns), x, select(eq(rows, columns), mul(x, diagonal), 0));
}

/** L with L·Lᵀ = (A + Aᵀ)/2, zeros above its diagonal. */
export const choleskyOp: Op<None> = defineOp<None>({
  name: 'cholesky',
  infer: (inputs) => {
    expectSquare('cholesky', 'a', at(inputs, 0));
    return [at(inputs, 0)];
  },
  // ∂A = (S + Sᵀ)/2 with S = L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹, where Φ keeps the lower triangle and halves its diagonal (Murray 2016).
  gradient: ({ outputs, cotangents }) => {
    const [lower, dLower] = [at(outputs, 0), at(cotangents, 0)];
    const kept = lowerTriangle(matmul(lower, dLower, { transposeA: true }), 0.5);
    const left = triangularSolve(lower, kept, { transpose: true });
    const both = triangularSolve(lower, transpose(left), { transpose: true });
    return [mul(add(both, transpose(both)), 0.5)];
  },
  implementation: { kind: 'kernel', lower: (inputs) => ({ kernel: 'cholesky', attributes: [at(at(inputs, 0).shape, 0)] }) },
});

export interface TriangularSolveAttributes {
  readonly transpose: boolean;
}

/** X with L·X = B, or Lᵀ·X = B. */
export const triangularSolveOp: Op<TriangularSolveAttributes> = defineOp<TriangularSolveAttributes>({
  name: 'triangularSolve',
  infer: (inputs) => {
    const [lower, b] = [at(inputs, 0), at(inputs, 1)];
    expectSquare('triangularSolve', 'lower', lower);
    expectSameDType('triangularSolve', inputs);
    const fits = b.shape.length === 2 && b.shape[0] === lower.shape[0];
    expectShape(fits, 'triangularSolve', 'b to have a row for each row of the matrix', inputs);
    return [b];
  },
  // ∂B = L⁻ᵀ·dX and ∂L = −∂B·Xᵀ; with Lᵀ: ∂B = L⁻¹·dX and ∂L = −X·∂Bᵀ.
  gradient: ({ inputs, outputs, cotangents, attributes }) => {
    const [lower, x] = [at(inputs, 0), at(outputs, 0)];
    const db = triangularSolve(lower, at(cotangents, 0), { transpose: !attributes.transpose });
    const [left, right] = attributes.transpose ? [x, db] : [db, x];
    return [neg(lowerTriangle(matmul(left, right, { transposeB: true }), 1)), db];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, attributes) => {
      const [n = 0, columns = 0] = at(inputs, 1).shape;
      return { kernel: 'triangular_solve', attributes: [n, columns, Number(attributes.transpose)], inPlace: [[0, 1]] };
    },
  },
});

/**
 * The lower triangular L with L·Lᵀ = a, for a symmetric positive definite matrix [n, n]; of another one its symmetric part (a + aᵀ)/2 is taken.
 * Throws where that is not positive definite. Floats; float64 is meant.
 */
export function cholesky(a: Tensor): Tensor {
  expectTensor('cholesky', 'a', a);
  return apply(choleskyOp, [a], none);
}

export interface TriangularSolveOptions {
  /** Solves with the transpose of the matrix. Default false. */
  readonly transpose?: boolean;
}

/** x with lower·x = b, for a lower triangular [n, n] and b [n] or [n, m]. What lies above the diagonal is not read. */
export function triangularSolve(lower: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor {
  expectTensor('triangularSolve', 'lower', lower);
  expectTensor('triangularSolve', 'b', b);
  checkNames('triangularSolve', options, ['transpose']);
  const attributes = { transpose: boolean('triangularSolve', 'transpose', options.transpose ?? false) };
  if (b.rank !== 1) return apply(triangularSolveOp, [lower, b], attributes);
  return reshape(apply(triangularSolveOp, [lower, reshape(b, [b.size, 1])], attributes), b.shape);
}

/**
 * x with a·x = b, by a Cholesky factor, for a symmetric positive definite a [n, n] and b [n] or [n, m]. Throws where the symmetric part of a is not
 * positive definite. Differentiable in both.
 */
export function choleskySolve(a: Tensor, b: Tensor): Tensor {
  const where = 'choleskySolve';
  expectTensor(where, 'a', a);
  expectTensor(where, 'b', b);
  expectSquare(where, 'a', a);
  expectSameDType(where, [a, b]);
  const fits = (b.rank === 1 || b.rank === 2) && b.shape[0] === a.shape[0];
  expectShape(fits, where, 'b to have a row for each row of a', [a, b]);
  const lower = cholesky(a);
  return triangularSolve(lower, triangularSolve(lower, b), { transpose: true });
}
