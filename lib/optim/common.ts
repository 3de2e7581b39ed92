import { internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { DescentAttributes, OptimizerStep } from '../ops/optimizer-step.js';
import { boolean, numberIn } from '../options.js';
import { checkLearningRate, named, type Optimizer, type Schedule, type UpdateArguments } from './optimizer.js';

/** What first-order methods share. */
export interface CommonOptions {
  readonly learningRate?: number | Schedule;
  /** g ← g + weightDecay·w: the gradient of ½·weightDecay·‖w‖². Default 0. */
  readonly weightDecay?: number;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

export type Common = Required<CommonOptions>;

export const commonNames = ['learningRate', 'weightDecay', 'maximize'] as const satisfies (keyof CommonOptions)[];

export function resolveCommon(
  where: string,
  options: CommonOptions,
  defaults: { learningRate: number; weightDecay?: number },
): Common {
  return {
    learningRate: checkLearningRate(where, options.learningRate ?? defaults.learningRate),
    weightDecay: numberIn(where, 'weightDecay', options.weightDecay ?? defaults.weightDecay ?? 0, 0),
    maximize: boolean(where, 'maximize', options.maximize ?? false),
  };
}

/** A number in [0, 1). */
export function fraction(where: string, name: string, value: unknown): number {
  return numberIn(where, name, value, 0, 1, true);
}

/** Below it ε is 0 in float32, and an element whose gradient was always 0 would become 0/0. */
export const smallestFloat32 = 2 ** -126;

export function checkEpsilon(where: string, value: unknown, name = 'epsilon'): number {
  return numberIn(where, name, value, smallestFloat32);
}

/** What an optimiser has of the step that is its formula. */
export function stepping<A extends DescentAttributes>(
  where: string,
  step: OptimizerStep<A>,
  attributes: A,
): Pick<Optimizer, 'state' | 'scalars' | 'update'> {
  const [state, scalars] = [step.state(attributes), step.scalars(attributes)];
  return {
    state,
    scalars,
    update(inputs) {
      const { parameters: w, gradients } = inputs;
      const [parameters, ...next] = step.apply([w, gradients, ...[...state, ...scalars].map(reader(where, inputs))], attributes);
      internal(parameters !== undefined, 'a step without an output');
      return { parameters, state: Object.fromEntries(next.map((tensor, i) => [state[i] ?? '', tensor])) };
    },
  };
}

/** State, scalars and what was prepared for an update by name. */
export function reader(where: string, { state, scalars, prepared }: UpdateArguments): (name: string) => Tensor {
  const all = { ...state, ...scalars, ...prepared };
  return (name) => named(where, all, name);
}

/** 1 − βᵗ for t = 1, 2, … without cancellation: of the plain form 10 digits are right for β = 0.999999, t = 2. */
export function biasCorrection(beta: number, t: number): number {
  return beta === 0 ? 1 : -Math.expm1(t * Math.log(beta));
}
