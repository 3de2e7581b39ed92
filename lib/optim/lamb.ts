import { lambStep } from '../ops/lamb-step.js';
import { checkNames } from '../options.js';
import { biasCorrection, checkEpsilon, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';

/** Default learningRate: 1e-3. */
export interface LambOptions extends CommonOptions {
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-6, as in the paper. */
  readonly epsilon?: number;
  /** λ of the step's direction. Default 0. */
  readonly weightDecay?: number;
}

const known: readonly (keyof LambOptions)[] = [...commonNames, 'beta1', 'beta2', 'epsilon'];

/**
 * LAMB (You 2020), for large batches: d = m̂/(√v̂ + ε) + λw with Adam's m̂ and v̂, and for each parameter tensor w ← w − α·(‖w‖/‖d‖)·d;
 * w ← w − α·d where either norm is 0.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const where = 'lamb';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1e-3 });
  const beta1 = fraction(where, 'beta1', options.beta1 ?? 0.9);
  const beta2 = fraction(where, 'beta2', options.beta2 ?? 0.999);
  const epsilon = checkEpsilon(where, options.epsilon ?? 1e-6);
  const { learningRate, weightDecay: decay } = common;
  const attributes = { ...common, beta1, beta2, epsilon, decay, weightDecay: 0, decoupled: false };
  const stepOf = (segments: readonly number[]) => stepping(where, lambStep, { ...attributes, segments });
  return {
    name: where,
    options: { ...common, beta1, beta2, epsilon },
    ...stepOf([]),
    scalarsAt: (info) => [
      learningRateAt(learningRate, info),
      biasCorrection(beta1, updateNumber(info)),
      biasCorrection(beta2, updateNumber(info)),
    ],
    update: (inputs) => stepOf(inputs.segments).update(inputs),
  };
}
