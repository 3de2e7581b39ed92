import { square, sub } from '../ops/elementwise.js';
import { elementwiseLoss, type Loss } from './loss.js';

/** (x − y)², the mean over all elements. Targets have the predictions' shape and dtype. */
export function meanSquaredError(): Loss {
  return elementwiseLoss('meanSquaredError', (x, y) => square(sub(x, y)));
}
