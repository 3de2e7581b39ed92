import { checkDType, type DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, nonNegativeInteger, numberIn } from '../options.js';
import { checkShape, formatType, type Shape, type TensorType } from '../shape.js';

/** Low and high 32 bits of a whole number below 2⁵³. */
export function wordsOf(value: number): readonly [number, number] {
  return [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}

/** A whole number below 2⁵³ for a name, the same everywhere: FNV-1a, 64 bits folded to 53. */
export function streamOf(name: string): number {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return Number(BigInt.asUintN(53, hash ^ (hash >> 32n)));
}

export interface RandomAttributes extends TensorType {
  /** low and high of a uniform distribution, mean and deviation of a normal one. */
  readonly parameters: readonly [number, number];
  readonly seed: number;
  readonly stream: number;
}

/** Philox4x32-10 over (seed, stream, element): the same numbers for the same seed and stream, wherever they are drawn. */
function distribution(name: string, kernel: string): Op<RandomAttributes> {
  return defineOp<RandomAttributes>({
    name,
    infer: (_, { dtype, shape }) => {
      if (dtype !== 'float32' && dtype !== 'float64')
        throw new RavineError('dtype', name, `expected float32 or float64, got ${formatType({ dtype, shape })}`);
      return [{ dtype, shape }];
    },
    gradient: 'zero',
    implementation: {
      kind: 'kernel',
      lower: (_, __, { parameters, seed, stream }) => ({
        kernel,
        attributes: [...parameters, ...wordsOf(seed), ...wordsOf(stream)],
      }),
    },
  });
}

const uniformOp = distribution('randomUniform', 'random_uniform');
const normalOp = distribution('randomNormal', 'random_normal');

export interface RandomOptions {
  /** A whole number: the same one gives the same numbers. */
  readonly seed: number;
  /** Another whole number, for independent draws from one seed. Default 0. */
  readonly stream?: number;
  /** Default 'float32'. */
  readonly dtype?: DType;
}

function draw(op: Op<RandomAttributes>, shape: Shape, options: RandomOptions, parameters: readonly [number, number]): Tensor {
  return apply(op, [], {
    parameters,
    seed: nonNegativeInteger(op.name, 'seed', options.seed),
    stream: nonNegativeInteger(op.name, 'stream', options.stream ?? 0),
    dtype: checkDType(op.name, options.dtype ?? 'float32'),
    shape: checkShape(op.name, shape),
  });
}

/** Numbers drawn evenly from [low, high), 0 to 1 unless given. dtype float32 by default. */
export function randomUniform(shape: Shape, options: RandomOptions & { readonly low?: number; readonly high?: number }): Tensor {
  checkNames('randomUniform', options, ['seed', 'stream', 'dtype', 'low', 'high']);
  const low = numberIn('randomUniform', 'low', options.low ?? 0, -Number.MAX_VALUE);
  const high = numberIn('randomUniform', 'high', options.high ?? 1, -Number.MAX_VALUE);
  if (low > high)
    throw new RavineError('option', 'randomUniform', `expected low ≤ high, got ${describe(low)} and ${describe(high)}`);
  return draw(uniformOp, shape, options, [low, high]);
}

/** Numbers drawn from a normal distribution, mean 0 and deviation 1 unless given. dtype float32 by default. */
export function randomNormal(
  shape: Shape,
  options: RandomOptions & { readonly mean?: number; readonly deviation?: number },
): Tensor {
  checkNames('randomNormal', options, ['seed', 'stream', 'dtype', 'mean', 'deviation']);
  const mean = numberIn('randomNormal', 'mean', options.mean ?? 0, -Number.MAX_VALUE);
  const deviation = numberIn('randomNormal', 'deviation', options.deviation ?? 1, 0);
  return draw(normalOp, shape, options, [mean, deviation]);
}
