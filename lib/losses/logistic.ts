import { mul, neg, sub } from '../ops/elementwise.js';
import { softplus } from '../ops/softplus.js';
import { checkNames, oneOf } from '../options.js';
import { elementwiseLoss, type Loss } from './loss.js';

/** Targets −1 and +1, or 0 and 1. */
export interface MarginOptions {
  readonly labels?: 'signed' | 'binary';
}

/** A loss of the margin y·z, y = ±1. */
export function marginLoss(
  name: string,
  options: MarginOptions,
  of: (margin: Parameters<typeof softplus>[0]) => ReturnType<typeof softplus>,
): Loss {
  checkNames(name, options, ['labels']);
  const labels = oneOf(name, 'labels', options.labels ?? 'signed', ['signed', 'binary']);
  return elementwiseLoss(name, (z, y) => of(mul(labels === 'signed' ? y : sub(mul(y, 2), 1), z)), {
    targetValues: labels === 'signed' ? [-1, 1] : [0, 1],
  });
}

/**
 * −log P(y|z) = log(1 + e^(−y·z)), the mean over all elements: logistic regression on logits z, never overflowing. Targets are −1 and +1, or with
 * `labels: 'binary'` 0 and 1; integers, or floats of the logits' dtype.
 */
export function logistic(options: MarginOptions = {}): Loss {
  return marginLoss('logistic', options, (margin) => softplus(neg(margin)));
}
