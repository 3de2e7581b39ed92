import { lionStep } from '../ops/lion-step.js';
import { checkNames } from '../options.js';
import { commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, type Optimizer } from './optimizer.js';

/** Default learningRate: 1e-4. */
export interface LionOptions extends CommonOptions {
  /** Share of the mean in the step's direction, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of gradients, in [0, 1). Default 0.99. */
  readonly beta2?: number;
  /** w ← w − α·weightDecay·w, beside the gradient. Default 0. */
  readonly weightDecay?: number;
}

const known: readonly (keyof LionOptions)[] = [...commonNames, 'beta1', 'beta2'];

/** Lion (Chen 2023): c = β₁m + (1 − β₁)g; w ← w − α(sign c + λw); m ← β₂m + (1 − β₂)g. Every weight moves by α. */
export function lion(options: LionOptions = {}): Optimizer {
  const where = 'lion';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1e-4 });
  const beta1 = fraction(where, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(where, 'beta2', options.beta2 ?? 0.99);
  const { learningRate } = common;
  return {
    name: where,
    options: { ...common, beta1, beta2 },
    ...stepping(where, lionStep, { ...common, beta1, beta2, decoupled: true }),
    constantScalars: typeof learningRate === 'number',
    scalarsAt: (info) => [learningRateAt(learningRate, info)],
  };
}
