import { RavineError } from '../errors.js';
import { boolean, checkNames, nonNegativeInteger, numberIn } from '../options.js';
import { formatType } from '../shape.js';
import type { Dataset } from './dataset.js';
import { permutation } from './permutation.js';

export interface SplitOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Keeps the classes' proportions, by the class numbers in `y`. Default false. */
  readonly stratify?: boolean;
}

/** Rows of each class, in the order in which the classes come first. */
type Classes = readonly (readonly number[])[];

/** Options as a seed and the rows of each class, if the split is by classes. Each has at least `least` samples. */
export function resolveSplit(
  where: string,
  dataset: Dataset,
  options: SplitOptions,
  least: number,
): { readonly seed: number; readonly classes: Classes | undefined } {
  checkNames(where, options, ['seed', 'stratify']);
  const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
  const stratify = boolean(where, 'stratify', options.stratify ?? false);
  return { seed, classes: stratify ? classesOf(where, dataset, least) : undefined };
}

function classesOf(where: string, dataset: Dataset, least: number): Classes {
  const labels = dataset.fields.get('y')?.tensor;
  if (labels === undefined || labels.rank !== 1)
    throw new RavineError(
      'data',
      where,
      `expected 'y' to be one class a sample to stratify by, got ${labels ? formatType(labels) : 'none'}`,
    );
  const rows = new Map<number, number[]>();
  labels.data().forEach((label, row) => {
    const own = rows.get(label);
    if (own) own.push(row);
    else rows.set(label, [row]);
  });
  for (const [label, own] of rows)
    if (own.length < least)
      throw new RavineError(
        'data',
        where,
        `expected at least ${least} samples of each class, got ${own.length} of class ${label}`,
      );
  return [...rows.values()];
}

/** Samples in the first part: a share below 1, or their number. */
export function countOf(where: string, fraction: number, samples: number): number {
  const isCount = Number.isSafeInteger(fraction) && fraction > 1;
  const first = isCount ? fraction : Math.round(numberIn(where, 'fraction', fraction, 0, 1) * samples);
  if (first < 1 || first >= samples)
    throw new RavineError('option', where, `${fraction} of ${samples} samples leaves a part without any`);
  return first;
}

/** Row numbers of two parts, the first of `first` rows. */
export function splitRows(samples: number, first: number, seed: number, classes: Classes | undefined): [Int32Array, Int32Array] {
  const order = permutation(samples, seed);
  if (!classes) return [order.subarray(0, first), order.subarray(first)];
  const left = sharesOf(classes, first / samples, first);
  const classOf = classNumbers(classes, samples);
  const parts: [number[], number[]] = [[], []];
  for (const row of order) {
    const own = classOf[row] ?? 0;
    const inFirst = (left[own] ?? 0) > 0;
    if (inFirst) left[own] = (left[own] ?? 0) - 1;
    parts[inFirst ? 0 : 1].push(row);
  }
  return [Int32Array.from(parts[0]), Int32Array.from(parts[1])];
}

/** How many of each class go into the first part: rounded down, and what is missing to those with the largest remainders. */
function sharesOf(classes: Classes, share: number, total: number): number[] {
  const exact = classes.map((rows) => rows.length * share);
  const counts = exact.map(Math.floor);
  const missing = total - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((value, i) => [value - Math.floor(value), i] as const).sort(([a, i], [b, j]) => b - a || i - j);
  for (const [, i] of byRemainder.slice(0, missing)) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
}

/** Row numbers of `count` parts whose lengths differ by one at most. */
export function foldRows(samples: number, count: number, seed: number, classes: Classes | undefined): Int32Array[] {
  const order = permutation(samples, seed);
  const parts = Array.from({ length: count }, (): number[] => []);
  // Class by class, each going on where the one before ended: classes are spread evenly, and so are all samples.
  const byClass = classes ? groupBy(order, classNumbers(classes, samples), classes.length) : [order];
  let next = 0;
  for (const rows of byClass) for (const row of rows) parts[next++ % count]?.push(row);
  return parts.map((rows) => Int32Array.from(rows));
}

export function joinRows(parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((rows) => [...rows]));
}

function classNumbers(classes: Classes, samples: number): Int32Array {
  const numbers = new Int32Array(samples);
  classes.forEach((rows, own) => rows.forEach((row) => (numbers[row] = own)));
  return numbers;
}

function groupBy(order: Int32Array, classOf: Int32Array, count: number): number[][] {
  const groups = Array.from({ length: count }, (): number[] => []);
  for (const row of order) groups[classOf[row] ?? 0]?.push(row);
  return groups;
}
