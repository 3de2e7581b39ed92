import type { Tensor } from '../../ir/tensor.js';
import { zerosLike } from '../../ops/constant.js';
import { neg } from '../../ops/elementwise.js';
import { identity } from '../../ops/identity.js';
import { jit } from '../../runtime/index.js';
import { conjugateStep, dropState, type ConjugateState } from './conjugate-step.js';
import type { Method } from './method.js';
import { take, type Objective } from './objective.js';

/**
 * ∇²f·d = −g solved by conjugate gradients on Hessian-vector products, up to a residual of min(½, √‖g‖)·‖g‖; a direction of negative curvature ends it
 * with what it has, or with −g where it has nothing (Nocedal & Wright, algorithm 7.1).
 */
export function newtonCg(objective: Objective): Method {
  const advance = jit((product: Tensor, x: Tensor, residual: Tensor, direction: Tensor) => {
    const { state, curvature, residualNorm } = conjugateStep({ x, residual, direction }, product);
    return { x: state.x, residual: state.residual, direction: state.direction, curvature, residualNorm };
  });
  return {
    unitStep: true,
    direction: async ({ x: at, gradient, gradientNorm }) => {
      const downhill = neg(gradient);
      let state: ConjugateState = { x: zerosLike(gradient), residual: downhill, direction: identity(downhill) };
      const enough = Math.min(0.5, Math.sqrt(gradientNorm)) * gradientNorm;
      for (let step = 0; step < 2 * gradient.size + 10; step++) {
        const product = await objective.product(at, state.direction);
        const { curvature, residualNorm, ...next } = await advance(product, state.x, state.residual, state.direction);
        product.dispose();
        const [bend, rest] = [take(curvature), take(residualNorm)];
        if (!(bend > 0) || !Number.isFinite(rest)) {
          dropState(next);
          if (step === 0) {
            dropState(state);
            return neg(gradient);
          }
          break;
        }
        dropState(state);
        state = next;
        if (rest <= enough) break;
      }
      state.residual.dispose();
      state.direction.dispose();
      return state.x;
    },
    restart: () => false,
    dispose: () => undefined,
  };
}
