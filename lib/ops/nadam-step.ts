import { add, div, mul, reciprocal, sqrt, sub } from './elementwise.js';
import { defineStep, runningMean, runningSquare, type DescentAttributes } from './optimizer-step.js';

export interface NadamStepAttributes extends DescentAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** m and v as Adam's; w ← w − α(a·g + b·m)/(√v̂ + ε), v̂ = v/(1 − β₂ᵗ), with weights a and b of the step. */
export const nadamStep = defineStep({
  name: 'nadamStep',
  kernel: 'nadam_step',
  state: () => ['m', 'v'],
  scalars: () => ['learningRate', 'gradientWeight', 'meanWeight', 'biasCorrection'],
  numbers: ({ beta1, beta2, epsilon }: NadamStepAttributes) => [beta1, beta2, epsilon],
  formula({ w, g, learningRate, gradientWeight, meanWeight, biasCorrection, ...state }, { beta1, beta2, epsilon }) {
    const m = runningMean(state.m, g, beta1);
    const v = runningSquare(state.v, g, beta2);
    const direction = add(mul(gradientWeight, g), mul(meanWeight, m));
    const divisor = add(sqrt(mul(v, reciprocal(biasCorrection))), epsilon);
    return [sub(w, div(mul(learningRate, direction), divisor)), m, v];
  },
});
