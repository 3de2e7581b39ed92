import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, nonNegativeInteger, numberIn } from '../options.js';
import { at, expectSameDType, expectShape, expectTensor } from './check.js';
import { add, mul } from './elementwise.js';
import { expectSquare } from './linear-algebra.js';
import { matmul } from './matmul.js';
import { reshape } from './reshape.js';
import { transpose } from './transpose.js';

const where = 'conjugateGradientSolve';

export interface ConjugateGradientSolveAttributes {
  readonly tolerance: number;
  readonly maxIterations: number;
}

/** X with S·X = B, S = (A + Aᵀ)/2, column by column. */
export const conjugateGradientSolveOp: Op<ConjugateGradientSolveAttributes> = defineOp<ConjugateGradientSolveAttributes>({
  name: where,
  infer: (inputs) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    expectSquare(where, 'a', a);
    expectSameDType(where, inputs);
    const fits = b.shape.length === 2 && b.shape[0] === a.shape[0];
    expectShape(fits, where, 'b to have a row for each row of the matrix', inputs);
    return [b];
  },
  // ∂B = S⁻¹·dX and ∂A = −(∂B·Xᵀ + X·∂Bᵀ)/2.
  gradient: ({ inputs, outputs, cotangents, attributes }) => {
    const [a, x] = [at(inputs, 0), at(outputs, 0)];
    const db = apply(conjugateGradientSolveOp, [a, at(cotangents, 0)], attributes);
    const product = matmul(db, x, { transposeB: true });
    return [mul(add(product, transpose(product)), -0.5), db];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { tolerance, maxIterations }) => {
      const [n = 0, columns = 0] = at(inputs, 1).shape;
      return { kernel: 'conjugate_gradient', attributes: [n, columns, tolerance, maxIterations], inPlace: [[0, 1]] };
    },
  },
});

export interface ConjugateGradientSolveOptions {
  /** Converged when ‖b − a·x‖ is at most that times ‖b‖, for each column. Default 1e-10, for float32 1e-5. */
  readonly tolerance?: number;
  /** Of each column. Default: ten for each unknown. */
  readonly maxIterations?: number;
}

/**
 * x with a·x = b by the linear method of conjugate gradients (Hestenes & Stiefel 1952), for a symmetric positive definite a [n, n] and b [n] or
 * [n, m]; of another matrix its symmetric part (a + aᵀ)/2 is taken. Needs no factor: faster than `choleskySolve` where n is large and a's
 * eigenvalues are few or close together. Throws where a direction of curvature ≤ 0 is met or the tolerance is not reached. Differentiable in both;
 * gradients are solved for to the same tolerance. Floats; float64 is meant. For a matrix that is only known as v ↦ a·v: `conjugateGradient`.
 */
export function conjugateGradientSolve(a: Tensor, b: Tensor, options: ConjugateGradientSolveOptions = {}): Tensor {
  expectTensor(where, 'a', a);
  expectTensor(where, 'b', b);
  checkNames(where, options, ['tolerance', 'maxIterations']);
  const attributes = {
    tolerance: numberIn(where, 'tolerance', options.tolerance ?? (b.dtype === 'float64' ? 1e-10 : 1e-5), 0),
    maxIterations: nonNegativeInteger(where, 'maxIterations', options.maxIterations ?? 10 * (b.shape[0] ?? 0)),
  };
  if (b.rank !== 1) return apply(conjugateGradientSolveOp, [a, b], attributes);
  return reshape(apply(conjugateGradientSolveOp, [a, reshape(b, [b.size, 1])], attributes), b.shape);
}
