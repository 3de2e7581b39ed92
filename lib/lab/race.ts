import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, positiveInteger } from '../options.js';
import { checkFunction } from '../optim/minimize/options.js';
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
  const optimizers = recordOf('optimizers', options.optimizers);
  return recordOf('functions', options.functions).flatMap(([name, { f, start }]) => {
    checkFunction(where, `f of '${name}'`, f);
    const place: unknown = start;
    if (!Array.isArray(place) || place.length !== 2 || !place.every(Number.isFinite))
      throw new RavineError('option', where, `expected start of '${name}' to be two finite numbers, got ${describe(place)}`);
    return optimizers.map(([label, optimizer]) => {
      expectPlain(where, label, optimizer);
      return { function: name, optimizer: label, ...follow(f, start, optimizer, steps) };
    });
  });
}

/** Entries by label. */
function recordOf<T>(name: string, value: Readonly<Record<string, T>>): [string, T][] {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.keys(given).length === 0)
    throw new RavineError('option', where, `expected ${name} by label, got ${describe(given)}`, {
      help: 'functions: { valley: { f, start: [1, 2] } }, optimizers: { SGD: optim.sgd({ learningRate: 0.1 }) }',
    });
  return Object.entries(value);
}
