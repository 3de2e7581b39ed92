import { internal } from '../errors.js';
import { adamStep } from '../ops/optimizer.js';
import { boolean, checkNames, numberIn } from '../options.js';
import { checkLearningRate, learningRateAt, named, type Optimizer, type Schedule } from './optimizer.js';

export interface AdamOptions {
  /** Default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Decay of the mean of gradients, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** √(v̂ + ε) in place of √v̂ + ε. Default false, as in the paper and in PyTorch. */
  readonly epsilonInsideSqrt?: boolean;
  /** g ← g + weightDecay·w: the gradient of ½·weightDecay·‖w‖². */
  readonly weightDecay?: number;
}

/** Below it ε is 0 in float32, and an element whose gradient was always 0 would become 0/0. */
const smallestFloat32 = 2 ** -126;

const known: readonly (keyof AdamOptions)[] = ['learningRate', 'beta1', 'beta2', 'epsilon', 'epsilonInsideSqrt', 'weightDecay'];

/** Adam (Kingma & Ba 2015): steps of about α, scaled by running means of the gradients and of their squares. */
export function adam(options: AdamOptions = {}): Optimizer {
  const where = 'adam';
  checkNames(where, options, known);
  const learningRate = checkLearningRate(where, options.learningRate ?? 1e-3);
  const attributes = {
    beta1: numberIn(where, 'beta1', options.beta1 ?? 0.9, 0, 1, true),
    beta2: numberIn(where, 'beta2', options.beta2 ?? 0.999, 0, 1, true),
    epsilon: numberIn(where, 'epsilon', options.epsilon ?? 1e-8, smallestFloat32),
    epsilonInsideSqrt: boolean(where, 'epsilonInsideSqrt', options.epsilonInsideSqrt ?? false),
    weightDecay: numberIn(where, 'weightDecay', options.weightDecay ?? 0, 0),
  };
  const { beta1, beta2 } = attributes;
  return {
    name: 'adam',
    options: { learningRate, ...attributes },
    state: ['m', 'v'],
    scalars: ['learningRate', 'biasCorrection1', 'biasCorrection2'],
    scalarsAt: (info) => [
      learningRateAt(learningRate, info),
      biasCorrection(beta1, info.step + 1),
      biasCorrection(beta2, info.step + 1),
    ],
    update({ parameters, gradients, state, scalars }) {
      const flat = [parameters, gradients, named(where, state, 'm'), named(where, state, 'v')];
      const numbers = ['learningRate', 'biasCorrection1', 'biasCorrection2'].map((name) => named(where, scalars, name));
      const [next, m, v] = adamStep([...flat, ...numbers], attributes);
      internal(next !== undefined && m !== undefined && v !== undefined, 'adamStep has three outputs');
      return { parameters: next, state: { m, v } };
    },
  };
}

/** 1 − βᵗ for t = 1, 2, … without cancellation: of the plain form 10 digits are right for β = 0.999999, t = 2. */
export function biasCorrection(beta: number, t: number): number {
  return beta === 0 ? 1 : -Math.expm1(t * Math.log(beta));
}
