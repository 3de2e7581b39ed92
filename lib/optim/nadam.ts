import { nadamStep } from '../ops/nadam-step.js';
import { boolean, checkNames, numberIn } from '../options.js';
import { biasCorrection, checkEpsilon, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';

/** Default learningRate: 2e-3. */
export interface NadamOptions extends CommonOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** ψ of the momentum's schedule μₜ = β₁(1 − ½·0.96^(tψ)). Default 4e-3. */
  readonly momentumDecay?: number;
  /** weightDecay beside the gradient: w ← w − α·weightDecay·w. Default false. */
  readonly decoupledWeightDecay?: boolean;
}

const known: readonly (keyof NadamOptions)[] = [
  ...commonNames,
  'beta1',
  'beta2',
  'epsilon',
  'momentumDecay',
  'decoupledWeightDecay',
];

/**
 * Nadam (Dozat 2016), Adam with Nesterov's momentum: m and v as Adam's, v̂ = v/(1 − β₂ᵗ), Mₜ = μ₁μ₂…μₜ;
 * w ← w − α((1 − μₜ)/(1 − Mₜ)·g + μₜ₊₁/(1 − Mₜ₊₁)·m)/(√v̂ + ε).
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const where = 'nadam';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 2e-3 });
  const beta1 = fraction(where, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(where, 'beta2', options.beta2 ?? 0.999);
  const epsilon = checkEpsilon(where, options.epsilon ?? 1e-8);
  const momentumDecay = numberIn(where, 'momentumDecay', options.momentumDecay ?? 4e-3, 0);
  const decoupled = boolean(where, 'decoupledWeightDecay', options.decoupledWeightDecay ?? false);
  const momentumAt = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  const productAt = productsOf(momentumAt);
  return {
    name: where,
    options: { ...common, beta1, beta2, epsilon, momentumDecay, decoupledWeightDecay: decoupled },
    ...stepping(where, nadamStep, { ...common, beta1, beta2, epsilon, decoupled }),
    scalarsAt(info) {
      const t = updateNumber(info);
      return [
        learningRateAt(common.learningRate, info),
        (1 - momentumAt(t)) / (1 - productAt(t)),
        momentumAt(t + 1) / (1 - productAt(t + 1)),
        biasCorrection(beta2, t),
      ];
    },
  };
}

/**
 * t ↦ f(1)·f(2)⋯f(t) for factors in [0, 1), multiplied in this order whatever is asked first. Products below 2⁻⁵⁴ are 0: 1 less them is 1 in
 * double. That bounds what is kept: 350 of them for factors of 0.9.
 */
function productsOf(f: (t: number) => number): (t: number) => number {
  const products = [1];
  let last = 1;
  return (t) => {
    while (products.length <= t && last > 2 ** -54) products.push((last *= f(products.length)));
    return products[t] ?? 0;
  };
}
