import type { Dataset, Field } from '../data/dataset.js';
import { isFloat, type TypedArray } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { expectRange, expectValues, type Loss } from '../losses/loss.js';
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
  tidy(() => {
    if (loss.targetRange) expectRange(loss.name, numbers(y), loss.targetRange);
    if (loss.targetValues) expectValues(loss.name, numbers(y), loss.targetValues);
  });
  checkWeights(dataset);
  checked.set(dataset, known.add(asked));
}

function numbers({ dtype, tensor }: Field): Tensor {
  return isFloat(dtype) ? tensor : cast(tensor, 'float64');
}

/** The same of one batch of a stream: small, and on this side of the border. */
export function checkBatchTargets(loss: Loss, targets: TypedArray, batch: number): void {
  const { name, targetRange: [low, high] = [-Infinity, Infinity], targetValues } = loss;
  const at = targets.findIndex((y) => !(y >= low && y <= high) || targetValues?.includes(y) === false);
  if (at < 0) return;
  const expected = targetValues ? targetValues.join(' or ') : `in [${low}, ${high}]`;
  throw new RavineError('label', name, `expected targets ${expected}, got ${targets[at]} in batch ${batch}`);
}

function checkWeights(dataset: Dataset): void {
  const weights = dataset.fields.get('sampleWeight');
  if (!weights) return;
  const { tensor } = weights;
  if (tensor.rank !== 1) throw new RavineError('shape', 'fit', `expected sampleWeight [samples], got ${formatType(tensor)}`);
  const [least, most] = tidy(() => [min(numbers(weights)).item(), max(numbers(weights)).item()]);
  if (!(least >= 0 && most < Infinity))
    throw new RavineError('data', 'fit', `expected finite sample weights ≥ 0, got ${least >= 0 ? most : least}`);
}
