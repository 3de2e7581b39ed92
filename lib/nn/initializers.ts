import { RavineError, describe } from '../errors.js';
import { full } from '../ops/constant.js';
import { randomNormal, randomUniform, streamOf } from '../ops/random.js';
import { checkNames, nearest, numberIn, oneOf } from '../options.js';
import type { Initializer } from './initializer.js';
import { orthogonal } from './orthogonal.js';
import { truncatedDeviation, truncatedNormal } from './truncated-normal.js';

export type { Initializer, InitializerRequest } from './initializer.js';

/** Any elements: U[low, high). */
export function uniform(low: number, high: number): Initializer {
  numberIn('uniform', 'low', low, -Number.MAX_VALUE);
  numberIn('uniform', 'high', high, low);
  return ({ shape, dtype, seed, name }) => randomUniform(shape, { low, high, dtype, seed, stream: streamOf(name) });
}

/** N(mean, deviation²). */
export function normal(mean: number, deviation: number): Initializer {
  numberIn('normal', 'mean', mean, -Number.MAX_VALUE);
  numberIn('normal', 'deviation', deviation, 0);
  return ({ shape, dtype, seed, name }) => randomNormal(shape, { mean, deviation, dtype, seed, stream: streamOf(name) });
}

export function constant(value: number): Initializer {
  numberIn('constant', 'value', value, -Number.MAX_VALUE);
  return ({ shape, dtype }) => full(shape, value, { dtype });
}

/** Symmetric, with a bound or a deviation that follows from the fans. */
const uniformOf =
  (bound: (fanIn: number, fanOut: number) => number): Initializer =>
  (request) => {
    const limit = bound(request.fanIn, request.fanOut);
    return uniform(-limit, limit)(request);
  };
const normalOf =
  (deviation: (fanIn: number, fanOut: number) => number): Initializer =>
  (request) =>
    normal(0, deviation(request.fanIn, request.fanOut))(request);

/** √(x/n), 0 where nothing reaches the output. */
const scale = (x: number, n: number): number => (n === 0 ? 0 : Math.sqrt(x / n));

export interface VarianceScalingOptions {
  /** Default 1. */
  readonly scale?: number;
  /** What the variance is divided by: elements that reach an output, outputs that an input reaches, or their mean. Default 'fanIn'. */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAverage';
  /** 'truncatedNormal' keeps within ±2 deviations of a wider normal, so that the variance is right. Default 'truncatedNormal'. */
  readonly distribution?: 'normal' | 'truncatedNormal' | 'uniform';
}

/** Numbers around 0 of variance scale/fan: Keras' `VarianceScaling`, of which Glorot's, He's and LeCun's are cases. */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const where = 'varianceScaling';
  checkNames(where, options, ['scale', 'mode', 'distribution']);
  const factor = numberIn(where, 'scale', options.scale ?? 1, 0);
  const mode = oneOf(where, 'mode', options.mode ?? 'fanIn', ['fanIn', 'fanOut', 'fanAverage']);
  const distributions = ['normal', 'truncatedNormal', 'uniform'] as const;
  const distribution = oneOf(where, 'distribution', options.distribution ?? 'truncatedNormal', distributions);
  return (request) => {
    const { fanIn, fanOut } = request;
    const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
    const deviation = scale(factor, fan);
    if (distribution === 'normal') return normal(0, deviation)(request);
    if (distribution === 'truncatedNormal') return truncatedNormal(0, deviation / truncatedDeviation)(request);
    const limit = deviation * Math.sqrt(3);
    return uniform(-limit, limit)(request);
  };
}

const [glorotUniform, glorotNormal] = [
  uniformOf((fanIn, fanOut) => scale(6, fanIn + fanOut)),
  normalOf((fanIn, fanOut) => scale(2, fanIn + fanOut)),
];

/** Initializers by name. */
export const initializers = {
  /** U(±√6/√(fanIn + fanOut)) */
  glorotUniform,
  /** N(0, 2/(fanIn + fanOut)) */
  glorotNormal,
  /** Glorot's other name. */
  xavierUniform: glorotUniform,
  xavierNormal: glorotNormal,
  /** U(±√6/√fanIn) */
  heUniform: uniformOf((fanIn) => scale(6, fanIn)),
  /** N(0, 2/fanIn) */
  heNormal: normalOf((fanIn) => scale(2, fanIn)),
  /** U(±√6/√fanOut) */
  heUniformFanOut: uniformOf((_, fanOut) => scale(6, fanOut)),
  /** N(0, 2/fanOut) */
  heNormalFanOut: normalOf((_, fanOut) => scale(2, fanOut)),
  /** U(±√3/√fanIn) */
  lecunUniform: uniformOf((fanIn) => scale(3, fanIn)),
  /** N(0, 1/fanIn) */
  lecunNormal: normalOf((fanIn) => scale(1, fanIn)),
  /** Orthonormal columns, or rows. */
  orthogonal: orthogonal(),
  /** N(0, 0.05²) within ±0.1. */
  truncatedNormal: truncatedNormal(),
  /** N(0, 1) */
  standardNormal: normal(0, 1),
  /** U(±1/√fanIn): what PyTorch draws for weights and biases of linear layers. */
  fanInUniform: uniformOf((fanIn) => scale(1, fanIn)),
  zeros: constant(0),
  ones: constant(1),
} satisfies Record<string, Initializer>;

export type InitializerName = keyof typeof initializers;

/** An initializer by name, or any function that gives a tensor of the shape and dtype asked for. */
export type InitializerLike = InitializerName | Initializer;

export function resolveInitializer(where: string, initializer: InitializerLike): Initializer {
  if (typeof initializer === 'function') return initializer;
  if (typeof initializer === 'string' && Object.hasOwn(initializers, initializer)) return initializers[initializer];
  const names = Object.keys(initializers);
  const near = typeof initializer === 'string' ? nearest(initializer, names) : undefined;
  throw new RavineError('option', where, `expected an initializer's name or a function, got ${describe(initializer)}`, {
    help: near === undefined ? `names: ${names.join(', ')}` : `did you mean '${near}'?`,
  });
}
