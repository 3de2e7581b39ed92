import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { checkNames, nonNegativeInteger, numberIn } from '../options.js';
import { sizeOf } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { ones } from './constant.js';
import { mul } from './elementwise.js';
import { identity } from './identity.js';
import { streamOf, wordsOf } from './random.js';

export interface DropoutAttributes {
  readonly probability: number;
  readonly stream: number;
}

/**
 * x [samples, …], random int32[6] (seed, step, place of the first sample; two words each, the low one first) → x·mask/(1 − probability). An element's mask
 * depends on the random words, the stream, its sample's place in the step and its own in the sample. Linear in x: the gradient is the same op.
 */
export const dropoutOp: Op<DropoutAttributes> = defineOp<DropoutAttributes>({
  name: 'dropout',
  infer: (inputs) => {
    const [x, random] = [at(inputs, 0), at(inputs, 1)];
    expectDType('dropout', 'x', x, 'float');
    expectDType('dropout', 'random', random, 'int32');
    expectShape(random.shape.length === 1 && random.shape[0] === 6, 'dropout', 'random words int32[6]', inputs);
    return [x];
  },
  gradient: ({ inputs, cotangents, attributes }) => [apply(dropoutOp, [at(cotangents, 0), at(inputs, 1)], attributes), null],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { probability, stream }) => ({
      kernel: 'dropout',
      attributes: [probability, ...wordsOf(stream), sizeOf(at(inputs, 0).shape.slice(1))],
      inPlace: [[0, 0]],
    }),
  },
});

export interface DropoutOptions {
  /** Random words to use instead of the step's: int32[6], seed, step and place of the first sample. Then elements are dropped in any mode. */
  readonly random?: Tensor;
  /** Number of the stream that goes with `random`. Default 0. */
  readonly stream?: number;
}

/**
 * While training, each element is 0 with the given probability, else x/(1 − probability); otherwise, and outside of a traced function, x itself. Axis 0
 * counts samples: a sample's mask does not depend on the batch that it came in. probability in [0, 1). Floats.
 */
export function dropout(x: Tensor, probability: number, options: DropoutOptions = {}): Tensor {
  return drop('dropout', x, probability, options, (random, stream) => apply(dropoutOp, [x, random], { probability, stream }));
}

/** As `dropout`, but a sample's whole channel is kept or is 0: x [samples, …, channels]. Tompson et al., 2015. */
export function channelDropout(x: Tensor, probability: number, options: DropoutOptions = {}): Tensor {
  return drop('channelDropout', x, probability, options, (random, stream) => {
    expectShape(x.rank >= 2, 'channelDropout', 'x to be [samples, …, channels]', [x]);
    const channels = ones(
      x.shape.map((length, axis) => (axis === 0 || axis === x.rank - 1 ? length : 1)),
      { dtype: x.dtype },
    );
    return mul(x, apply(dropoutOp, [channels, random], { probability, stream }));
  });
}

/** x itself where nothing is dropped, else what `run` makes with the random words and the number of a stream. */
function drop(
  where: string,
  x: Tensor,
  probability: number,
  options: DropoutOptions,
  run: (random: Tensor, stream: number) => Tensor,
): Tensor {
  expectTensor(where, 'x', x);
  checkNames(where, options, ['random', 'stream']);
  numberIn(where, 'probability', probability, 0, 1, true);
  const trace = currentTrace();
  if (options.random) return run(options.random, nonNegativeInteger(where, 'stream', options.stream ?? 0));
  if (!trace?.training || probability === 0) {
    expectDType(where, 'x', x, 'float');
    return identity(x);
  }
  return run(trace.random(), streamOf(trace.streamName('dropout')));
}
