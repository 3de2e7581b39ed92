import { radamStep } from '../ops/radam-step.js';
import { boolean, checkNames } from '../options.js';
import { biasCorrection, checkEpsilon, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';

/** Default learningRate: 1e-3. */
export interface RadamOptions extends CommonOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** weightDecay beside the gradient: w ← w − α·weightDecay·w. Default false. */
  readonly decoupledWeightDecay?: boolean;
}

const known: readonly (keyof RadamOptions)[] = [...commonNames, 'beta1', 'beta2', 'epsilon', 'decoupledWeightDecay'];

/**
 * Rectified Adam (Liu 2020): m and v as Adam's, m̂ = m/(1 − β₁ᵗ); w ← w − α·rₜ·m̂·√(1 − β₂ᵗ)/(√v + ε), and w ← w − α·m̂ in the first steps, in
 * which v's variance is without bound.
 */
export function radam(options: RadamOptions = {}): Optimizer {
  const where = 'radam';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1e-3 });
  const beta1 = fraction(where, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(where, 'beta2', options.beta2 ?? 0.999);
  const epsilon = checkEpsilon(where, options.epsilon ?? 1e-8);
  const decoupled = boolean(where, 'decoupledWeightDecay', options.decoupledWeightDecay ?? false);
  return {
    name: where,
    options: { ...common, beta1, beta2, epsilon, decoupledWeightDecay: decoupled },
    ...stepping(where, radamStep, { ...common, beta1, beta2, epsilon, decoupled }),
    scalarsAt(info) {
      const t = updateNumber(info);
      const rectification = rectificationAt(beta2, t);
      const [plain, scaled] = rectification === undefined ? [1, 0] : [0, rectification * Math.sqrt(biasCorrection(beta2, t))];
      const correction = biasCorrection(beta1, t);
      return [learningRateAt(common.learningRate, info), plain / correction, scaled / correction];
    },
  };
}

/**
 * rₜ = √((ρₜ − 4)(ρₜ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρₜ)) with ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ): the length of a plain mean with the same
 * centre. Undefined while ρₜ ≤ 5.
 */
export function rectificationAt(beta2: number, t: number): number | undefined {
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * beta2 ** t) / biasCorrection(beta2, t);
  if (length <= 5) return undefined;
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}
