import { numberIn } from '../../options.js';
import type { Schedule } from '../optimizer.js';
import { namedSchedule } from './duration.js';

/** The same at every step. */
export function constant(value: number): Schedule {
  numberIn('constant', 'value', value, 0);
  return namedSchedule('constant', () => value);
}
