import { RavineError } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { arange } from '../../ops/constant.js';
import { tensor } from '../../ops/create.js';
import { abs, add, mul, neg } from '../../ops/elementwise.js';
import { oneHot } from '../../ops/indexing.js';
import { choleskySolve } from '../../ops/linear-algebra.js';
import { max, min, sum } from '../../ops/reduce.js';
import { reshape } from '../../ops/reshape.js';
import { jit } from '../../runtime/index.js';
import type { Method } from './method.js';
import { take, type Objective } from './objective.js';

/** Shifts that are tried; each doubles the one before, so that the last is far above any eigenvalue of a finite Hessian. */
const mostShifts = 60;

/**
 * d = −(∇²f + τI)⁻¹·g by Cholesky, τ = 0 where the Hessian is positive definite, else the first of growing shifts that makes it so
 * (Nocedal & Wright, algorithm 3.3, its β relative to the largest element).
 */
export function newton(objective: Objective): Method {
  const solve = jit((matrix: Tensor, gradient: Tensor, shift: Tensor) => {
    const n = gradient.size;
    const shifted = add(matrix, mul(identityMatrix(n, matrix), shift));
    return reshape(choleskySolve(shifted, neg(reshape(gradient, [n]))), gradient.shape);
  });
  const measure = jit((matrix: Tensor) => ({
    lowest: min(sum(mul(matrix, identityMatrix(matrix.shape[0] ?? 0, matrix)), { axis: 1 })),
    largest: max(abs(matrix)),
  }));
  const trySolve = async (matrix: Tensor, gradient: Tensor, shift: number): Promise<Tensor | undefined> => {
    const tau = tensor(shift, { dtype: matrix.dtype });
    try {
      return await solve(matrix, gradient, tau);
    } catch (error) {
      if (error instanceof RavineError && error.code === 'data') return undefined;
      throw error;
    } finally {
      tau.dispose();
    }
  };
  return {
    unitStep: true,
    direction: async ({ x, gradient }) => {
      const matrix = await objective.hessian(x);
      try {
        const { lowest, largest } = await measure(matrix);
        const [least, size] = [take(lowest), take(largest)];
        if (!Number.isFinite(size)) return undefined;
        const smallest = 1e-3 * (size || 1);
        let shift = least > 0 ? 0 : smallest - least;
        for (let tries = 0; tries < mostShifts; tries++) {
          const direction = await trySolve(matrix, gradient, shift);
          if (direction) return direction;
          shift = Math.max(2 * shift, smallest);
        }
        return undefined;
      } finally {
        matrix.dispose();
      }
    },
    restart: () => false,
    dispose: () => undefined,
  };
}

function identityMatrix(n: number, like: Tensor): Tensor {
  return oneHot(arange(0, n, 1, { dtype: 'int32' }), n, { dtype: like.dtype });
}
