import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { ne, select } from '../ops/compare.js';
import { neg } from '../ops/elementwise.js';
import { oneHot } from '../ops/indexing.js';
import { sum } from '../ops/reduce.js';
import { checkNames } from '../options.js';
import { formatType, type TensorType } from '../shape.js';
import { classNames, counted, countedLabels, countedMean, resolveClasses, type ClassOptions } from './classes.js';
import { average, expectSamples, type Loss } from './loss.js';
import { checkClassTarget } from './softmax-cross-entropy.js';

const name = 'negativeLogLikelihood';

/**
 * −xᵧ, the mean over samples: predictions are log-probabilities [n, …, classes] (see `nn.logSoftmax`), targets class numbers [n, …]. Class weights and
 * ignored labels mean what they do in PyTorch.
 */
export function negativeLogLikelihood(options: ClassOptions = {}): Loss {
  checkNames(name, options, classNames);
  const resolved = resolveClasses(name, options);
  return {
    name,
    checkTarget,
    call(prediction, target, sampleWeight) {
      checkTarget(prediction, target);
      expectSamples(name, prediction);
      const { labels, counts } = countedLabels(name, cast(target, 'int32'), prediction, resolved);
      const losses = neg(picked(prediction, labels));
      return counts ? countedMean(name, counted(losses, counts), counts, sampleWeight) : average(name, losses, sampleWeight);
    },
  };
}

function checkTarget(prediction: TensorType, target: TensorType): void {
  checkClassTarget(name, prediction, target);
  if (target.shape.length === prediction.shape.length)
    throw new RavineError('dtype', name, `expected class numbers, got ${formatType(target)}`, {
      help: 'probabilities go with klDivergence()',
    });
}

/** x[…, label], also where others are −∞. */
function picked(x: Tensor, labels: Tensor): Tensor {
  return sum(select(ne(oneHot(labels, x.shape.at(-1) ?? 0), 0), x, 0), { axis: -1 });
}
