import { RavineError, describe } from '../../errors.js';
import { checkNames } from '../../options.js';
import { checkLearningRate, learningRateAt, type Schedule } from '../optimizer.js';
import { checkDuration, namedSchedule, stepsOf, type Duration } from './duration.js';
import { checkBoundaries } from './piecewise-constant.js';

/** A schedule times (t + 1)/N in the first N steps: the last of them has the schedule's own value. The schedule itself is not shifted. */
export function warmUp(schedule: number | Schedule, duration: Duration): Schedule {
  const where = 'warmUp';
  const warm = checkLearningRate(where, schedule);
  checkDuration(where, 'duration', duration);
  return namedSchedule(where, (step, info) => learningRateAt(warm, info) * Math.min(1, (step + 1) / stepsOf(duration, info)));
}

export interface SequenceOptions {
  readonly schedules: readonly (number | Schedule)[];
  /** One fewer than schedules, ascending. The step at a boundary is the first of the next schedule. */
  readonly boundaries: readonly Duration[];
}

/** One schedule after another; each counts its steps and epochs from its own beginning. */
export function sequence(options: SequenceOptions): Schedule {
  const where = 'sequence';
  checkNames(where, options, ['schedules', 'boundaries']);
  if (!Array.isArray(options.schedules))
    throw new RavineError('option', where, `expected schedules to be an array, got ${describe(options.schedules)}`);
  const schedules = options.schedules.map((schedule) => checkLearningRate(where, schedule));
  const boundaries = checkBoundaries(options.boundaries, where);
  if (schedules.length !== boundaries.length + 1)
    throw new RavineError(
      'option',
      where,
      `expected one schedule more than the ${boundaries.length} boundaries, got ${schedules.length} schedules`,
    );
  return namedSchedule(where, (step, info) => {
    const begins = boundaries.map((boundary) => stepsOf(boundary, info));
    const index = begins.filter((begin) => step >= begin).length;
    if (index === 0) return learningRateAt(schedules[0] ?? NaN, info);
    const local = step - (begins[index - 1] ?? NaN);
    const epoch = Number.isFinite(info.stepsPerEpoch) ? Math.floor(local / info.stepsPerEpoch) : NaN;
    return learningRateAt(schedules[index] ?? NaN, { ...info, step: local, epoch });
  });
}
