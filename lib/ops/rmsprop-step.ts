import type { Tensor } from '../ir/tensor.js';
import { add, div, maximum, mul, square, sub } from './elementwise.js';
import {
  defineStep,
  runningMean,
  runningSquare,
  spread,
  type DescentAttributes,
  type SpreadAttributes,
} from './optimizer-step.js';

export interface RmspropStepAttributes extends DescentAttributes, SpreadAttributes {
  readonly alpha: number;
  /** 0: no velocity. */
  readonly momentum: number;
  readonly centered: boolean;
}

/**
 * v ← av + (1 − a)g²; w ← w − α·g/(√v + ε), or /√(v + ε). Centered: m ← am + (1 − a)g, and v − m² in the place of v. With momentum:
 * u ← μu + g/(√v + ε); w ← w − αu.
 */
export const rmspropStep = defineStep({
  name: 'rmspropStep',
  kernel: 'rmsprop_step',
  state: ({ momentum, centered }: RmspropStepAttributes) => [
    'v',
    ...(centered ? (['m'] as const) : []),
    ...(momentum === 0 ? [] : (['velocity'] as const)),
  ],
  scalars: () => ['learningRate'],
  numbers: ({ alpha, momentum, epsilon, epsilonInsideSqrt, centered }) => [alpha, momentum, epsilon, epsilonInsideSqrt, centered],
  formula({ w, g, learningRate, ...state }, { alpha, momentum, centered, ...place }) {
    const v = runningSquare(state.v, g, alpha);
    const m = centered ? [runningMean(state.m, g, alpha)] : [];
    const divisor = spread(m[0] ? variance(v, m[0]) : v, place);
    if (momentum === 0) return [sub(w, div(mul(learningRate, g), divisor)), v, ...m];
    const velocity = add(mul(state.velocity, momentum), div(g, divisor));
    return [sub(w, mul(learningRate, velocity)), v, ...m, velocity];
  },
});

/** v − m², which rounding may carry below 0 where gradients hardly change. */
function variance(v: Tensor, m: Tensor): Tensor {
  return maximum(sub(v, square(m)), 0);
}
