import { add, div, mul, sqrt, sub } from './elementwise.js';
import type { NadamStepAttributes } from './nadam-step.js';
import { defineStep, runningMean, runningSquare } from './optimizer-step.js';

export type RadamStepAttributes = NadamStepAttributes;

/** m and v as Adam's; w ← w − α·m·(a + b/(√v + ε)), with weights a and b of the step. */
export const radamStep = defineStep({
  name: 'radamStep',
  kernel: 'radam_step',
  state: () => ['m', 'v'],
  scalars: () => ['learningRate', 'plainWeight', 'scaledWeight'],
  numbers: ({ beta1, beta2, epsilon }: RadamStepAttributes) => [beta1, beta2, epsilon],
  formula({ w, g, learningRate, plainWeight, scaledWeight, ...state }, { beta1, beta2, epsilon }) {
    const m = runningMean(state.m, g, beta1);
    const v = runningSquare(state.v, g, beta2);
    const weight = add(plainWeight, div(scaledWeight, add(sqrt(v), epsilon)));
    return [sub(w, mul(learningRate, mul(m, weight))), m, v];
  },
});
