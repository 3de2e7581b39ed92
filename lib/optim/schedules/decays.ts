import { boolean, checkNames, numberIn } from '../../options.js';
import type { Schedule } from '../optimizer.js';
import { checkDuration, namedSchedule, oneEpoch, periods, progress, stepsOf, type Duration } from './duration.js';

export interface HarmonicOptions {
  readonly a: number;
  /** > 0. */
  readonly b: number;
  /** N. Default: one epoch. */
  readonly every?: Duration;
}

/** a/(⌊t/N⌋ + b), as `{ a: 0.001, b: 10 }`: steps whose sum diverges and whose squares' sum does not. */
export function harmonic(options: HarmonicOptions): Schedule {
  const where = 'harmonic';
  checkNames(where, options, ['a', 'b', 'every']);
  const a = numberIn(where, 'a', options.a, 0);
  const b = numberIn(where, 'b', options.b, Number.MIN_VALUE);
  const every = checkDuration(where, 'every', options.every ?? oneEpoch);
  return namedSchedule(where, (step, info) => a / (periods(step, every, info) + b));
}

export interface ExponentialOptions {
  readonly start: number;
  readonly factor: number;
  /** N. Default: one epoch. */
  readonly every?: Duration;
  /** start·factor^(t/N), without the steps. Default false. */
  readonly smooth?: boolean;
}

/** start·factor^⌊t/N⌋ */
export function exponential(options: ExponentialOptions): Schedule {
  const where = 'exponential';
  checkNames(where, options, ['start', 'factor', 'every', 'smooth']);
  const start = numberIn(where, 'start', options.start, 0);
  const factor = numberIn(where, 'factor', options.factor, 0);
  const every = checkDuration(where, 'every', options.every ?? oneEpoch);
  const smooth = boolean(where, 'smooth', options.smooth ?? false);
  return namedSchedule(
    where,
    (step, info) => start * factor ** (smooth ? step / stepsOf(every, info) : periods(step, every, info)),
  );
}

export interface PolynomialOptions {
  readonly start: number;
  /** Default 0. */
  readonly end?: number;
  /** T. */
  readonly over: Duration;
  /** Default 1: a straight line. */
  readonly power?: number;
}

/** end + (start − end)·(1 − t/T)^power, and `end` from T on. */
export function polynomial(options: PolynomialOptions): Schedule {
  const where = 'polynomial';
  checkNames(where, options, ['start', 'end', 'over', 'power']);
  const start = numberIn(where, 'start', options.start, 0);
  const end = numberIn(where, 'end', options.end ?? 0, 0);
  const power = numberIn(where, 'power', options.power ?? 1, Number.MIN_VALUE);
  const over = checkDuration(where, 'over', options.over);
  return namedSchedule(where, (step, info) => end + (start - end) * (1 - progress(step, over, info)) ** power);
}
