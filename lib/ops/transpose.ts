import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkAxis, stridesOf } from '../shape.js';
import { at, expectTensor } from './check.js';

export interface TransposeAttributes {
  /** Axis i of the result is axis permutation[i] of the input. */
  readonly permutation: readonly number[];
}

export const transposeOp: Op<TransposeAttributes> = defineOp<TransposeAttributes>({
  name: 'transpose',
  infer: (inputs, { permutation }) => {
    const { dtype, shape } = at(inputs, 0);
    return [{ dtype, shape: permutation.map((axis) => at(shape, axis)) }];
  },
  gradient: ({ cotangents, attributes: { permutation } }) => [
    transpose(
      at(cotangents, 0),
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, { permutation }) => {
      const strides = stridesOf(at(inputs, 0).shape);
      const dims = at(outputs, 0).shape;
      return { kernel: 'strided', attributes: [dims.length, 0, ...dims, ...permutation.map((axis) => at(strides, axis))] };
    },
  },
});

/** Axes in another order: axis i of the result is axis permutation[i] of x. Default: all axes reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  expectTensor('transpose', 'x', x);
  const axes = permutation?.map((axis) => checkAxis('transpose', axis, x.rank)) ?? x.shape.map((_, axis) => x.rank - 1 - axis);
  if (axes.length !== x.rank || new Set(axes).size !== x.rank)
    throw new RavineError('shape', 'transpose', `expected each of ${x.rank} axes once, got [${axes.join(',')}]`);
  return apply(transposeOp, [x], { permutation: axes });
}

/** Axis `from` moved to place `to`, the others in order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const permutation = x.shape.map((_, axis) => axis);
  const [source, target] = [checkAxis('moveAxis', from, x.rank), checkAxis('moveAxis', to, x.rank)];
  return transpose(x, permutation.toSpliced(source, 1).toSpliced(target, 0, source));
}
