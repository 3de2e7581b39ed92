import { relu, square, sub } from '../ops/elementwise.js';
import { marginLoss, type MarginOptions } from './logistic.js';
import type { Loss } from './loss.js';

/** max(0, 1 − y·z), the mean over all elements. Targets are −1 and +1, or with `labels: 'binary'` 0 and 1. Cortes & Vapnik 1995. */
export function hinge(options: MarginOptions = {}): Loss {
  return marginLoss('hinge', options, (margin) => relu(sub(1, margin)));
}

/** max(0, 1 − y·z)². */
export function squaredHinge(options: MarginOptions = {}): Loss {
  return marginLoss('squaredHinge', options, (margin) => square(relu(sub(1, margin))));
}
