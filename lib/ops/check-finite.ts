import { applyAll } from '../ir/apply.js';
import { defineOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectDType, expectTensor, none, type None } from './check.js';

/** No outputs: the run ends with a fault if an element is not finite. */
export const checkFiniteOp = defineOp<None>({
  name: 'checkFinite',
  infer: (inputs) => {
    expectDType('checkFinite', 'x', at(inputs, 0), 'float');
    return [];
  },
  gradient: 'zero',
  implementation: { kind: 'kernel', lower: () => ({ kernel: 'check_finite', attributes: [] }) },
  effect: true,
});

/** Ends a run with an error that names the first element of x that is NaN or infinite. Floats. */
export function checkFinite(x: Tensor): void {
  expectTensor('checkFinite', 'x', x);
  applyAll(checkFiniteOp, [x], none);
}
