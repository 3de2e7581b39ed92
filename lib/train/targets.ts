import { RavineError } from '../errors.js';
import type { Dataset } from '../data/dataset.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import type { Loss } from '../losses/loss.js';
import { cast } from '../ops/cast.js';
import { max, min } from '../ops/reduce.js';
import { isFloat } from '../dtype.js';

const checked = new WeakMap<Dataset, Set<string>>();

/** Holds a data set's targets to the range that the loss asks for, once for each loss. */
export function checkTargets(loss: Loss, dataset: Dataset): void {
  const y = dataset.fields.get('y');
  if (!y) throw new RavineError('data', 'fit', `expected data with targets 'y', got ${[...dataset.fields.keys()].join(', ')}`);
  if (!loss.targetRange) return;
  const known = checked.get(dataset) ?? new Set();
  if (known.has(loss.name)) return;
  const [low, high] = loss.targetRange;
  const numbers = (): Tensor => (isFloat(y.dtype) ? y.tensor : cast(y.tensor, 'float64'));
  const [least, most] = tidy(() => [min(numbers()).item(), max(numbers()).item()]);
  if (!(least >= low && most <= high))
    throw new RavineError('label', loss.name, `expected targets in [${low}, ${high}], got ${least < low ? least : most}`);
  checked.set(dataset, known.add(loss.name));
}
