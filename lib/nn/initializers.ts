import type { DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { full } from '../ops/constant.js';
import { randomNormal, randomUniform, streamOf } from '../ops/random.js';
import { nearest, numberIn } from '../options.js';
import type { Shape } from '../shape.js';

/** What an initializer is asked for. */
export interface InitializerRequest {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Elements of the weight that reach one output. */
  readonly fanIn: number;
  /** Outputs that one input reaches. */
  readonly fanOut: number;
  readonly seed: number;
  /** The parameter's path: elements are drawn from a stream of their own under (seed, name). */
  readonly name: string;
}

export type Initializer = (request: InitializerRequest) => Tensor;

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

/** Initializers by name. */
export const initializers = {
  /** U(±√6/√(fanIn + fanOut)) */
  glorotUniform: uniformOf((fanIn, fanOut) => scale(6, fanIn + fanOut)),
  /** N(0, 2/(fanIn + fanOut)) */
  glorotNormal: normalOf((fanIn, fanOut) => scale(2, fanIn + fanOut)),
  /** U(±√6/√fanIn) */
  heUniform: uniformOf((fanIn) => scale(6, fanIn)),
  /** N(0, 2/fanIn) */
  heNormal: normalOf((fanIn) => scale(2, fanIn)),
  /** U(±√6/√fanOut) */
  heUniformFanOut: uniformOf((_, fanOut) => scale(6, fanOut)),
  /** N(0, 2/fanOut) */
  heNormalFanOut: normalOf((_, fanOut) => scale(2, fanOut)),
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
