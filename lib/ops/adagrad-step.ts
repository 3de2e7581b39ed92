import { add, div, mul, square, sub } from './elementwise.js';
import { defineStep, spread, type DescentAttributes, type SpreadAttributes } from './optimizer-step.js';

export type AdagradStepAttributes = DescentAttributes & SpreadAttributes;

/** s ← s + g²; w ← w − α·g/(√s + ε), or /√(s + ε). */
export const adagradStep = defineStep({
  name: 'adagradStep',
  kernel: 'adagrad_step',
  state: () => ['sum'],
  scalars: () => ['learningRate'],
  numbers: ({ epsilon, epsilonInsideSqrt }: AdagradStepAttributes) => [epsilon, epsilonInsideSqrt],
  formula({ w, g, learningRate, ...state }, place) {
    const sum = add(state.sum, square(g));
    return [sub(w, div(mul(learningRate, g), spread(sum, place))), sum];
  },
});
