import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { ne, select } from '../ops/compare.js';
import { softmaxCrossEntropyWithLogits, softmaxCrossEntropyWithTargets } from '../ops/cross-entropy.js';
import { add, mul, neg } from '../ops/elementwise.js';
import { mean } from '../ops/reduce.js';
import { logSoftmax } from '../ops/softmax.js';
import { checkNames, numberIn } from '../options.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import {
  classNames,
  counted,
  countedLabels,
  countedMean,
  refuseIgnored,
  resolveClasses,
  smoothed,
  weightTensor,
  type ClassOptions,
  type ResolvedClasses,
} from './classes.js';
import { average, expectFloatPrediction, expectSamples, expectSameDType, type Loss } from './loss.js';

const where = 'softmaxCrossEntropy';

export interface SoftmaxCrossEntropyOptions extends ClassOptions {
  /** Part of each target that is spread evenly over all classes, in [0, 1). Szegedy et al. 2016. Default 0. */
  readonly labelSmoothing?: number;
}

interface Resolved extends ResolvedClasses {
  readonly smoothing: number;
}

/**
 * −log softmax(x)ᵧ, the mean over samples. Predictions are logits [n, …, classes]; targets are class numbers [n, …] (int32, or uint8), or
 * probabilities of the logits' shape and dtype: −Σⱼ yⱼ·log softmax(x)ⱼ. Class weights, smoothing and ignored labels mean what they do in PyTorch; if
 * every label is ignored, the loss is 0.
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): Loss {
  checkNames(where, options, [...classNames, 'labelSmoothing']);
  const smoothing = numberIn(where, 'labelSmoothing', options.labelSmoothing ?? 0, 0, 1, true);
  const resolved = { ...resolveClasses(where, options), smoothing };
  return { name: where, checkTarget, call: (prediction, target, weight) => call(resolved, prediction, target, weight) };
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  checkClassTarget(where, prediction, target);
}

/** Predictions for two classes or more, with class numbers or probabilities to meet them. */
export function checkClassTarget(where: string, prediction: TensorType, target: TensorType): void {
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

function call(options: Resolved, logits: Tensor, target: Tensor, sampleWeight: Tensor | undefined): Tensor {
  checkTarget(logits, target);
  expectSamples(where, logits);
  if (target.rank === logits.rank) return ofProbabilities(options, logits, target, sampleWeight);
  const { labels, counts } = countedLabels(where, cast(target, 'int32'), logits, options);
  const losses = softmaxCrossEntropyWithLogits(logits, labels);
  const { smoothing } = options;
  if (!counts) return average(where, smoothing === 0 ? losses : blend(losses, evenly(options, logits), smoothing), sampleWeight);
  const kept = counted(losses, counts);
  if (smoothing === 0) return countedMean(where, kept, counts, sampleWeight);
  // Of the smoothed part each class has its own weight; the mean is by the labels' weights.
  const even = evenly(options, logits);
  const smooth = options.ignoreLabel === undefined ? even : select(ne(cast(target, 'int32'), options.ignoreLabel), even, 0);
  return countedMean(where, blend(kept, smooth, smoothing), counts, sampleWeight);
}

function ofProbabilities(options: Resolved, logits: Tensor, target: Tensor, sampleWeight: Tensor | undefined): Tensor {
  if (options.ignoreLabel !== undefined) refuseIgnored(where, target);
  const { weights } = options;
  const soft = smoothed(target, options.smoothing);
  const weighted = weights ? mul(soft, weightTensor(where, weights, logits)) : soft;
  return average(where, softmaxCrossEntropyWithTargets(logits, weighted), sampleWeight);
}

const blend = (a: Tensor, b: Tensor, share: number): Tensor => add(mul(a, 1 - share), mul(b, share));

/** −Σⱼ wⱼ·log softmax(x)ⱼ/classes: what a target spread over all classes gives. */
function evenly({ weights }: Resolved, logits: Tensor): Tensor {
  const logs = logSoftmax(logits);
  return neg(mean(weights ? mul(logs, weightTensor(where, weights, logits)) : logs, { axis: -1 }));
}
