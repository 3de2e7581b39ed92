import type { Tensor } from '../ir/tensor.js';
import { gt, select } from './compare.js';
import { concat } from './concat.js';
import { add, div, mul, reciprocal, sqrt, square, sub } from './elementwise.js';
import { defineStep, runningMean, runningSquare, type DescentAttributes } from './optimizer-step.js';
import { sum } from './reduce.js';
import { split } from './slice.js';

export interface LambStepAttributes extends DescentAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** λ of the direction. */
  readonly decay: number;
  /** Elements of each parameter tensor. */
  readonly segments: readonly number[];
}

/** d = m̂/(√v̂ + ε) + λw with Adam's m̂ and v̂; in each segment w ← w − α·(‖w‖/‖d‖)·d, and w ← w − α·d where either norm is 0. */
export const lambStep = defineStep({
  name: 'lambStep',
  kernel: 'lamb_step',
  state: () => ['m', 'v'],
  scalars: () => ['learningRate', 'biasCorrection1', 'biasCorrection2'],
  numbers: ({ beta1, beta2, epsilon, decay, segments }: LambStepAttributes) => [beta1, beta2, epsilon, decay, ...segments],
  formula({ w, g, learningRate, biasCorrection1, biasCorrection2, ...state }, { beta1, beta2, epsilon, decay, segments }) {
    const m = runningMean(state.m, g, beta1);
    const v = runningSquare(state.v, g, beta2);
    const divisor = add(sqrt(mul(v, reciprocal(biasCorrection2))), epsilon);
    const scaled = div(mul(m, reciprocal(biasCorrection1)), divisor);
    const direction = decay === 0 ? scaled : add(scaled, mul(w, decay));
    return [sub(w, mul(learningRate, trusted(w, direction, segments))), m, v];
  },
});

/** Each segment of the direction times ‖w‖/‖d‖ of that segment. */
function trusted(w: Tensor, direction: Tensor, segments: readonly number[]): Tensor {
  if (segments.length === 0) return direction;
  const weights = split(w, segments);
  const parts = split(direction, segments).map((part, i) => mul(trust(weights[i] ?? w, part), part));
  return concat(parts);
}

function trust(w: Tensor, direction: Tensor): Tensor {
  const [weightNorm, norm] = [sqrt(sum(square(w))), sqrt(sum(square(direction)))];
  return select(gt(weightNorm, 0), select(gt(norm, 0), div(weightNorm, norm), 1), 1);
}
