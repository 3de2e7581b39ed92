import { readFileSync } from 'node:fs';
import type { Tensor } from '../../lib/ir/tensor.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import type { Optimizer, StepInfo } from '../../lib/optim/index.js';
import '../../lib/runtime/index.js';

export interface Golden {
  readonly problem: {
    readonly steps: number;
    readonly every: number;
    readonly start: readonly number[];
    readonly curvature: readonly number[];
    readonly centre: readonly number[];
    readonly noise: readonly number[];
  };
  readonly cases: readonly {
    readonly optimizer: string;
    readonly options: Readonly<Record<string, unknown>>;
    /** Parameters after each `every` steps. */
    readonly parameters: readonly (readonly number[])[];
  }[];
}

export const golden = JSON.parse(readFileSync(new URL('../golden/optimizers.json', import.meta.url), 'utf8')) as Golden;
const { curvature, centre, noise } = golden.problem;

/** Gradient i at step t: aᵢ(wᵢ − cᵢ) + bᵢ((7t + 3i) mod 11 − 5), of order 1 at every step. */
export function gradientAt(w: ArrayLike<number>, t: number): Float64Array {
  return Float64Array.from(
    curvature,
    (a, i) => a * ((w[i] ?? NaN) - (centre[i] ?? NaN)) + (noise[i] ?? NaN) * (((7 * t + 3 * i) % 11) - 5),
  );
}

/** A rate that changes: where the two forms of momentum differ. */
export const schedule = (step: number): number => 0.0625 / (1 + Math.floor(step / 50));

/** Parameters, and where the gradient was taken, after each step. */
export interface Trajectory {
  readonly parameters: Float64Array[];
  readonly lookedAhead: Float64Array[];
}

/** Runs an optimiser as a model does: flat tensors, state from its beginning, scalars of the parameters' type. */
export function follow(
  optimizer: Optimizer,
  steps: number,
  segments: readonly number[] = [golden.problem.start.length],
): Trajectory {
  const float64 = { dtype: 'float64' } as const;
  const start = Float64Array.from(golden.problem.start);
  let parameters: Tensor = tensor(start);
  let state: Readonly<Record<string, Tensor>> = Object.fromEntries(
    optimizer.state.map((name) => [name, tensor(new Float64Array(start.length).fill(optimizer.initialState?.[name] ?? 0))]),
  );
  const trajectory: Trajectory = { parameters: [], lookedAhead: [] };
  for (let step = 0; step < steps; step++) {
    const info: StepInfo = { step, epoch: 0, stepsPerEpoch: steps };
    const numbers = optimizer.scalarsAt(info);
    const scalars = Object.fromEntries(optimizer.scalars.map((name, i) => [name, scalar(numbers[i] ?? NaN, float64)]));
    const place = optimizer.evaluateAt?.(parameters, state) ?? parameters;
    const gradients = tensor(gradientAt(place.data(), step));
    ({ parameters, state } = optimizer.update({ parameters, gradients, state, scalars, segments }));
    trajectory.parameters.push(parameters.data<'float64'>());
    trajectory.lookedAhead.push((optimizer.evaluateAt?.(parameters, state) ?? parameters).data<'float64'>());
  }
  return trajectory;
}

/** The largest |got − want|/max(|want|, 1e-3). */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  return Math.max(...Array.from(want, (value, i) => Math.abs((got[i] ?? NaN) - value) / Math.max(Math.abs(value), 1e-3)));
}
