import type { Dataset, Field } from '../data/dataset.js';
import { isInput, isWeight } from '../data/names.js';
import { isFloat, type TypedArray } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { expectRange, expectValues, type Loss } from '../losses/loss.js';
import { nearest } from '../options.js';
import { cast } from '../ops/cast.js';
import { max, min } from '../ops/reduce.js';
import { formatType } from '../shape.js';
import type { Head } from './heads.js';
import type { ModelParts } from './session.js';

const checked = new WeakMap<Dataset, Set<string>>();

/** Holds a data set to what a model asks of its fields, targets to what the losses ask for, and weights to what they may be; once for each loss. */
export function checkTargets(where: string, { heads }: ModelParts, dataset: Dataset): void {
  checkFields(where, heads, [...dataset.fields.keys()]);
  const known = checked.get(dataset) ?? new Set();
  for (const { loss, target } of heads) {
    const y = dataset.fields.get(target);
    if (!loss || !y) continue;
    const asked = JSON.stringify([target, loss.name, loss.targetRange, loss.targetValues]);
    if (known.has(asked)) continue;
    tidy(() => {
      if (loss.targetRange) expectRange(loss.name, numbers(y), loss.targetRange);
      if (loss.targetValues) expectValues(loss.name, numbers(y), loss.targetValues);
    });
    known.add(asked);
  }
  if (!known.has('weights')) for (const field of dataset.fields.values()) if (isWeight(field.name)) checkWeights(where, field);
  checked.set(dataset, known.add('weights'));
}

/** Every head has its targets, every target its head; and the input is one, or several by name. */
export function checkFields(where: string, heads: readonly Head[], names: readonly string[]): void {
  const refuse = (expected: string, help?: string): never => {
    const got = names.join(', ') || 'nothing';
    throw new RavineError('data', where, `expected ${expected}, got ${got}`, help === undefined ? {} : { help });
  };
  const inputs = names.filter((name) => name === 'x' || name.startsWith('x.'));
  if (inputs.length === 0) refuse("data with 'x'", 'or with x.<name> for each input of a network that takes { <name> }');
  if (inputs.length > 1 && inputs.includes('x')) refuse('data with x or with x.<name>');
  for (const { target } of heads) if (!names.includes(target)) refuse(`data with targets '${target}'`);
  const wanted = heads.flatMap(({ target, sampleWeight }) => [target, sampleWeight]);
  const extra = names.find((name) => !isInput(name) && name !== 'sampleWeight' && !wanted.includes(name));
  if (extra === undefined) return;
  const near = nearest(extra, wanted);
  throw new RavineError('data', where, `the model has no loss or metric for '${extra}'`, {
    help: near === undefined ? `it has for ${heads.map(({ target }) => target).join(', ')}` : `did you mean '${near}'?`,
  });
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

/** Of a stream's batch. */
export function checkBatchWeights(where: string, name: string, weights: TypedArray, batch: number): void {
  const at = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (at < 0) return;
  throw new RavineError('data', where, `expected ${name} to be finite and ≥ 0, got ${weights[at]} in batch ${batch}`);
}

function checkWeights(where: string, field: Field): void {
  const { name, tensor } = field;
  if (tensor.rank !== 1) throw new RavineError('shape', where, `expected ${name} [samples], got ${formatType(tensor)}`);
  const [least, most] = tidy(() => [min(numbers(field)).item(), max(numbers(field)).item()]);
  if (!(least >= 0 && most < Infinity))
    throw new RavineError('data', where, `expected finite sample weights ≥ 0, got ${least >= 0 ? most : least}`);
}
