import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, positiveInteger } from '../options.js';
import type { Optimizer } from '../optim/optimizer.js';
import { expectPlain, follow } from './follow.js';

/** A function of two parameters and where the race begins. */
export interface RaceFunction {
  /** w [2], float64 → [] */
  readonly f: (w: Tensor) => Tensor;
  readonly start: readonly [number, number];
}

export interface RaceOptions {
  readonly functions: Readonly<Record<string, RaceFunction>>;
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  readonly steps: number;
}

/** One optimiser on one function. */
export interface RacePath {
  readonly function: string;
  readonly optimizer: string;
  /** [steps + 1, 2]: parameters row by row, the start first. What has diverged stays NaN or infinite. */
  readonly path: Float64Array;
  /** [steps + 1]: the function's values there. */
  readonly values: Float64Array;
}

const where = 'lab.race';

/** Every optimiser on every function of two parameters, in float64. */
export function race(options: RaceOptions): RacePath[] {
  checkNames(where, options, ['functions', 'optimizers', 'steps']);
  const steps = positiveInteger(where, 'steps', options.steps);
  return Object.entries(options.functions).flatMap(([name, { f, start }]) => {
    const place: unknown = start;
    if (!Array.isArray(place) || place.length !== 2 || !place.every(Number.isFinite))
      throw new RavineError('option', where, `expected start of '${name}' to be two finite numbers, got ${describe(place)}`);
    return Object.entries(options.optimizers).map(([label, optimizer]) => {
      expectPlain(where, label, optimizer);
      return { function: name, optimizer: label, ...follow(f, start, optimizer, steps) };
    });
  });
}
