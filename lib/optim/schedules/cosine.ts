import { checkNames, numberIn, oneOf, positiveInteger } from '../../options.js';
import type { Schedule } from '../optimizer.js';
import { checkDuration, namedSchedule, progress, stepsOf, type Duration } from './duration.js';

export interface CosineOptions {
  readonly start: number;
  /** Default 0. */
  readonly end?: number;
  /** T. */
  readonly over: Duration;
}

/** end + ½(start − end)(1 + cos(πt/T)), and `end` from T on. */
export function cosine(options: CosineOptions): Schedule {
  const where = 'cosine';
  checkNames(where, options, ['start', 'end', 'over']);
  const { start, end, over } = checkCosine(where, options);
  return namedSchedule(where, (step, info) => halfWave(start, end, progress(step, over, info)));
}

export interface CosineRestartsOptions extends CosineOptions {
  /** Each wave is so many times as long as the one before: 1, 2, … Default 1. */
  readonly growth?: number;
}

/** The cosine from its start again after T steps, then after growth·T more, … (Loshchilov & Hutter 2017). */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const where = 'cosineRestarts';
  checkNames(where, options, ['start', 'end', 'over', 'growth']);
  const { start, end, over } = checkCosine(where, options);
  const growth = positiveInteger(where, 'growth', options.growth ?? 1);
  return namedSchedule(where, (step, info) => {
    let length = stepsOf(over, info);
    let rest = growth === 1 ? step % length : step;
    for (; rest >= length; length *= growth) rest -= length;
    return halfWave(start, end, rest / length);
  });
}

export interface OneCycleOptions {
  readonly max: number;
  /** T. */
  readonly over: Duration;
  /** The part of T in which the rate rises, in [0, 1). Default 0.3. */
  readonly rise?: number;
  /** The first rate is max/initialDivisor. Default 25. */
  readonly initialDivisor?: number;
  /** The last rate is the first/finalDivisor. Default 1e4. */
  readonly finalDivisor?: number;
  /** Default 'cosine'. */
  readonly shape?: 'cosine' | 'linear';
}

/** From max/25 up to max at step rise·T − 1, down to max/250,000 at T − 1, and on at that (Smith 2018). */
export function oneCycle(options: OneCycleOptions): Schedule {
  const where = 'oneCycle';
  checkNames(where, options, ['max', 'over', 'rise', 'initialDivisor', 'finalDivisor', 'shape']);
  const max = numberIn(where, 'max', options.max, 0);
  const first = max / numberIn(where, 'initialDivisor', options.initialDivisor ?? 25, 1);
  const last = first / numberIn(where, 'finalDivisor', options.finalDivisor ?? 1e4, 1);
  const rise = numberIn(where, 'rise', options.rise ?? 0.3, 0, 1, true);
  const over = checkDuration(where, 'over', options.over);
  const between = oneOf(where, 'shape', options.shape ?? 'cosine', ['cosine', 'linear']) === 'cosine' ? halfWave : line;
  return namedSchedule(where, (step, info) => {
    const end = stepsOf(over, info) - 1;
    const top = Math.max(0, rise * (end + 1) - 1);
    if (step >= end) return last;
    return step < top ? between(first, max, step / top) : between(max, last, (step - top) / (end - top));
  });
}

function checkCosine(where: string, options: CosineOptions): Required<CosineOptions> {
  return {
    start: numberIn(where, 'start', options.start, 0),
    end: numberIn(where, 'end', options.end ?? 0, 0),
    over: checkDuration(where, 'over', options.over),
  };
}

/** From a at 0 to b at 1. */
function halfWave(a: number, b: number, part: number): number {
  return b + ((a - b) * (1 + Math.cos(Math.PI * part))) / 2;
}

function line(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}
