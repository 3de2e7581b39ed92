import type { Tensor } from '../ir/tensor.js';
import { gt, select } from '../ops/compare.js';
import { concat } from '../ops/concat.js';
import { add, div, mul, sqrt, square, sub } from '../ops/elementwise.js';
import { descend, runningMean, runningSquare } from '../ops/optimizer-step.js';
import { sum } from '../ops/reduce.js';
import { split } from '../ops/slice.js';
import { checkNames } from '../options.js';
import { biasCorrection, checkEpsilon, commonNames, fraction, reader, resolveCommon, type CommonOptions } from './common.js';
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
  const { learningRate, weightDecay } = common;
  return {
    name: where,
    options: { ...common, beta1, beta2, epsilon },
    state: ['m', 'v'],
    scalars: ['learningRate', 'biasCorrection1', 'biasCorrection2'],
    scalarsAt: (info) => [
      learningRateAt(learningRate, info),
      biasCorrection(beta1, updateNumber(info)),
      biasCorrection(beta2, updateNumber(info)),
    ],
    update(inputs) {
      const read = reader(where, inputs);
      const { parameters: w, segments } = inputs;
      const { g } = descend(w, inputs.gradients, read('learningRate'), { ...common, weightDecay: 0, decoupled: false });
      const m = runningMean(read('m'), g, beta1);
      const v = runningSquare(read('v'), g, beta2);
      const scaled = div(div(m, read('biasCorrection1')), add(sqrt(div(v, read('biasCorrection2'))), epsilon));
      const direction = weightDecay === 0 ? scaled : add(scaled, mul(w, weightDecay));
      return { parameters: sub(w, mul(read('learningRate'), trusted(w, direction, segments))), state: { m, v } };
    },
  };
}

/** Each segment of the direction times ‖w‖/‖d‖ of that segment. */
function trusted(w: Tensor, direction: Tensor, segments: readonly number[]): Tensor {
  if (segments.length === 0) return direction;
  const weights = split(w, segments);
  const parts = split(direction, segments).map((part, i) => mul(trust(weights[i] ?? w, part), part));
  return concat(parts);
}

function trust(w: Tensor, direction: Tensor): Tensor {
  const [weightNorm, norm] = [sqrt(sum(square(w))), sqrt(sum(square(direction)))];
  return select(gt(weightNorm, 0), select(gt(norm, 0), div(weightNorm, norm), 1), 1);
}
