import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq } from '../ops/compare.js';
import { div } from '../ops/elementwise.js';
import { argmax } from '../ops/reduce.js';
import { checkNames, numberIn } from '../options.js';
import { isOneOutput, labelsOf, sides } from './classes.js';
import { elementsPerSample, sumAt, weightedSum, type Metric } from './metric.js';

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
    accumulate(prediction, target, sampleWeight) {
      const right = cast(isRight(prediction, target, threshold), 'float32');
      return [div(weightedSum('accuracy', right, sampleWeight), elementsPerSample(right))];
    },
    result: (sums, samples) => sumAt(sums, 0) / samples,
  };
}

/** 1 where the prediction is right, for each place of each sample. */
function isRight(prediction: Tensor, target: Tensor, threshold: number): Tensor {
  if (!isOneOutput(prediction)) return eq(argmax(prediction), labelsOf('accuracy', prediction, target));
  const { said, is } = sides('accuracy', prediction, target, threshold);
  return eq(said, is);
}
