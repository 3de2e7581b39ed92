import { div, maximum, mul, reciprocal, sub } from './elementwise.js';
import {
  defineStep,
  runningMean,
  runningSquare,
  spread,
  type DescentAttributes,
  type SpreadAttributes,
} from './optimizer-step.js';

export interface AdamStepAttributes extends DescentAttributes, SpreadAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly amsgrad: boolean;
}

/**
 * m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; w ← w − α·m̂/(√v̂ + ε), or /√(v̂ + ε); m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), or of the largest v
 * so far. One division and one root an element: the corrections are of scalars.
 */
export const adamStep = defineStep({
  name: 'adamStep',
  kernel: 'adam_step',
  state: ({ amsgrad }: AdamStepAttributes) => ['m', 'v', ...(amsgrad ? (['largest'] as const) : [])],
  scalars: () => ['learningRate', 'biasCorrection1', 'biasCorrection2'],
  numbers: ({ beta1, beta2, epsilon, epsilonInsideSqrt }) => [beta1, beta2, epsilon, epsilonInsideSqrt],
  formula({ w, g, learningRate, biasCorrection1, biasCorrection2, ...state }, { beta1, beta2, amsgrad, ...place }) {
    const m = runningMean(state.m, g, beta1);
    const v = runningSquare(state.v, g, beta2);
    const largest = amsgrad ? maximum(state.largest, v) : v;
    const divisor = spread(mul(largest, reciprocal(biasCorrection2)), place);
    const next = sub(w, div(mul(div(learningRate, biasCorrection1), m), divisor));
    return [next, m, v, ...(amsgrad ? [largest] : [])];
  },
});
