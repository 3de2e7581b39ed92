import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkAxis, sizeOf } from '../shape.js';
import { at, expectDType, expectShape, expectTensor, none, type None } from './check.js';
import { div, exp, log, mul, sub } from './elementwise.js';
import { stopGradient } from './identity.js';
import { max, sum } from './reduce.js';
import { moveAxis } from './transpose.js';

/** Rows of the last axis: shape rule and kernel call of softmax and its logarithm. */
function rowRules(name: string, logarithmic: boolean): Pick<Op<None>, 'infer' | 'implementation'> {
  return {
    infer: (inputs) => {
      const x = at(inputs, 0);
      expectDType(name, 'x', x, 'float');
      expectShape(x.shape.length > 0, name, 'at least one axis', inputs);
      return [x];
    },
    implementation: {
      kind: 'kernel',
      lower: (inputs) => {
        const { shape } = at(inputs, 0);
        return {
          kernel: 'softmax',
          attributes: [sizeOf(shape.slice(0, -1)), at(shape, shape.length - 1), Number(logarithmic)],
          inPlace: [[0, 0]],
        };
      },
    },
  };
}

const along = { axis: -1, keepDims: true };

/** x less the largest of its row: exponentials of it do not overflow, and the result does not depend on what is taken off. */
function shifted(x: Tensor): Tensor {
  return x.shape.at(-1) === 0 ? x : sub(x, stopGradient(max(x, along)));
}

/** y = exp(x) / Σ exp(x) */
export const softmaxOp: Op<None> = defineOp<None>({
  name: 'softmax',
  ...rowRules('softmax', false),
  // ∂x = y·(dy − Σ dy·y)
  gradient: ({ outputs, cotangents }) => {
    const [y, dy] = [at(outputs, 0), at(cotangents, 0)];
    return [mul(y, sub(dy, sum(mul(dy, y), along)))];
  },
  definition: (inputs) => {
    const powers = exp(shifted(at(inputs, 0)));
    return [div(powers, sum(powers, along))];
  },
});

/** y = x − log Σ exp(x) */
export const logSoftmaxOp: Op<None> = defineOp<None>({
  name: 'logSoftmax',
  ...rowRules('logSoftmax', true),
  // ∂x = dy − exp(y)·Σ dy
  gradient: ({ outputs, cotangents }) => {
    const [y, dy] = [at(outputs, 0), at(cotangents, 0)];
    return [sub(dy, mul(exp(y), sum(dy, along)))];
  },
  definition: (inputs) => {
    const x = shifted(at(inputs, 0));
    return [sub(x, log(sum(exp(x), along)))];
  },
});

/** exp(x) / Σ exp(x) along an axis (the last unless given), which then sums to 1. Large x do not overflow. Floats. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongAxis(softmaxOp, x, axis);
}

/** x − log Σ exp(x) along an axis (the last unless given): the logarithm of softmax, exact where that is tiny. Floats. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongAxis(logSoftmaxOp, x, axis);
}

function alongAxis(op: Op<None>, x: Tensor, axis: number): Tensor {
  expectTensor(op.name, 'x', x);
  expectShape(x.rank > 0, op.name, 'at least one axis', [x]);
  const place = checkAxis(op.name, axis, x.rank);
  if (place === x.rank - 1) return apply(op, [x], none);
  return moveAxis(apply(op, [moveAxis(x, place, -1)], none), -1, place);
}
