import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { constant } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { checkOptimizer, type Optimizer } from '../optim/optimizer.js';
import { valueAndGrad } from '../runtime/grad.js';
import { jit } from '../runtime/jit.js';

/** Refuses optimisers that need a network. */
export function expectPlain(where: string, label: string, optimizer: Optimizer): void {
  checkOptimizer(where, optimizer, 'optim.sgd({ learningRate: 0.01 })');
  if (optimizer.groups || optimizer.prepare)
    throw new RavineError('option', where, `expected optimizers of plain parameters, got ${optimizer.name} as '${label}'`);
}

export interface Followed {
  /** [steps + 1, n]: parameters row by row, the start first. */
  readonly path: Float64Array;
  /** [steps + 1]: the function's values there. */
  readonly values: Float64Array;
}

/** The steps of an optimiser on a function of n parameters, in float64. */
export function follow(f: (w: Tensor) => Tensor, start: ArrayLike<number>, optimizer: Optimizer, steps: number): Followed {
  const size = start.length;
  const path = new Float64Array(size * (steps + 1));
  const values = new Float64Array(steps + 1);
  const step = jit((parameters: Tensor, state: Record<string, Tensor>, scalars: Record<string, Tensor>) => {
    const at = optimizer.evaluateAt?.(parameters, state) ?? parameters;
    const [, gradients] = valueAndGrad(f)(at);
    const next = optimizer.update({ parameters, gradients, state, scalars, segments: [size] });
    return { parameters: next.parameters, state: next.state, value: f(next.parameters) };
  });
  let parameters = tensor(Float64Array.from(start));
  let state: Record<string, Tensor> = Object.fromEntries(
    optimizer.state.map((name) => [name, constant(optimizer.initialState?.[name] ?? 0, { dtype: 'float64', shape: [size] })]),
  );
  path.set(start);
  values[0] = valueAt(f, parameters);
  for (let t = 0; t < steps; t++) {
    const rates = optimizer.scalarsAt({ step: t, epoch: 0, stepsPerEpoch: steps });
    const scalars = Object.fromEntries(
      // Copied in: a constant of each step's own number would be a program of its own.
      optimizer.scalars.map((name, i) => [name, tensor(Float64Array.of(rates[i] ?? NaN), { shape: [] })]),
    );
    const next = step.sync(parameters, state, scalars);
    values[t + 1] = next.value.item();
    // Nothing is collected inside of a synchronous loop.
    for (const tensor of [parameters, next.value, ...Object.values(state), ...Object.values(scalars)]) tensor.dispose();
    parameters = next.parameters;
    state = { ...next.state };
    path.set(parameters.data(), size * (t + 1));
  }
  return { path, values };
}

/** By the way of gradients, which says what is wrong with a function that is not of one number. */
function valueAt(f: (w: Tensor) => Tensor, w: Tensor): number {
  const [value, gradient] = valueAndGrad(f)(w);
  const number = value.item();
  value.dispose();
  gradient.dispose();
  return number;
}
