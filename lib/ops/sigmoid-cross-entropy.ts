import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { sameShape } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape, none, type None } from './check.js';
import { abs, add, exp, log1p, mul, neg, relu, sigmoid, sub } from './elementwise.js';

/**
 * −y·log σ(x) − (1 − y)·log(1 − σ(x)) = max(x, 0) − x·y + log(1 + e^−|x|), which neither overflows nor cancels.
 *
 * Gradient: σ(x) − y and −x. A rule of its own, since the derivatives of |x| and max(x, 0) at 0 would not add up to ½, and those of
 * them not to ¼.
 */
const sigmoidCrossEntropyOp: Op<None> = defineOp<None>({
  name: 'sigmoidCrossEntropy',
  infer: (inputs) => {
    const [logits, targets] = [at(inputs, 0), at(inputs, 1)];
    expectDType('sigmoidCrossEntropy', 'logits', logits, 'float');
    expectSameDType('sigmoidCrossEntropy', inputs);
    expectShape(sameShape(logits.shape, targets.shape), 'sigmoidCrossEntropy', 'logits and targets of one shape', inputs);
    return [logits];
  },
  gradient: ({ inputs, cotangents }) => {
    const [x, y, dy] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    return [mul(dy, sub(sigmoid(x), y)), neg(mul(dy, x))];
  },
  implementation: { kind: 'definition' },
  definition: (inputs) => {
    const [x, y] = [at(inputs, 0), at(inputs, 1)];
    return [add(sub(relu(x), mul(x, y)), log1p(exp(neg(abs(x)))))];
  },
});

/** −y·log σ(x) − (1 − y)·log(1 − σ(x)) of each element, for logits x and targets y in [0, 1] of one shape. Equal dtypes, floats. */
export function sigmoidCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return apply(sigmoidCrossEntropyOp, [logits, targets], none);
}
