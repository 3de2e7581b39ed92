import { abs, add, div, maximum, mul, sub } from './elementwise.js';
import type { NadamStepAttributes } from './nadam-step.js';
import { defineStep, runningMean } from './optimizer-step.js';

export type AdamaxStepAttributes = NadamStepAttributes;

/** m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); w ← w − α·m̂/u, m̂ = m/(1 − β₁ᵗ). */
export const adamaxStep = defineStep({
  name: 'adamaxStep',
  kernel: 'adamax_step',
  state: () => ['m', 'u'],
  scalars: () => ['learningRate', 'biasCorrection'],
  numbers: ({ beta1, beta2, epsilon }: AdamaxStepAttributes) => [beta1, beta2, epsilon],
  formula({ w, g, learningRate, biasCorrection, ...state }, { beta1, beta2, epsilon }) {
    const m = runningMean(state.m, g, beta1);
    const u = maximum(mul(state.u, beta2), add(abs(g), epsilon));
    return [sub(w, div(mul(div(learningRate, biasCorrection), m), u)), m, u];
  },
});
