import { div, mul, sub } from './elementwise.js';
import { defineStep, runningSquare, spread, type DescentAttributes, type SpreadAttributes } from './optimizer-step.js';

export interface AdadeltaStepAttributes extends DescentAttributes, SpreadAttributes {
  readonly rho: number;
  readonly numeratorEpsilon: number;
}

/** v ← ρv + (1 − ρ)g²; Δ = √(d + ε′)/√(v + ε)·g, or (√d + ε′)/(√v + ε)·g; w ← w − αΔ; d ← ρd + (1 − ρ)Δ². */
export const adadeltaStep = defineStep({
  name: 'adadeltaStep',
  kernel: 'adadelta_step',
  state: () => ['v', 'd'],
  scalars: () => ['learningRate'],
  numbers: ({ rho, epsilon, epsilonInsideSqrt, numeratorEpsilon }: AdadeltaStepAttributes) => [
    rho,
    epsilon,
    epsilonInsideSqrt,
    numeratorEpsilon,
  ],
  formula({ w, g, learningRate, ...state }, { rho, numeratorEpsilon, ...place }) {
    const v = runningSquare(state.v, g, rho);
    const delta = mul(div(spread(state.d, { ...place, epsilon: numeratorEpsilon }), spread(v, place)), g);
    return [sub(w, mul(learningRate, delta)), v, runningSquare(state.d, delta, rho)];
  },
});
