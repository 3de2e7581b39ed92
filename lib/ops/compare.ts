import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { formatType } from '../shape.js';
import { at, expectBroadcast, expectDType, expectSameDType, expectTensor, none, type None, type TensorLike } from './check.js';
import { expectRepresentable, operands } from './constant.js';
import { maximum, minimum } from './elementwise.js';

/** 1 where the comparison holds, else 0. */
function comparison(name: string): Op<None> {
  return defineOp<None>({
    name,
    infer: (inputs) => {
      expectSameDType(name, inputs);
      expectDType(name, 'a', at(inputs, 0), 'numeric');
      return [{ dtype: 'uint8', shape: expectBroadcast(name, inputs) }];
    },
    gradient: 'zero',
    implementation: { kind: 'elementwise', code: name },
  });
}

const eqOp = comparison('eq');
const neOp = comparison('ne');
const ltOp = comparison('lt');
const leOp = comparison('le');
const gtOp = comparison('gt');
const geOp = comparison('ge');

const selectOp = defineOp<None>({
  name: 'select',
  infer: (inputs) => {
    const [condition, a, b] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    if (condition.dtype !== 'uint8')
      throw new RavineError('dtype', 'select', `expected the condition to be uint8, got ${formatType(condition)}`, {
        help: 'comparisons give one: gt(x, 0)',
      });
    const dtype = expectSameDType('select', [a, b]);
    expectDType('select', 'a', a, 'numeric');
    return [{ dtype, shape: expectBroadcast('select', inputs) }];
  },
  gradient: ({ inputs, cotangents }) => {
    const [condition, dy] = [at(inputs, 0), at(cotangents, 0)];
    return [null, select(condition, dy, 0), select(condition, 0, dy)];
  },
  implementation: { kind: 'elementwise', code: 'select' },
});

interface ClampAttributes {
  readonly low: number;
  readonly high: number;
}

const clampOp = defineOp<ClampAttributes>({
  name: 'clamp',
  infer: (inputs) => {
    expectDType('clamp', 'x', at(inputs, 0), 'numeric');
    return [at(inputs, 0)];
  },
  // dy where low ≤ x ≤ high: the bounds belong to the inside.
  gradient: ({ inputs, cotangents, attributes: { low, high } }) => {
    const [x, dy] = [at(inputs, 0), at(cotangents, 0)];
    return [select(ge(x, low), select(le(x, high), dy, 0), 0)];
  },
  implementation: { kind: 'definition' },
  definition: (inputs, { low, high }) => [minimum(maximum(at(inputs, 0), low), high)],
});

/** 1 where a = b, else 0 (uint8), broadcast. Equal dtypes, floats or int32. */
export function eq(a: TensorLike, b: TensorLike): Tensor {
  return apply(eqOp, operands('eq', a, b), none);
}

/** 1 where a ≠ b, else 0 (uint8), broadcast; NaN differs from all. Equal dtypes, floats or int32. */
export function ne(a: TensorLike, b: TensorLike): Tensor {
  return apply(neOp, operands('ne', a, b), none);
}

/** 1 where a < b, else 0 (uint8), broadcast. Equal dtypes, floats or int32. */
export function lt(a: TensorLike, b: TensorLike): Tensor {
  return apply(ltOp, operands('lt', a, b), none);
}

/** 1 where a ≤ b, else 0 (uint8), broadcast. Equal dtypes, floats or int32. */
export function le(a: TensorLike, b: TensorLike): Tensor {
  return apply(leOp, operands('le', a, b), none);
}

/** 1 where a > b, else 0 (uint8), broadcast. Equal dtypes, floats or int32. */
export function gt(a: TensorLike, b: TensorLike): Tensor {
  return apply(gtOp, operands('gt', a, b), none);
}

/** 1 where a ≥ b, else 0 (uint8), broadcast. Equal dtypes, floats or int32. */
export function ge(a: TensorLike, b: TensorLike): Tensor {
  return apply(geOp, operands('ge', a, b), none);
}

/** a where the condition (uint8, 0 or 1) is 1, else b; all three broadcast. a and b of equal dtypes, floats or int32. */
export function select(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return apply(selectOp, [condition, ...operands('select', a, b)], none);
}

/** min(max(x, low), high); NaN stays. Floats and int32. Either bound may be ∓Infinity; the gradient passes at the bounds. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  expectTensor('clamp', 'x', x);
  expectDType('clamp', 'x', x, 'numeric');
  if (!(low <= high)) throw new RavineError('option', 'clamp', `expected low ≤ high, got ${low} and ${high}`);
  if (x.dtype === 'int32') [low, high].forEach((bound) => expectRepresentable('clamp', bound, 'int32'));
  return apply(clampOp, [x], { low, high });
}
