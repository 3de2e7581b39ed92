import { div, mul, sub } from './elementwise.js';
import { defineStep, runningSquare, spread, type DescentAttributes, type SpreadAttributes } from './optimizer-step.js';

export interface AdadeltaStepAttributes extends DescentAttributes, SpreadAttributes {
  readonly rho: number;
}

/** v ← ρv + (1 − ρ)g²; Δ = √(d + ε)/√(v + ε)·g, or (√d + ε)/(√v + ε)·g; w ← w − αΔ; d ← ρd + (1 − ρ)Δ². */
export const adadeltaStep = defineStep({
  name: 'adadeltaStep',
  kernel: 'adadelta_step',
  state: () => ['v', 'd'],
  scalars: () => ['learningRate'],
  numbers: ({ rho, epsilon, epsilonInsideSqrt }: AdadeltaStepAttributes) => [rho, epsilon, epsilonInsideSqrt],
  formula({ w, g, learningRate, ...state }, { rho, ...place }) {
    const v = runningSquare(state.v, g, rho);
    const delta = mul(div(spread(state.d, place), spread(v, place)), g);
    return [sub(w, mul(learningRate, delta)), v, runningSquare(state.d, delta, rho)];
  },
});
