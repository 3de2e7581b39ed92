import { adamStep, sgdStep } from '../../../lib/ops/optimizer.js';
import type { OpCase } from '../harness.js';
import { map, type Tolerance } from '../values.js';

/** A handful of roundings of numbers below 4. */
const few: Tolerance = { relative: 8, absolute: 8 };
const scalar = (value: number) => ({ shape: [], data: [value] });

const plain: OpCase = {
  op: 'sgdStep',
  title: 'plain, with weight decay',
  inputs: (n) => [{ shape: [n] }, { shape: [n] }, scalar(0.125)],
  run: ([w, g, rate]) => sgdStep(w!, g!, rate!, undefined, { momentum: 0, nesterov: false, torch: false, weightDecay: 0.25 }),
  reference: ([w, g, rate]) => map((weight, gradient, alpha) => weight - alpha * (gradient + 0.25 * weight), w!, g!, rate!),
  tolerance: few,
};

const withMomentum: readonly OpCase[] = [false, true].flatMap((torch) =>
  [false, true].map(
    (nesterov) =>
      ({
        op: 'sgdStep',
        title: `momentum${torch ? ', the learning rate outside' : ''}${nesterov ? ', Nesterov' : ''}`,
        inputs: (n) => [{ shape: [n] }, { shape: [n] }, scalar(0.125), { shape: [n] }],
        run: ([w, g, rate, v]) => sgdStep(w!, g!, rate!, v, { momentum: 0.75, nesterov, torch, weightDecay: 0 }),
        reference: ([w, g, rate, v]) => {
          const velocity = map((gradient, alpha, old) => 0.75 * old + (torch ? gradient : -alpha * gradient), g!, rate!, v!);
          const weights = map(
            (weight, gradient, alpha, now) => {
              if (torch) return weight - alpha * (nesterov ? gradient + 0.75 * now : now);
              return weight + (nesterov ? 0.75 * now - alpha * gradient : now);
            },
            w!,
            g!,
            rate!,
            velocity,
          );
          return [weights, velocity];
        },
        tolerance: few,
      }) satisfies OpCase,
  ),
);

const adams: readonly OpCase[] = [false, true].map((epsilonInsideSqrt) => ({
  op: 'adamStep',
  title: epsilonInsideSqrt ? 'epsilon inside of the root' : 'epsilon outside of the root',
  inputs: (n) => [
    { shape: [n] },
    { shape: [n] },
    { shape: [n] },
    { shape: [n], low: 0.5, high: 1 },
    scalar(0.125),
    scalar(0.25),
    scalar(0.5),
  ],
  run: (inputs) => adamStep(inputs, { beta1: 0.75, beta2: 0.875, epsilon: 0.01, epsilonInsideSqrt, weightDecay: 0.125 }),
  reference: ([w, g, m, v, rate, correction1, correction2]) => {
    const gradient = map((slope, weight) => slope + 0.125 * weight, g!, w!);
    const first = map((old, slope) => 0.75 * old + 0.25 * slope, m!, gradient);
    const second = map((old, slope) => 0.875 * old + 0.125 * slope ** 2, v!, gradient);
    const weights = map(
      (weight, mean, spread, alpha, c1, c2) => {
        const divisor = epsilonInsideSqrt ? Math.sqrt(spread / c2 + 0.01) : Math.sqrt(spread / c2) + 0.01;
        return weight - (alpha / c1) * (mean / divisor);
      },
      w!,
      first,
      second,
      rate!,
      correction1!,
      correction2!,
    );
    return [weights, first, second];
  },
  tolerance: few,
}));

export const optimizerCases: readonly OpCase[] = [plain, ...withMomentum, ...adams];
