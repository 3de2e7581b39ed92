import { checkDType, isFloat, type DType } from '../dtype.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectTensor } from './check.js';
import { identity } from './identity.js';

export interface CastAttributes {
  readonly dtype: DType;
}

export const castOp: Op<CastAttributes> = defineOp<CastAttributes>({
  name: 'cast',
  infer: (inputs, { dtype }) => [{ dtype, shape: at(inputs, 0).shape }],
  gradient: ({ inputs, outputs, cotangents }) => {
    const flows = isFloat(at(inputs, 0).dtype) && isFloat(at(outputs, 0).dtype);
    return [flows ? cast(at(cotangents, 0), at(inputs, 0).dtype) : null];
  },
  implementation: { kind: 'kernel', lower: () => ({ kernel: 'cast', attributes: [] }) },
});

/** The elements in another dtype. Floats become integers by truncation towards 0; the gradient flows between floats. */
export function cast(x: Tensor, dtype: DType): Tensor {
  expectTensor('cast', 'x', x);
  return checkDType('cast', dtype) === x.dtype ? identity(x) : apply(castOp, [x], { dtype });
}
