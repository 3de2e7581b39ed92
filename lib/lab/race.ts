import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { constant } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { checkNames, positiveInteger } from '../options.js';
import { checkOptimizer, type Optimizer } from '../optim/optimizer.js';
import { jit } from '../runtime/jit.js';
import { valueAndGrad } from '../runtime/grad.js';

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
      refuse(label, optimizer);
      return { function: name, optimizer: label, ...run(f, start, optimizer, steps) };
    });
  });
}

function refuse(label: string, optimizer: Optimizer): void {
  checkOptimizer(where, optimizer, 'optim.sgd({ learningRate: 0.01 })');
  if (optimizer.groups || optimizer.prepare)
    throw new RavineError('option', where, `expected optimizers of plain parameters, got ${optimizer.name} as '${label}'`);
}

function run(
  f: RaceFunction['f'],
  start: readonly number[],
  optimizer: Optimizer,
  steps: number,
): Omit<RacePath, 'function' | 'optimizer'> {
  const path = new Float64Array(2 * (steps + 1));
  const values = new Float64Array(steps + 1);
  const step = jit((parameters: Tensor, state: Record<string, Tensor>, scalars: Record<string, Tensor>) => {
    const at = optimizer.evaluateAt?.(parameters, state) ?? parameters;
    const [, gradients] = valueAndGrad(f)(at);
    const next = optimizer.update({ parameters, gradients, state, scalars, segments: [2] });
    return { parameters: next.parameters, state: next.state, value: f(next.parameters) };
  });
  let parameters = tensor(Float64Array.from(start));
  let state: Record<string, Tensor> = Object.fromEntries(
    optimizer.state.map((name) => [name, constant(optimizer.initialState?.[name] ?? 0, { dtype: 'float64', shape: [2] })]),
  );
  path.set(start);
  values[0] = f(parameters).item();
  for (let t = 0; t < steps; t++) {
    const rates = optimizer.scalarsAt({ step: t, epoch: 0, stepsPerEpoch: steps });
    const scalars = Object.fromEntries(
      optimizer.scalars.map((name, i) => [name, constant(rates[i] ?? NaN, { dtype: 'float64', shape: [] })]),
    );
    const next = step.sync(parameters, state, scalars);
    values[t + 1] = next.value.item();
    // Nothing is collected inside of a synchronous loop.
    for (const tensor of [parameters, next.value, ...Object.values(state), ...Object.values(scalars)]) tensor.dispose();
    parameters = next.parameters;
    state = { ...next.state };
    path.set(parameters.data(), 2 * (t + 1));
  }
  return { path, values };
}
