import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { add, mul, neg, sub } from '../ops/elementwise.js';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.js';
import { softplus } from '../ops/softplus.js';
import { checkNames, numberIn } from '../options.js';
import type { TensorType } from '../shape.js';
import {
  average,
  expectFloatPrediction,
  expectRange,
  expectSameDType,
  expectSameShape,
  expectSamples,
  type Loss,
} from './loss.js';

const where = 'sigmoidBinaryCrossEntropy';
const targetRange = [0, 1] as const;

export interface SigmoidBinaryCrossEntropyOptions {
  /** Factor of the first term, > 0: what a target of 1 counts beside one of 0. Default 1. */
  readonly positiveWeight?: number;
  /** ε ≥ 0, below 1: targets y become y·(1 − ε) + ε/2. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * −w·y·log σ(x) − (1 − y)·log(1 − σ(x)), the mean over all elements. Predictions are logits; targets have their shape and lie in [0, 1], floats of
 * the logits' dtype or integers 0 and 1.
 */
export function sigmoidBinaryCrossEntropy(options: SigmoidBinaryCrossEntropyOptions = {}): Loss {
  checkNames(where, options, ['positiveWeight', 'labelSmoothing']);
  const weight = numberIn(where, 'positiveWeight', options.positiveWeight ?? 1, Number.MIN_VALUE);
  const smoothing = numberIn(where, 'labelSmoothing', options.labelSmoothing ?? 0, 0, 1, true);
  return {
    name: where,
    targetRange,
    checkTarget,
    call(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): Tensor {
      checkTarget(prediction, target);
      expectSamples(where, prediction);
      const y = target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
      expectRange(where, y, targetRange);
      return average(
        where,
        lossesOf(prediction, smoothing === 0 ? y : add(mul(y, 1 - smoothing), smoothing / 2), weight),
        sampleWeight,
      );
    },
  };
}

function lossesOf(x: Tensor, y: Tensor, weight: number): Tensor {
  if (weight === 1) return sigmoidCrossEntropy(x, y);
  return add(mul(mul(y, weight), softplus(neg(x))), mul(sub(1, y), softplus(x)));
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  expectFloatPrediction(where, prediction);
  expectSameShape(where, prediction, target);
  if (target.dtype !== 'int32' && target.dtype !== 'uint8') expectSameDType(where, prediction, target);
}
