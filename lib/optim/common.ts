import type { Tensor } from '../ir/tensor.js';
import { add, mul, neg, square, sub } from '../ops/elementwise.js';
import { boolean, numberIn } from '../options.js';
import { checkLearningRate, named, type Schedule, type UpdateArguments } from './optimizer.js';

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

export function checkEpsilon(where: string, value: unknown): number {
  return numberIn(where, 'epsilon', value, smallestFloat32);
}

/** The gradient of what is to fall, with that of the decay. */
export function descent({ maximize, weightDecay }: Common, { parameters, gradients }: UpdateArguments): Tensor {
  const g = maximize ? neg(gradients) : gradients;
  return weightDecay === 0 ? g : add(g, mul(parameters, weightDecay));
}

/**
 * Weight decay beside the gradient (Loshchilov & Hutter 2019): w − αλ·w. Not w·(1 − αλ): for α = 1e-3, λ = 1e-2 three of the digits of αλ
 * are left in float32's 1 − αλ.
 */
export function decayed(parameters: Tensor, learningRate: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? parameters : sub(parameters, mul(mul(learningRate, weightDecay), parameters));
}

/** βm + (1 − β)x */
export function runningMean(m: Tensor, x: Tensor, beta: number): Tensor {
  return add(mul(m, beta), mul(x, 1 - beta));
}

/** βv + (1 − β)g² */
export function runningSquare(v: Tensor, g: Tensor, beta: number): Tensor {
  return runningMean(v, square(g), beta);
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
