import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { softmaxCrossEntropyWithLogits, softmaxCrossEntropyWithTargets } from '../ops/cross-entropy.js';
import { mean } from '../ops/reduce.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import { expectFloatPrediction, expectSamples, expectSameDType, type Loss } from './loss.js';

const where = 'softmaxCrossEntropy';

/**
 * −log softmax(x)ᵧ, the mean over samples. Predictions are logits [n, …, classes]; targets are class numbers [n, …] (int32, or uint8), or
 * probabilities of the logits' shape and dtype: −Σⱼ yⱼ·log softmax(x)ⱼ.
 */
export function softmaxCrossEntropy(): Loss {
  return { name: where, checkTarget, call };
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  expectFloatPrediction(where, prediction);
  const classes = prediction.shape.at(-1);
  if (prediction.shape.length < 2 || classes === undefined)
    throw new RavineError('shape', where, `expected logits [samples, classes], got ${formatType(prediction)}`);
  if (classes < 2)
    throw new RavineError('shape', where, `expected logits of at least two classes, got ${formatType(prediction)}`, {
      help: 'for one logit a sample use sigmoidBinaryCrossEntropy()',
    });
  const isNumbers = target.dtype === 'int32' || target.dtype === 'uint8';
  const positions = prediction.shape.slice(0, -1);
  if (isNumbers && sameShape(target.shape, positions)) return;
  if (!isNumbers && sameShape(target.shape, prediction.shape)) return expectSameDType(where, prediction, target);
  const numbers = `int32[${positions.join(',')}] class numbers`;
  throw new RavineError(
    isNumbers ? 'shape' : 'dtype',
    where,
    `expected ${numbers} or ${formatType(prediction)} probabilities, got ${formatType(target)}`,
    { help: helpFor(positions, isNumbers, prediction, target) },
  );
}

function helpFor(positions: readonly number[], isNumbers: boolean, prediction: TensorType, target: TensorType): string {
  if (sameShape(target.shape, prediction.shape)) return `one-hot targets are ${prediction.dtype}: cast(y, '${prediction.dtype}')`;
  if (!isNumbers && sameShape(target.shape, positions))
    return "class numbers are integers: pass an Int32Array, or cast(y, 'int32')";
  return `reshape the class numbers to [${positions.join(', ')}]`;
}

function call(prediction: Tensor, target: Tensor): Tensor {
  checkTarget(prediction, target);
  expectSamples(where, prediction);
  if (target.rank === prediction.rank) return mean(softmaxCrossEntropyWithTargets(prediction, target));
  return mean(softmaxCrossEntropyWithLogits(prediction, cast(target, 'int32')));
}
