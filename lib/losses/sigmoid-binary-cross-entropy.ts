import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { mean } from '../ops/reduce.js';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.js';
import type { TensorType } from '../shape.js';
import { expectFloatPrediction, expectRange, expectSameDType, expectSameShape, expectSamples, type Loss } from './loss.js';

const where = 'sigmoidBinaryCrossEntropy';
const targetRange = [0, 1] as const;

/**
 * −y·log σ(x) − (1 − y)·log(1 − σ(x)), the mean over all elements. Predictions are logits; targets have their shape and lie in [0, 1], floats of
 * the logits' dtype or integers 0 and 1.
 */
export function sigmoidBinaryCrossEntropy(): Loss {
  return {
    name: where,
    targetRange,
    checkTarget,
    call(prediction: Tensor, target: Tensor): Tensor {
      checkTarget(prediction, target);
      expectSamples(where, prediction);
      const y = target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
      expectRange(where, y, targetRange);
      return mean(sigmoidCrossEntropy(prediction, y));
    },
  };
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  expectFloatPrediction(where, prediction);
  expectSameShape(where, prediction, target);
  if (target.dtype !== 'int32' && target.dtype !== 'uint8') expectSameDType(where, prediction, target);
}
