import { abs, sub } from '../ops/elementwise.js';
import { elementwiseLoss, type Loss } from './loss.js';

/** |x − y|, the mean over all elements: the L1 loss. Targets have the predictions' shape and dtype. */
export function meanAbsoluteError(): Loss {
  return elementwiseLoss('meanAbsoluteError', (x, y) => abs(sub(x, y)));
}
