import type { Tensor } from '../ir/tensor.js';
import { gt, select } from '../ops/compare.js';
import { log, mul, sub } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { average, expectLike, expectRange, expectSamples, type Loss } from './loss.js';

const name = 'klDivergence';
const targetRange = [0, 1] as const;

/**
 * Σⱼ yⱼ·(log yⱼ − xⱼ), the mean over samples: predictions are log-probabilities [n, …] (see `nn.logSoftmax`), targets probabilities of their shape and
 * dtype. 0·log 0 is 0. Kullback & Leibler 1951.
 */
export function klDivergence(): Loss {
  return { name, targetRange, checkTarget: (x, y) => expectLike(name, x, y), call };
}

function call(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): Tensor {
  expectLike(name, prediction, target);
  expectSamples(name, prediction);
  expectRange(name, target, targetRange);
  const isPositive = gt(target, 0);
  const entropy = mul(target, log(select(isPositive, target, 1)));
  const axis = prediction.shape.slice(1).map((_, i) => i + 1);
  return average(name, sum(sub(entropy, mul(target, prediction)), { axis }), sampleWeight);
}
