import type { KernelCall } from '../../../lib/ir/op.js';
import type { Tensor } from '../../../lib/ir/tensor.js';
import { adadeltaStep } from '../../../lib/ops/adadelta-step.js';
import { adagradStep } from '../../../lib/ops/adagrad-step.js';
import { adamStep } from '../../../lib/ops/adam-step.js';
import { adamaxStep } from '../../../lib/ops/adamax-step.js';
import { lionStep } from '../../../lib/ops/lion-step.js';
import { nadamStep } from '../../../lib/ops/nadam-step.js';
import type { DescentAttributes, OptimizerStep } from '../../../lib/ops/optimizer-step.js';
import { radamStep } from '../../../lib/ops/radam-step.js';
import { rmspropStep } from '../../../lib/ops/rmsprop-step.js';
import { sgdStep } from '../../../lib/ops/sgd-step.js';

export type Rounded = (x: number) => number;

/** One element: w, the gradient with what the descent does to it, the state by name, the scalars by name. */
type Formula = (r: Rounded, x: Readonly<Record<string, number>>) => readonly number[];

/** A form of an optimiser's step: op, kernel call, and the formula in plain numbers with every operation rounded. */
export interface StepCase {
  readonly op: string;
  readonly title: string;
  readonly states: readonly string[];
  /** The values of the step's scalars, the learning rate first. */
  readonly scalars: readonly number[];
  readonly kernel: KernelCall;
  readonly run: (inputs: readonly Tensor[]) => readonly Tensor[];
  readonly define: (inputs: readonly Tensor[]) => readonly Tensor[];
  /** Flat elements [w, g, state …] and scalars to [w, state …]. */
  readonly reference: (r: Rounded, flat: readonly number[], scalars: readonly number[]) => readonly number[];
}

const values: Readonly<Record<string, number>> = {
  learningRate: 0.125,
  biasCorrection: 0.25,
  biasCorrection1: 0.25,
  biasCorrection2: 0.5,
  gradientWeight: 0.3,
  meanWeight: 0.7,
  plainWeight: 0.4,
  scaledWeight: 0.2,
};

const still: DescentAttributes = { maximize: false, weightDecay: 0, decoupled: false };
const decay = { weightDecay: 0.1 };

function cases<A extends DescentAttributes>(
  step: OptimizerStep<A>,
  formula: (attributes: A) => Formula,
  forms: readonly A[],
): StepCase[] {
  const { name, definition, implementation } = step.op;
  if (implementation.kind !== 'kernel' || definition === undefined) throw new Error(`${name} is not fused`);
  return forms.map((attributes) => {
    const [states, scalars] = [step.state(attributes), step.scalars(attributes)];
    const type = { dtype: 'float32', shape: [1] } as const;
    const outputs = Array.from({ length: 1 + states.length }, () => type);
    return {
      op: name,
      title: Object.entries(attributes)
        .filter(([, value]) => value !== false && value !== 0)
        .map(([key, value]) => (value === true ? key : `${key} ${String(value)}`))
        .join(', '),
      states,
      scalars: scalars.map((key) => values[key] ?? NaN),
      kernel: implementation.lower([], outputs, attributes),
      run: (inputs) => step.apply(inputs, attributes),
      define: (inputs) => definition(inputs, attributes),
      reference(r, flat, numbers) {
        const keys = [...states, ...scalars];
        const given = [...flat.slice(2), ...numbers];
        const named: Record<string, number> = Object.fromEntries(keys.map((key, i) => [key, given[i] ?? NaN]));
        return formula(attributes)(r, { ...named, ...descend(r, flat, numbers[0] ?? NaN, attributes) });
      },
    };
  });
}

function descend(
  r: Rounded,
  [w = NaN, gradient = NaN]: readonly number[],
  rate: number,
  { maximize, weightDecay, decoupled }: DescentAttributes,
): { w: number; g: number } {
  const g = maximize ? -gradient : gradient;
  if (weightDecay === 0) return { w, g };
  const lambda = r(weightDecay);
  return decoupled ? { w: r(w - r(r(rate * lambda) * w)), g } : { w, g: r(g + r(w * lambda)) };
}

