import { internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { div, maximum, mul, neg, sub } from '../ops/elementwise.js';
import { adamStep } from '../ops/optimizer.js';
import { boolean, checkNames } from '../options.js';
import {
  biasCorrection,
  commonNames,
  decayed,
  descent,
  fraction,
  reader,
  resolveCommon,
  runningMean,
  runningSquare,
  type CommonOptions,
} from './common.js';
import { learningRateAt, updateNumber, type Optimizer, type UpdateArguments, type UpdateResult } from './optimizer.js';
import { resolveSpread, spread, spreadNames, type SpreadOptions } from './spread.js';

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
  const { learningRate, beta1, beta2, amsgrad, weightDecay } = resolved;
  const inGradient = decay.decoupled ? { ...resolved, weightDecay: 0 } : resolved;
  return {
    name: where,
    options: resolved,
    state: ['m', 'v', ...(amsgrad ? ['largest'] : [])],
    scalars: ['learningRate', 'biasCorrection1', 'biasCorrection2'],
    scalarsAt: (info) => [
      learningRateAt(learningRate, info),
      biasCorrection(beta1, updateNumber(info)),
      biasCorrection(beta2, updateNumber(info)),
    ],
    update(inputs) {
      const read = reader(where, inputs);
      const parameters = decayed(inputs.parameters, read('learningRate'), decay.decoupled ? weightDecay : 0);
      const isOnePass = amsgrad || parameters !== inputs.parameters;
      return (isOnePass ? updateInOps : fusedUpdate)(inGradient, read, inputs, parameters);
    },
  };
}

type Read = (name: string) => Tensor;

function fusedUpdate(options: Resolved, read: Read, { gradients }: UpdateArguments, w: Tensor): UpdateResult {
  const { beta1, beta2, epsilon, epsilonInsideSqrt, weightDecay, maximize } = options;
  const inputs = [w, maximize ? neg(gradients) : gradients, ...stepInputs.map(read)];
  const [parameters, m, v] = adamStep(inputs, { beta1, beta2, epsilon, epsilonInsideSqrt, weightDecay });
  internal(parameters !== undefined && m !== undefined && v !== undefined, 'adamStep has three outputs');
  return { parameters, state: { m, v } };
}

const stepInputs = ['m', 'v', 'learningRate', 'biasCorrection1', 'biasCorrection2'];

/** The formula itself: with AMSGrad's maximum, or the decay of w, in the same pass over memory. */
function updateInOps(options: Resolved, read: Read, inputs: UpdateArguments, w: Tensor): UpdateResult {
  const g = descent(options, inputs);
  const m = runningMean(read('m'), g, options.beta1);
  const v = runningSquare(read('v'), g, options.beta2);
  const largest = options.amsgrad ? maximum(read('largest'), v) : undefined;
  const divisor = spread(div(largest ?? v, read('biasCorrection2')), options);
  const rate = div(read('learningRate'), read('biasCorrection1'));
  return { parameters: sub(w, div(mul(rate, m), divisor)), state: { m, v, ...(largest && { largest }) } };
}
