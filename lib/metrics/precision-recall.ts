import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq } from '../ops/compare.js';
import { onesLike } from '../ops/constant.js';
import { mul } from '../ops/elementwise.js';
import { oneHot } from '../ops/indexing.js';
import { argmax, sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { checkNames, numberIn, oneOf, positiveInteger } from '../options.js';
import { formatType, sameShape } from '../shape.js';
import { isOneOutput, labelsOf, sides } from './classes.js';
import { weigh, type Metric } from './metric.js';

export type Average = 'binary' | 'micro' | 'macro' | 'weighted';

export interface ClassMetricOptions {
  /**
   * 'binary': of class 1. Predictions and targets of one shape are taken place by place, one output a sample or many labels at once; with outputs [n, 2]
   * and class numbers [n] the larger output is what is said. 'micro': of all classes' counts together, which with one class a sample is the accuracy.
   * 'macro': the mean over those classes that occur or are said; 'weighted': the mean by how often each occurs. Default 'binary'.
   */
  readonly average?: Average;
  /** How many there are, for 'macro' and 'weighted', which keep three sums for each. */
  readonly classes?: number;
  /** With one output a sample: what lies above is class 1. 0 suits logits, 0.5 probabilities. Default 0. */
  readonly threshold?: number;
}

/** Of one class: samples that are said to be of it and are, that are said to be, and that are. */
interface Counts {
  readonly hits: number;
  readonly said: number;
  readonly are: number;
}

/** The part of samples that are what they are said to be, hits/said; 0 where nothing is said. Key `precision`, or `precision_<average>`. */
export function precision(options: ClassMetricOptions = {}): Metric {
  return ofCounts('precision', 'precision', options, ({ hits, said }) => part(hits, said));
}

/** The part of samples that are said to be what they are, hits/are; 0 where there are none. Key `recall`, or `recall_<average>`. */
export function recall(options: ClassMetricOptions = {}): Metric {
  return ofCounts('recall', 'recall', options, ({ hits, are }) => part(hits, are));
}

/** The harmonic mean of precision and recall, 2·hits/(said + are); 0 where there are none. Key `f1_score`, or `f1_score_<average>`. */
export function f1Score(options: ClassMetricOptions = {}): Metric {
  return ofCounts('f1Score', 'f1_score', options, ({ hits, said, are }) => part(2 * hits, said + are));
}

function part(some: number, all: number): number {
  return all > 0 ? some / all : 0;
}

function ofCounts(where: string, name: string, options: ClassMetricOptions, of: (counts: Counts) => number): Metric {
  checkNames(where, options, ['average', 'classes', 'threshold']);
  const average = oneOf(where, 'average', options.average ?? 'binary', ['binary', 'micro', 'macro', 'weighted']);
  const threshold = numberIn(where, 'threshold', options.threshold ?? 0, -Number.MAX_VALUE);
  const classes = classesOf(where, average, options.classes);
  return {
    name: average === 'binary' ? name : `${name}_${average}`,
    sums: 3 * classes,
    accumulate(prediction, target, sampleWeight) {
      const { hits, said, are } = marks(where, prediction, target, { average, threshold, classes });
      const weighed = [hits, said, are].map((mark) => weigh(where, cast(mark, 'float32'), sampleWeight));
      return average === 'binary' || average === 'micro' ? weighed.map((mark) => sum(mark)) : weighed.flatMap(sumsByClass);
    },
    result(sums) {
      const counts = Array.from({ length: classes }, (_, i): Counts => {
        const [hits = NaN, said = NaN, are = NaN] = [sums[i], sums[classes + i], sums[2 * classes + i]];
        return { hits, said, are };
      });
      return meanOf(average, counts, of);
    },
  };
}

function classesOf(where: string, average: Average, classes: number | undefined): number {
  if (average === 'macro' || average === 'weighted') {
    if (classes !== undefined) return positiveInteger(where, 'classes', classes);
    throw new RavineError('option', where, `expected the number of classes with average '${average}'`, {
      help: `${where}({ average: '${average}', classes: 10 })`,
    });
  }
  if (classes !== undefined) throw new RavineError('option', where, `average '${average}' has no option 'classes'`);
  return 1;
}

function meanOf(average: Average, counts: readonly Counts[], of: (counts: Counts) => number): number {
  const present = counts.filter(({ said, are }) => said > 0 || are > 0);
  const weights = present.map(({ are }) => (average === 'weighted' ? are : 1));
  const total = present.reduce((mean, count, i) => mean + of(count) * (weights[i] ?? NaN), 0);
  return part(
    total,
    weights.reduce((a, b) => a + b, 0),
  );
}

interface Settings {
  readonly average: Average;
  readonly threshold: number;
  readonly classes: number;
}

/** 1 where there is a hit, where a class is said and where it is: of class 1 or of all classes together [n, …], or of each [n, …, classes]. */
function marks(where: string, prediction: Tensor, target: Tensor, settings: Settings): Record<keyof Counts, Tensor> {
  const { said, is } = numbersIn(where, prediction, target, settings);
  switch (settings.average) {
    case 'binary':
      return { hits: mul(said, is), said, are: is };
    case 'micro':
      return { hits: eq(said, is), said: onesLike(said), are: onesLike(is) };
    case 'macro':
    case 'weighted': {
      const [chosen, own] = [oneHot(said, settings.classes), oneHot(is, settings.classes)];
      return { hits: mul(chosen, own), said: chosen, are: own };
    }
  }
}

/** The numbers of the classes that are said and that are, int32 [n, …]. */
function numbersIn(where: string, prediction: Tensor, target: Tensor, settings: Settings): { said: Tensor; is: Tensor } {
  const { average, threshold, classes } = settings;
  const isOne = isOneOutput(prediction);
  const outputs = isOne ? 2 : (prediction.shape.at(-1) ?? 0);
  if ((average === 'macro' || average === 'weighted') && outputs !== classes)
    throw new RavineError('shape', where, `expected predictions of ${classes} classes, got ${formatType(prediction)}`);
  const byPlace = average === 'binary' && (outputs !== 2 || sameShape(prediction.shape, target.shape));
  if (isOne || byPlace) return sides(where, prediction, target, threshold);
  return { said: argmax(prediction), is: labelsOf(where, prediction, target) };
}

/** Of marks [n, …, classes], each class's sum. */
function sumsByClass(marks: Tensor): Tensor[] {
  const classes = marks.shape.at(-1) ?? 0;
  const sums = sum(reshape(marks, [-1, classes]), { axis: 0 });
  return Array.from({ length: classes }, (_, i) => reshape(slice(sums, [i], [i + 1]), []));
}
