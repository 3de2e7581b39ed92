import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { checkNames, nonNegativeInteger, numberIn } from '../options.js';
import { sizeOf } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
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
  expectTensor('dropout', 'x', x);
  checkNames('dropout', options, ['random', 'stream']);
  numberIn('dropout', 'probability', probability, 0, 1, true);
  const trace = currentTrace();
  if (options.random)
    return apply(dropoutOp, [x, options.random], {
      probability,
      stream: nonNegativeInteger('dropout', 'stream', options.stream ?? 0),
    });
  if (!trace?.training || probability === 0) {
    expectDType('dropout', 'x', x, 'float');
    return identity(x);
  }
  return apply(dropoutOp, [x, trace.random()], { probability, stream: streamOf(trace.streamName('dropout')) });
}
