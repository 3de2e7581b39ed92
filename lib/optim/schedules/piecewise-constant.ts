import { RavineError, describe } from '../../errors.js';
import { checkNames, numberIn } from '../../options.js';
import type { Schedule, StepInfo } from '../optimizer.js';
import { checkDuration, isPast, namedSchedule, periods, type Duration } from './duration.js';

/** Either `start` and `factor`, with `every` or with `boundaries`; or `values` with `boundaries`. */
export interface PiecewiseConstantOptions {
  readonly start?: number;
  /** Multiplied with at each boundary. Default 0.1. */
  readonly factor?: number;
  /** A boundary after each such time. */
  readonly every?: Duration;
  /** Ascending. The step at a boundary is the first with the new value. */
  readonly boundaries?: readonly Duration[];
  /** One more than boundaries. */
  readonly values?: readonly number[];
}

const where = 'piecewiseConstant';
const known: readonly (keyof PiecewiseConstantOptions)[] = ['start', 'factor', 'every', 'boundaries', 'values'];

/** `{ start: 0.1, every: { epochs: 30 } }`: 0.1·0.1^⌊t/N⌋. Or `{ values: [0.1, 0.02, 0.01], boundaries: [1000, 5000] }`. */
export function piecewiseConstant(options: PiecewiseConstantOptions): Schedule {
  checkNames(where, options, known);
  const { values, every } = options;
  const boundaries = options.boundaries === undefined ? undefined : checkBoundaries(options.boundaries);
  if ((every === undefined) === (boundaries === undefined)) fail('expected either every or boundaries');
  if (values !== undefined) return ofValues(options, values, boundaries);
  const start = numberIn(where, 'start', options.start, 0);
  const factor = numberIn(where, 'factor', options.factor ?? 0.1, 0);
  if (boundaries) return namedSchedule(where, (step, info) => start * factor ** passed(step, boundaries, info));
  const period = checkDuration(where, 'every', every);
  return namedSchedule(where, (step, info) => start * factor ** periods(step, period, info));
}

function ofValues(
  { start, factor }: PiecewiseConstantOptions,
  values: unknown,
  boundaries: readonly Duration[] | undefined,
): Schedule {
  if (start !== undefined || factor !== undefined || !boundaries)
    fail('expected values to come with boundaries, and nothing else');
  if (!Array.isArray(values)) fail(`expected values to be an array of numbers, got ${describe(values)}`);
  const checked = values.map((value, i) => numberIn(where, `values[${i}]`, value, 0));
  if (checked.length !== boundaries.length + 1)
    fail(`expected one value more than the ${boundaries.length} boundaries, got ${checked.length} values`);
  return namedSchedule(where, (step, info) => checked[passed(step, boundaries, info)] ?? NaN);
}

export function checkBoundaries(boundaries: unknown, place = where): readonly Duration[] {
  if (!Array.isArray(boundaries))
    throw new RavineError('option', place, `expected boundaries to be an array, got ${describe(boundaries)}`);
  const checked = boundaries.map((boundary, i) => checkDuration(place, `boundaries[${i}]`, boundary));
  checked.forEach((boundary, i) => {
    const before = checked[i - 1];
    if (before !== undefined && !mayFollow(before, boundary))
      throw new RavineError('option', place, `expected boundaries to ascend, got ${JSON.stringify(checked)}`);
  });
  return checked;
}

/** Steps and epochs can be compared only once the length of an epoch is known. */
function mayFollow(a: Duration, b: Duration): boolean {
  if (typeof a === 'number') return typeof b !== 'number' || a < b;
  return typeof b === 'number' || a.epochs < b.epochs;
}

/** How many boundaries are at or before a step. */
export function passed(step: number, boundaries: readonly Duration[], info: StepInfo): number {
  return boundaries.filter((boundary) => isPast(step, boundary, info)).length;
}

function fail(message: string): never {
  throw new RavineError('option', where, message);
}
