import { add, mul, sub } from './elementwise.js';
import { defineStep, type DescentAttributes } from './optimizer-step.js';

export interface SgdStepAttributes extends DescentAttributes {
  /** 0: no velocity. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** The learning rate stands outside of the velocity. */
  readonly torch: boolean;
  /** With `torch`: the gradient's weight in the velocity is a scalar of the step. */
  readonly dampened: boolean;
}

/**
 * Without momentum w ← w − αg; v ← μv − αg, w ← w + v (w + μv − αg with Nesterov); with `torch` v ← μv + g, w ← w − αv
 * (w − α(g + μv) with Nesterov).
 */
export const sgdStep = defineStep({
  name: 'sgdStep',
  kernel: 'sgd_step',
  state: ({ momentum }: SgdStepAttributes) => (momentum === 0 ? [] : ['velocity']),
  scalars: ({ dampened }) => (dampened ? ['learningRate', 'gradientWeight'] : ['learningRate']),
  numbers: ({ momentum, nesterov, torch }) => [momentum, nesterov, torch],
  formula({ w, g, velocity, learningRate, gradientWeight }, { momentum, nesterov, torch, dampened }) {
    if (momentum === 0) return [sub(w, mul(learningRate, g))];
    if (torch) {
      const v = add(mul(velocity, momentum), dampened ? mul(gradientWeight, g) : g);
      return [sub(w, mul(learningRate, nesterov ? add(g, mul(v, momentum)) : v)), v];
    }
    const pull = mul(learningRate, g);
    const v = sub(mul(velocity, momentum), pull);
    return [nesterov ? sub(add(w, mul(v, momentum)), pull) : add(w, v), v];
  },
});
