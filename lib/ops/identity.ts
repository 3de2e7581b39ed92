import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { none, type None } from './check.js';

/** y = x, a value of its own in the graph. */
export const identityOp: Op<None> = defineOp<None>({
  name: 'identity',
  infer: (inputs) => [...inputs],
  gradient: ({ cotangents }) => [...cotangents],
  implementation: { kind: 'view' },
});

/** y = x; nothing flows back. */
export const stopGradientOp: Op<None> = defineOp<None>({
  name: 'stopGradient',
  infer: (inputs) => [...inputs],
  gradient: 'zero',
  implementation: { kind: 'view' },
});

/** The same elements as another value. */
export function identity(x: Tensor): Tensor {
  return apply(identityOp, [x], none);
}

/** The same elements, taken as constant by differentiation. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], none);
}
