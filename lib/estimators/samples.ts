import { nonFinite } from '../data/dataset.js';
import { readElements, toTensor, type Elements, type ReadElements } from '../data/elements.js';
import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { numberIn } from '../options.js';
import { firstNonFinite } from '../runtime/finite.js';
import { formatType } from '../shape.js';
import { SparseMatrix } from '../sparse/matrix.js';
import { classesOf, encodeLabels, type Label, type Labels } from '../sparse/labels.js';
import { classWeights, type ClassWeight } from './options.js';

/** Samples as float64 [rows, features], finite, in memory of their own. */
export function readFeatures(where: string, x: Elements): Tensor {
  return checkedTensor(where, readElements(where, 'x', inDouble(where, x), false));
}

/** The same with rows of zeros after them up to a power of two, so that numbers of rows of all sizes need few programs. */
export function readPadded(where: string, x: Elements): { readonly features: Tensor; readonly rows: number } {
  const read = readElements(where, 'x', inDouble(where, x), false);
  const [rows = 0, ...others] = read.shape;
  const room = 2 ** Math.ceil(Math.log2(Math.max(1, rows)));
  if (room === rows || read.shape.length !== 2 || read.content instanceof Tensor)
    return { features: checkedTensor(where, read), rows };
  const content = new Float64Array(room * others.reduce((product, length) => product * length, 1));
  content.set(read.content);
  return { features: checkedTensor(where, { dtype: 'float64', shape: [room, ...others], content }), rows };
}

function checkedTensor(where: string, read: ReadElements): Tensor {
  const features = toTensor(read);
  try {
    checkFeatures(where, features);
  } catch (error) {
    features.dispose();
    throw error;
  }
  return features;
}

/** Plain numbers are doubles already: as float32 they would lose digits. */
function inDouble(where: string, x: Elements): Elements {
  if (x instanceof SparseMatrix)
    throw new RavineError('data', where, 'expected dense samples, got a SparseMatrix', {
      help: 'SparseLinear learns from these',
    });
  if (x instanceof Tensor) return { data: x.data(), shape: x.shape, dtype: 'float64' };
  if (typeof x !== 'object' || x === null) return x;
  return 'data' in x ? { ...x, dtype: 'float64' } : { data: x, dtype: 'float64' };
}

function checkFeatures(where: string, features: Tensor): void {
  const [, columns] = features.shape;
  if (features.rank !== 2 || columns === undefined)
    throw new RavineError('shape', where, `expected x to be [samples, features], got ${formatType(features)}`, {
      help: 'give a flat array its shape: { data: x, shape: [samples, features] }',
    });
  if (features.size === 0)
    throw new RavineError('data', where, `expected at least one sample and one feature, got ${formatType(features)}`);
  const found = firstNonFinite(features);
  if (found)
    throw nonFinite(where, 'x', found.position, found.value, columns, 'row', 'leave these rows out, or fill in the numbers');
}

export interface LabelledSamples {
  /** Sorted; at least two. */
  readonly classes: readonly Label[];
  /** The number of each sample's class. */
  readonly labels: Int32Array;
}

/** One label a sample; of two classes at least, or of those that are known. */
export function readLabels(where: string, y: Labels | Tensor, rows: number, known?: readonly Label[]): LabelledSamples {
  const given: Labels = y instanceof Tensor ? y.data() : y;
  const classes = known ?? classesOf(where, given);
  checkRank(where, y);
  if (given.length !== rows)
    throw new RavineError('shape', where, `expected one label a sample, got ${given.length} for ${rows} samples`);
  if (classes.length < 2)
    throw new RavineError('label', where, `expected at least two classes, got only ${describe(classes[0])}`);
  return { classes, labels: encodeLabels(where, given, classes, 'the classes are those of fit') };
}

function checkRank(where: string, y: Labels | Tensor): void {
  if (y instanceof Tensor && y.rank !== 1)
    throw new RavineError('shape', where, `expected y to be [samples], got ${formatType(y)}`, {
      help: 'labels are class numbers, not one-hot: argmax(y) gives them',
    });
}

/** What each sample counts: its own weight times its class's; undefined where all count 1. */
export function readWeights(
  where: string,
  { classes, labels }: LabelledSamples,
  classWeight: ClassWeight | undefined,
  sampleWeight: ArrayLike<number> | Tensor | undefined,
): Float64Array | undefined {
  const own = sampleWeight instanceof Tensor ? sampleWeight.data() : sampleWeight;
  if (own !== undefined) checkWeights(where, own, labels.length);
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const byClass = classWeights(where, classWeight, classes, counts);
  if (own === undefined && classWeight === undefined) return undefined;
  const weights = Float64Array.from(labels, (label, i) => (byClass[label] ?? NaN) * (own?.[i] ?? 1));
  const sums = classes.map(() => 0);
  weights.forEach((weight, i) => (sums[labels[i] ?? 0] = (sums[labels[i] ?? 0] ?? 0) + weight));
  const empty = sums.findIndex((sum) => sum === 0);
  if (empty >= 0)
    throw new RavineError('data', where, `expected weights above 0 in every class, got only 0 in ${describe(classes[empty])}`, {
      help: 'leave out the samples of a class that does not count',
    });
  return weights;
}

function checkWeights(where: string, weights: ArrayLike<number>, rows: number): void {
  if (typeof weights !== 'object' || weights === null || typeof weights.length !== 'number')
    throw new RavineError('data', where, `expected sampleWeight to be an array of numbers, got ${describe(weights)}`);
  if (weights.length !== rows)
    throw new RavineError('shape', where, `expected one weight a sample, got ${weights.length} for ${rows} samples`);
  for (let i = 0; i < rows; i++) numberIn(where, `sampleWeight[${i}]`, weights[i], 0);
}
