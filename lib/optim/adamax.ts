import { abs, add, div, maximum, mul, sub } from '../ops/elementwise.js';
import { checkNames } from '../options.js';
import {
  biasCorrection,
  checkEpsilon,
  commonNames,
  descent,
  fraction,
  reader,
  resolveCommon,
  runningMean,
  type CommonOptions,
} from './common.js';
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
    state: ['m', 'u'],
    scalars: ['learningRate', 'biasCorrection'],
    scalarsAt: (info) => [learningRateAt(common.learningRate, info), biasCorrection(beta1, updateNumber(info))],
    update(inputs) {
      const read = reader(where, inputs);
      const g = descent(common, inputs);
      const m = runningMean(read('m'), g, beta1);
      const u = maximum(mul(read('u'), beta2), add(abs(g), epsilon));
      const rate = div(read('learningRate'), read('biasCorrection'));
      return { parameters: sub(inputs.parameters, div(mul(rate, m), u)), state: { m, u } };
    },
  };
}
