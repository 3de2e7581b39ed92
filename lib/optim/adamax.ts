import { adamaxStep } from '../ops/adamax-step.js';
import { checkNames } from '../options.js';
import { biasCorrection, checkEpsilon, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';

/** Default learningRate: 2e-3. */
export interface AdamaxOptions extends CommonOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the largest of their magnitudes, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

const known: readonly (keyof AdamaxOptions)[] = [...commonNames, 'beta1', 'beta2', 'epsilon'];

/** Adamax (Kingma & Ba 2015): m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); w ← w − α·m̂/u, m̂ = m/(1 − β₁ᵗ). */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const where = 'adamax';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 2e-3 });
  const beta1 = fraction(where, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(where, 'beta2', options.beta2 ?? 0.999);
  const epsilon = checkEpsilon(where, options.epsilon ?? 1e-8);
  return {
    name: where,
    options: { ...common, beta1, beta2, epsilon },
    ...stepping(where, adamaxStep, { ...common, beta1, beta2, epsilon, decoupled: false }),
    scalarsAt: (info) => [learningRateAt(common.learningRate, info), biasCorrection(beta1, updateNumber(info))],
  };
}
