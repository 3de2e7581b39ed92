import type { Dataset, Field } from '../data/dataset.js';
import { isFloat } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { firstOther, type Loss } from '../losses/loss.js';
import { cast } from '../ops/cast.js';
import { max, min } from '../ops/reduce.js';
import { formatType } from '../shape.js';

const checked = new WeakMap<Dataset, Set<string>>();

/** Holds a data set's targets to what the loss asks for, and weights to what they may be, once for each loss. */
export function checkTargets(loss: Loss, dataset: Dataset): void {
  const y = dataset.fields.get('y');
  if (!y) throw new RavineError('data', 'fit', `expected data with targets 'y', got ${[...dataset.fields.keys()].join(', ')}`);
  const known = checked.get(dataset) ?? new Set();
  const asked = JSON.stringify([loss.name, loss.targetRange, loss.targetValues]);
  if (known.has(asked)) return;
  checkRange(loss, y);
  const wrong = loss.targetValues && tidy(() => firstOther(numbers(y), loss.targetValues ?? []));
  if (wrong !== undefined)
    throw new RavineError('label', loss.name, `expected targets ${loss.targetValues?.join(' or ')}, got ${wrong}`);
  checkWeights(dataset);
  checked.set(dataset, known.add(asked));
}

function numbers({ dtype, tensor }: Field): Tensor {
  return isFloat(dtype) ? tensor : cast(tensor, 'float64');
}

function checkRange(loss: Loss, y: Field): void {
  if (!loss.targetRange) return;
  const [low, high] = loss.targetRange;
  const [least, most] = tidy(() => [min(numbers(y)).item(), max(numbers(y)).item()]);
  if (!(least >= low && most <= high))
    throw new RavineError('label', loss.name, `expected targets in [${low}, ${high}], got ${least < low ? least : most}`);
}

function checkWeights(dataset: Dataset): void {
  const weights = dataset.fields.get('sampleWeight');
  if (!weights) return;
  const { tensor } = weights;
  if (tensor.rank !== 1) throw new RavineError('shape', 'fit', `expected sampleWeight [samples], got ${formatType(tensor)}`);
  const least = tidy(() => min(numbers(weights)).item());
  if (!(least >= 0)) throw new RavineError('data', 'fit', `expected sample weights ≥ 0, got ${least}`);
}
