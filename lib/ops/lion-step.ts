import { add, mul, sign, sub } from './elementwise.js';
import { defineStep, type DescentAttributes } from './optimizer-step.js';

export interface LionStepAttributes extends DescentAttributes {
  readonly beta1: number;
  readonly beta2: number;
}

/** w ← w − α·sign(β₁m + (1 − β₁)g); m ← β₂m + (1 − β₂)g: both means from the difference g − m. */
export const lionStep = defineStep({
  name: 'lionStep',
  kernel: 'lion_step',
  state: () => ['m'],
  scalars: () => ['learningRate'],
  numbers: ({ beta1, beta2 }: LionStepAttributes) => [beta1, beta2],
  formula({ w, g, m, learningRate }, { beta1, beta2 }) {
    const ahead = sub(g, m);
    const direction = sign(add(m, mul(ahead, 1 - beta1)));
    return [sub(w, mul(learningRate, direction)), add(m, mul(ahead, 1 - beta2))];
  },
});
