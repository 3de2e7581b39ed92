import { adamStep } from '../ops/adam-step.js';
import { boolean, checkNames } from '../options.js';
import { biasCorrection, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';
import { resolveSpread, spreadNames, type SpreadOptions } from './spread.js';

/** Defaults: learningRate 1e-3; epsilon 1e-8, outside of the root as in the paper and in PyTorch. */
export interface AdamOptions extends CommonOptions, SpreadOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Scales by the largest mean of squares so far (Reddi 2018). Default false. */
  readonly amsgrad?: boolean;
}

type Resolved = Required<AdamOptions>;

const known: readonly (keyof AdamOptions)[] = [...commonNames, ...spreadNames, 'beta1', 'beta2', 'amsgrad'];

/**
 * Adam (Kingma & Ba 2015): steps of about α, scaled by running means of the gradients and of their squares. m ← β₁m + (1 − β₁)g;
 * v ← β₂v + (1 − β₂)g²; w ← w − α·m̂/(√v̂ + ε); m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamAs('adam', options, { weightDecay: 0, decoupled: false });
}

/** Adam with its weight decay in the gradient, or beside it. */
export function adamAs(
  where: string,
  options: AdamOptions,
  decay: { readonly weightDecay: number; readonly decoupled: boolean },
): Optimizer {
  checkNames(where, options, known);
  const resolved: Resolved = {
    ...resolveCommon(where, options, { learningRate: 1e-3, weightDecay: decay.weightDecay }),
    ...resolveSpread(where, options, { outside: 1e-8 }),
    beta1: fraction(where, 'beta1', options.beta1 ?? 0.9),
    beta2: fraction(where, 'beta2', options.beta2 ?? 0.999),
    amsgrad: boolean(where, 'amsgrad', options.amsgrad ?? false),
  };
  const { learningRate, beta1, beta2 } = resolved;
  return {
    name: where,
    options: resolved,
    ...stepping(where, adamStep, { ...resolved, decoupled: decay.decoupled }),
    scalarsAt: (info) => [
      learningRateAt(learningRate, info),
      biasCorrection(beta1, updateNumber(info)),
      biasCorrection(beta2, updateNumber(info)),
    ],
  };
}