const mean = (r: Rounded, m: number, x: number, beta: number): number => r(r(m * r(beta)) + r(x * r(1 - beta)));
const spread = (
  r: Rounded,
  v: number,
  { epsilon, epsilonInsideSqrt }: { epsilon: number; epsilonInsideSqrt: boolean },
): number => (epsilonInsideSqrt ? r(Math.sqrt(r(v + r(epsilon)))) : r(r(Math.sqrt(v)) + r(epsilon)));

const outside = { epsilon: 0.01, epsilonInsideSqrt: false };
const inside = { epsilon: 0.02, epsilonInsideSqrt: true };
const betas = { beta1: 0.7, beta2: 0.9 };

const plain = { ...still, momentum: 0, nesterov: false, torch: false, dampened: false };
const sgds = cases(
  sgdStep,
  ({ momentum, nesterov, torch, dampened }) =>
    (r, { w = NaN, g = NaN, velocity = NaN, learningRate = NaN, gradientWeight = NaN }) => {
      const mu = r(momentum);
      const pull = r(learningRate * g);
      if (momentum === 0) return [r(w - pull)];
      if (torch) {
        const v = r(r(velocity * mu) + (dampened ? r(gradientWeight * g) : g));
        return [r(w - r(learningRate * (nesterov ? r(g + r(v * mu)) : v))), v];
      }
      const v = r(r(velocity * mu) - pull);
      return [nesterov ? r(r(w + r(v * mu)) - pull) : r(w + v), v];
    },
  [
    plain,
    { ...plain, ...decay },
    { ...plain, ...decay, maximize: true },
    ...[0, 0.1].flatMap((weightDecay) =>
      [false, true].flatMap((torch) =>
        [false, true].map((nesterov) => ({ ...plain, momentum: 0.9, torch, nesterov, weightDecay })),
      ),
    ),
    { ...plain, momentum: 0.7, torch: true, dampened: true },
  ],
);

const adams = cases(
  adamStep,
  ({ beta1, beta2, amsgrad, ...place }) =>
    (r, x) => {
      const { w = NaN, g = NaN, m: m0 = NaN, v: v0 = NaN, largest: largest0 = NaN } = x;
      const { learningRate = NaN, biasCorrection1 = NaN, biasCorrection2 = NaN } = x;
      const m = mean(r, m0, g, beta1);
      const v = mean(r, v0, r(g * g), beta2);
      const largest = Math.max(largest0, v);
      const divisor = spread(r, r((amsgrad ? largest : v) * r(1 / biasCorrection2)), place);
      return [r(w - r(r(r(learningRate / biasCorrection1) * m) / divisor)), m, v, ...(amsgrad ? [largest] : [])];
    },
  [
    { ...still, ...betas, ...outside, amsgrad: false },
    { ...still, ...betas, ...inside, amsgrad: false, ...decay },
    { ...still, ...betas, ...outside, amsgrad: false, ...decay, decoupled: true },
    { ...still, ...betas, ...outside, amsgrad: true, maximize: true },
    { ...still, ...betas, ...inside, amsgrad: true, ...decay, decoupled: true, maximize: true },
  ],
);

const epsilon = 0.01;
const nadams = cases(
  nadamStep,
  ({ beta1, beta2 }) =>
    (r, x) => {
      const { w = NaN, g = NaN, m: m0 = NaN, v: v0 = NaN } = x;
      const { learningRate = NaN, gradientWeight = NaN, meanWeight = NaN, biasCorrection = NaN } = x;
      const m = mean(r, m0, g, beta1);
      const v = mean(r, v0, r(g * g), beta2);
      const direction = r(r(gradientWeight * g) + r(meanWeight * m));
      const divisor = r(r(Math.sqrt(r(v * r(1 / biasCorrection)))) + r(epsilon));
      return [r(w - r(r(learningRate * direction) / divisor)), m, v];
    },
  [
    { ...still, ...betas, epsilon },
    { ...still, ...betas, epsilon, ...decay, decoupled: true, maximize: true },
  ],
);

