import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { checkNames, oneOf } from '../options.js';
import { formatType } from '../shape.js';

export interface RocAucOptions {
  /** Scores of several classes, each against the rest: 'macro' is the mean over classes, 'weighted' by how often each occurs. Default 'macro'. */
  readonly average?: 'macro' | 'weighted';
}

const where = 'rocAuc';

/**
 * The area under the ROC curve: how often a positive sample's score is above a negative one's, ties counting half. Scores [n] (or [n, 1]) rank the
 * positive class; labels are 0 and 1, −1 and 1, or booleans. Scores [n, classes] with class numbers 0 … classes − 1: the mean over the classes, each
 * against the rest. Every class has to occur. Exact, by sorting; it is no metric of `fit`, since ranks do not add up over batches.
 */
export function rocAuc(
  scores: Tensor | ArrayLike<number>,
  labels: Tensor | ArrayLike<number | boolean>,
  options: RocAucOptions = {},
): number {
  checkNames(where, options, ['average']);
  const average = oneOf(where, 'average', options.average ?? 'macro', ['macro', 'weighted']);
  const [values, classes] = readScores(scores);
  const numbers = readLabels(labels, values.length / classes);
  if (classes === 1) return area(values, readSigns(numbers));
  const areas = Array.from({ length: classes }, (_, k) => {
    const own = numbers.map((number) => Number(number === k));
    const column = Float64Array.from(own, (_, i) => values[i * classes + k] ?? NaN);
    const weight = average === 'weighted' ? own.reduce((a, b) => a + b, 0) : 1;
    return { weight, weighted: area(column, own, `class ${k}`) * weight };
  });
  const stray = numbers.find((number) => !Number.isInteger(number) || number < 0 || number >= classes);
  if (stray !== undefined) throw new RavineError('label', where, `expected class numbers from 0 to ${classes - 1}, got ${stray}`);
  return areas.reduce((sum, { weighted }) => sum + weighted, 0) / areas.reduce((sum, { weight }) => sum + weight, 0);
}

/** For each positive score the number of negative ones below it, ties counting half (Mann & Whitney's U), over all pairs. */
function area(scores: Float64Array, isPositive: Float64Array, what = 'label'): number {
  const [positive, negative] = [1, 0].map((sign) => scores.filter((_, i) => isPositive[i] === sign).sort());
  if (!positive?.length || !negative?.length)
    throw new RavineError('label', where, `expected samples with and without ${what === 'label' ? 'label 1' : what}`);
  let [below, upTo, pairs] = [0, 0, 0];
  for (const score of positive) {
    while ((negative[below] ?? Infinity) < score) below++;
    while (upTo < negative.length && (negative[upTo] ?? Infinity) <= score) upTo++;
    pairs += (below + upTo) / 2;
  }
  return pairs / (positive.length * negative.length);
}

function readScores(scores: Tensor | ArrayLike<number>): [values: Float64Array, classes: number] {
  const isTensor = scores instanceof Tensor;
  if (isTensor && scores.rank !== 1 && scores.rank !== 2)
    throw new RavineError('shape', where, `expected scores [samples] or [samples, classes], got ${formatType(scores)}`);
  const values = Float64Array.from(isTensor ? scores.data() : checkArray('scores', scores), Number);
  const wrong = values.findIndex(Number.isNaN);
  if (wrong >= 0) throw new RavineError('data', where, `expected scores that can be ordered, got NaN at ${wrong}`);
  return [values, (isTensor && scores.shape[1]) || 1];
}

function readLabels(labels: Tensor | ArrayLike<number | boolean>, samples: number): Float64Array {
  const numbers = Float64Array.from(labels instanceof Tensor ? labels.data() : checkArray('labels', labels), Number);
  if (numbers.length !== samples)
    throw new RavineError('shape', where, `expected one label a sample, got ${numbers.length} for ${samples} samples`);
  return numbers;
}

/** 0 and 1 for labels that are 0 and 1, or −1 and 1. */
function readSigns(labels: Float64Array): Float64Array {
  const negative = labels.includes(-1) ? -1 : 0;
  const wrong = labels.find((label) => label !== 1 && label !== negative);
  if (wrong === undefined) return labels.map((label) => Math.max(0, label));
  throw new RavineError('label', where, `expected labels ${negative} and 1, got ${wrong}`, {
    help: 'several classes need scores [samples, classes]',
  });
}

function checkArray<T>(name: string, values: ArrayLike<T>): ArrayLike<T> {
  if (typeof values === 'object' && values !== null && typeof values.length === 'number') return values;
  throw new RavineError('data', where, `expected ${name} to be a tensor or an array, got ${describe(values)}`);
}
