import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { add, exp, mul, neg, pow, sigmoid, sub } from '../ops/elementwise.js';
import { sigmoidCrossEntropy } from '../ops/sigmoid-cross-entropy.js';
import { softmaxCrossEntropyWithLogits } from '../ops/cross-entropy.js';
import { checkNames, numberIn } from '../options.js';
import type { TensorType } from '../shape.js';
import { classNames, counted, countedLabels, countedMean, resolveClasses, type ClassOptions } from './classes.js';
import { average, elementwiseLoss, expectSamples, type Loss } from './loss.js';
import { checkClassTarget } from './softmax-cross-entropy.js';

export interface FocalOptions extends ClassOptions {
  /** How much well-classified samples are held down, ≥ 0; 0 is cross entropy. Default 2. */
  readonly gamma?: number;
}

/**
 * −(1 − p)^γ·log p with p = softmax(x)ᵧ, the mean over samples: cross entropy that looks at what is still wrong. Logits [n, …, classes], class
 * numbers [n, …]. Lin et al. 2017.
 */
export function focal(options: FocalOptions = {}): Loss {
  const name = 'focal';
  checkNames(name, options, [...classNames, 'gamma']);
  const gamma = numberIn(name, 'gamma', options.gamma ?? 2, 0);
  const resolved = resolveClasses(name, options);
  const checkTarget = (prediction: TensorType, target: TensorType): void => checkClassTarget(name, prediction, target);
  return {
    name,
    checkTarget,
    call(prediction: Tensor, target: Tensor, sampleWeight) {
      checkTarget(prediction, target);
      expectSamples(name, prediction);
      const { labels, counts } = countedLabels(name, cast(target, 'int32'), prediction, resolved);
      const entropy = softmaxCrossEntropyWithLogits(prediction, labels);
      const losses = mul(pow(sub(1, exp(neg(entropy))), gamma), entropy);
      return counts ? countedMean(name, counted(losses, counts), counts, sampleWeight) : average(name, losses, sampleWeight);
    },
  };
}

export interface SigmoidFocalOptions {
  readonly gamma?: number;
  /** Weight of class 1, in [0, 1]; class 0 has the rest. Default 0.25. */
  readonly alpha?: number;
}

/** The same of single logits with targets 0 and 1: α of class 1, 1 − α of class 0. */
export function sigmoidFocal(options: SigmoidFocalOptions = {}): Loss {
  const name = 'sigmoidFocal';
  checkNames(name, options, ['gamma', 'alpha']);
  const gamma = numberIn(name, 'gamma', options.gamma ?? 2, 0);
  const alpha = numberIn(name, 'alpha', options.alpha ?? 0.25, 0, 1);
  const weigh = (y: Tensor, ofOne: Tensor | number, ofZero: Tensor | number): Tensor =>
    add(mul(y, ofOne), mul(sub(1, y), ofZero));
  return elementwiseLoss(
    name,
    (x, y) => {
      const p = sigmoid(x);
      const wrong = weigh(y, sub(1, p), p);
      return mul(mul(weigh(y, alpha, 1 - alpha), pow(wrong, gamma)), sigmoidCrossEntropy(x, y));
    },
    { targetRange: [0, 1], targetValues: [0, 1] },
  );
}