const radams = cases(
  radamStep,
  ({ beta1, beta2 }) =>
    (r, x) => {
      const { w = NaN, g = NaN, m: m0 = NaN, v: v0 = NaN, learningRate = NaN, plainWeight = NaN, scaledWeight = NaN } = x;
      const m = mean(r, m0, g, beta1);
      const v = mean(r, v0, r(g * g), beta2);
      const weight = r(plainWeight + r(scaledWeight / r(r(Math.sqrt(v)) + r(epsilon))));
      return [r(w - r(learningRate * r(m * weight))), m, v];
    },
  [
    { ...still, ...betas, epsilon },
    { ...still, ...betas, epsilon, ...decay, maximize: true },
  ],
);

const adamaxes = cases(
  adamaxStep,
  ({ beta1, beta2 }) =>
    (r, { w = NaN, g = NaN, m: m0 = NaN, u: u0 = NaN, learningRate = NaN, biasCorrection = NaN }) => {
      const m = mean(r, m0, g, beta1);
      const u = Math.max(r(u0 * r(beta2)), r(Math.abs(g) + r(epsilon)));
      return [r(w - r(r(r(learningRate / biasCorrection) * m) / u)), m, u];
    },
  [
    { ...still, ...betas, epsilon },
    { ...still, ...betas, epsilon, ...decay },
  ],
);

const adagrads = cases(
  adagradStep,
  (place) =>
    (r, { w = NaN, g = NaN, sum: sum0 = NaN, learningRate = NaN }) => {
      const sum = r(sum0 + r(g * g));
      return [r(w - r(r(learningRate * g) / spread(r, sum, place))), sum];
    },
  [
    { ...still, ...outside },
    { ...still, ...inside, ...decay },
  ],
);

const rmsprops = cases(
  rmspropStep,
  ({ alpha, momentum, centered, ...place }) =>
    (r, { w = NaN, g = NaN, v: v0 = NaN, m: m0 = NaN, velocity = NaN, learningRate = NaN }) => {
      const v = mean(r, v0, r(g * g), alpha);
      const m = mean(r, m0, g, alpha);
      const divisor = spread(r, centered ? Math.max(r(v - r(m * m)), 0) : v, place);
      const means = centered ? [v, m] : [v];
      if (momentum === 0) return [r(w - r(r(learningRate * g) / divisor)), ...means];
      const u = r(r(velocity * r(momentum)) + r(g / divisor));
      return [r(w - r(learningRate * u)), ...means, u];
    },
  [0, 0.7].flatMap((momentum) =>
    [false, true].flatMap((centered) => [
      { ...still, ...outside, alpha: 0.9, momentum, centered },
      { ...still, ...inside, ...decay, alpha: 0.9, momentum, centered },
    ]),
  ),
);

const adadeltas = cases(
  adadeltaStep,
  ({ rho, numeratorEpsilon, ...place }) =>
    (r, { w = NaN, g = NaN, v: v0 = NaN, d = NaN, learningRate = NaN }) => {
      const v = mean(r, v0, r(g * g), rho);
      const delta = r(r(spread(r, d, { ...place, epsilon: numeratorEpsilon }) / spread(r, v, place)) * g);
      return [r(w - r(learningRate * delta)), v, mean(r, d, r(delta * delta), rho)];
    },
  [
    { ...still, ...inside, rho: 0.9, numeratorEpsilon: 1e-3 },
    { ...still, ...outside, ...decay, rho: 0.9, numeratorEpsilon: 1e-4 },
  ],
);

const lions = cases(
  lionStep,
  ({ beta1, beta2 }) =>
    (r, { w = NaN, g = NaN, m = NaN, learningRate = NaN }) => {
      const ahead = r(g - m);
      const direction = Math.sign(r(m + r(ahead * r(1 - beta1))));
      return [r(w - r(learningRate * direction)), r(m + r(ahead * r(1 - beta2)))];
    },
  [
    { ...still, ...betas },
    { ...still, ...betas, ...decay, decoupled: true, maximize: true },
  ],
);

export const stepCases: readonly StepCase[] = [
  ...sgds,
  ...adams,
  ...nadams,
  ...radams,
  ...adamaxes,
  ...adagrads,
  ...rmsprops,
  ...adadeltas,
  ...lions,
];

/** States that are means of squares, and so not negative. */
const squares = ['v', 'largest', 'u', 'sum', 'd'];

/** From where a state's numbers are drawn: centered means need v ≥ m². */
export const lowest = (state: string): number => (squares.includes(state) ? 0.5 : -0.5);
