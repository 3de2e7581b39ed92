import type { Tensor } from '../ir/tensor.js';
import { square, sub } from '../ops/elementwise.js';
import { mean } from '../ops/reduce.js';
import type { TensorType } from '../shape.js';
import { expectFloatPrediction, expectSameDType, expectSameShape, expectSamples, type Loss } from './loss.js';

const where = 'meanSquaredError';

/** (x − y)², the mean over all elements. Targets have the predictions' shape and dtype. */
export function meanSquaredError(): Loss {
  return {
    name: where,
    checkTarget,
    call(prediction: Tensor, target: Tensor): Tensor {
      checkTarget(prediction, target);
      expectSamples(where, prediction);
      return mean(square(sub(prediction, target)));
    },
  };
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  expectFloatPrediction(where, prediction);
  expectSameShape(where, prediction, target);
  expectSameDType(where, prediction, target);
}
