import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectDType, none, type None } from './check.js';
import { abs, add, exp, log1p, mul, neg, relu, sigmoid } from './elementwise.js';

/**
 * log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which does not overflow.
 *
 * Gradient: σ(x). A rule of its own, since the derivatives of max(x, 0) and |x| at 0 would not add up to ½.
 */
export const softplusOp: Op<None> = defineOp<None>({
  name: 'softplus',
  infer: (inputs) => {
    expectDType('softplus', 'x', at(inputs, 0), 'float');
    return [at(inputs, 0)];
  },
  gradient: ({ inputs, cotangents }) => [mul(at(cotangents, 0), sigmoid(at(inputs, 0)))],
  implementation: { kind: 'definition' },
  definition: (inputs) => {
    const x = at(inputs, 0);
    return [add(relu(x), log1p(exp(neg(abs(x)))))];
  },
});

/** log(1 + eˣ), exact for large |x| of either sign. Floats. */
export function softplus(x: Tensor): Tensor {
  return apply(softplusOp, [x], none);
}

/** log σ(x) = −log(1 + e⁻ˣ), exact for large |x| of either sign. Floats. */
export function logSigmoid(x: Tensor): Tensor {
  return neg(softplus(neg(x)));
}
