import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq, gt } from '../ops/compare.js';
import { div } from '../ops/elementwise.js';
import { argmax, sum } from '../ops/reduce.js';
import { checkNames, numberIn } from '../options.js';
import { sameShape } from '../shape.js';
import { elementsPerSample, isInteger, refuseShapes, sumAt, type Metric } from './metric.js';

export interface AccuracyOptions {
  /** With one output a sample: what lies above is class 1. 0 suits logits, 0.5 probabilities. Default 0. */
  readonly threshold?: number;
}

/**
 * The share of samples whose largest output is that of the target's class: targets are class numbers [n, …] or one-hot [n, …, classes]. With one
 * output [n, 1] or [n], the share of those on the target's side of the threshold; targets are 0 and 1.
 */
export function accuracy(options: AccuracyOptions = {}): Metric {
  checkNames('accuracy', options, ['threshold']);
  const threshold = numberIn('accuracy', 'threshold', options.threshold ?? 0, -Number.MAX_VALUE);
  return {
    name: 'accuracy',
    sums: 1,
    accumulate(prediction, target) {
      const right = isRight(prediction, target, threshold);
      return [div(sum(cast(right, 'float32')), elementsPerSample(right))];
    },
    result: (sums, samples) => sumAt(sums, 0) / samples,
  };
}

/** 1 where the prediction is right, for each place of each sample. */
function isRight(prediction: Tensor, target: Tensor, threshold: number): Tensor {
  const isOne = prediction.rank < 2 || prediction.shape.at(-1) === 1;
  if (isOne) {
    if (!sameShape(prediction.shape, target.shape))
      refuseShapes(
        'accuracy',
        'targets of the shape of the predictions',
        prediction,
        target,
        `reshape the targets to [${prediction.shape.join(', ')}]`,
      );
    return eq(cast(gt(prediction, threshold), 'int32'), cast(gt(cast(target, 'float32'), 0.5), 'int32'));
  }
  const chosen = argmax(prediction);
  if (isInteger(target) && sameShape(target.shape, chosen.shape)) return eq(chosen, cast(target, 'int32'));
  if (sameShape(target.shape, prediction.shape)) return eq(chosen, argmax(isInteger(target) ? cast(target, 'float32') : target));
  return refuseShapes('accuracy', 'class numbers (int32) of all axes but the last, or one-hot targets', prediction, target);
}
