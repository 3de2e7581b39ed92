import { RavineError, describe } from '../../errors.js';
import { positiveInteger } from '../../options.js';
import type { Schedule, StepInfo } from '../optimizer.js';

/** A number of steps, or of epochs: whole ones, or parts of `stepsPerEpoch` steps, rounded to whole steps. */
export type Duration = number | { readonly epochs: number };

export const oneEpoch: Duration = { epochs: 1 };

export function checkDuration(where: string, name: string, value: unknown): Duration {
  if (typeof value === 'number') return positiveInteger(where, name, value);
  const isObject = typeof value === 'object' && value !== null && 'epochs' in value;
  const epochs = isObject ? value.epochs : undefined;
  if (typeof epochs === 'number' && Number.isFinite(epochs) && epochs > 0) return { epochs };
  throw new RavineError(
    'option',
    where,
    `expected ${name} to be a number of steps or { epochs: number > 0 }, got ${describe(value)}`,
  );
}

/** At least one step. */
export function stepsOf(duration: Duration, { stepsPerEpoch }: StepInfo): number {
  if (typeof duration === 'number') return duration;
  if (Number.isFinite(stepsPerEpoch)) return Math.max(1, Math.round(duration.epochs * stepsPerEpoch));
  throw new RavineError(
    'option',
    'schedules',
    `expected steps, got ${duration.epochs} epochs of data whose length is not known`,
    {
      help: 'for streams give durations in steps',
    },
  );
}

/**
 * Time and duration in the same whole units. Whole epochs are those that the fit has counted: they stay right where the batch size changes
 * from one fit to the next, and for streams.
 */
function measured(step: number, duration: Duration, info: StepInfo): readonly [time: number, length: number] {
  const isCounted = typeof duration !== 'number' && Number.isSafeInteger(duration.epochs) && !Number.isNaN(info.epoch);
  if (isCounted) return [info.epoch, duration.epochs];
  return [step, stepsOf(duration, info)];
}

/** ⌊t/N⌋, exact for whole t < 2⁵³: a quotient below k is so by 1/N, more than half of k's last place. */
export function periods(step: number, duration: Duration, info: StepInfo): number {
  const [time, length] = measured(step, duration, info);
  return Math.floor(time / length);
}

/** Whether a step is at a boundary or after it. */
export function isPast(step: number, boundary: Duration, info: StepInfo): boolean {
  const [time, length] = measured(step, boundary, info);
  return time >= length;
}

/** How much of a duration is over, in [0, 1]. */
export function progress(step: number, duration: Duration, info: StepInfo): number {
  return Math.min(1, step / stepsOf(duration, info));
}

/** A schedule that says in messages what it is. */
export function namedSchedule(name: string, schedule: Schedule): Schedule {
  return Object.defineProperty(schedule, 'name', { value: name });
}
