import type { Tensor } from '../../ir/tensor.js';
import { div, maximum, mul, neg, sub } from '../../ops/elementwise.js';
import { identity } from '../../ops/identity.js';
import { jit } from '../../runtime/index.js';
import type { Method } from './method.js';
import { dot, take } from './objective.js';

/**
 * d = −g + β·d′ with the last gradient g′ and direction d′: Fletcher–Reeves β = g·g / g′·g′, Polak–Ribière+ β = max(0, g·(g − g′) / g′·g′). Starts anew
 * with −g after as many steps as there are unknowns, and where d would not descend.
 */
export function nonlinearCg(formula: 'pr+' | 'fr'): Method {
  const next = jit((gradient: Tensor, lastGradient: Tensor, lastDirection: Tensor) => {
    const change = formula === 'fr' ? gradient : sub(gradient, lastGradient);
    const beta = maximum(div(dot(gradient, change), dot(lastGradient, lastGradient)), 0);
    const direction = sub(mul(lastDirection, beta), gradient);
    return { direction, slope: dot(direction, gradient) };
  });
  let last: { readonly gradient: Tensor; readonly direction: Tensor } | undefined;
  let steps = 0;
  const restart = (): boolean => {
    const learnt = steps > 1;
    last?.gradient.dispose();
    last?.direction.dispose();
    last = undefined;
    steps = 0;
    return learnt;
  };
  const conjugate = async (gradient: Tensor): Promise<Tensor> => {
    if (last && steps < Math.max(2, gradient.size)) {
      const { direction, slope } = await next(gradient, last.gradient, last.direction);
      if (take(slope) < 0) return direction;
      direction.dispose();
    }
    restart();
    return neg(gradient);
  };
  return {
    unitStep: false,
    direction: async ({ gradient }) => {
      const direction = await conjugate(gradient);
      last?.gradient.dispose();
      last?.direction.dispose();
      last = { gradient: identity(gradient), direction: identity(direction) };
      steps++;
      return direction;
    },
    restart,
    dispose: () => void restart(),
  };
}
