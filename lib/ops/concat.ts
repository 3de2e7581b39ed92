import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkAxis, sizeOf } from '../shape.js';
import { at, expectSameDType, expectShape, expectTensor, isArray } from './check.js';
import { expandDims } from './reshape.js';
import { split } from './slice.js';

export interface ConcatAttributes {
  readonly axis: number;
}

/** Inputs one after another along an axis; their other lengths agree. */
export const concatOp: Op<ConcatAttributes> = defineOp<ConcatAttributes>({
  name: 'concat',
  infer: (inputs, { axis }) => {
    const dtype = expectSameDType('concat', inputs);
    const { shape } = at(inputs, 0);
    const agree = inputs.every(
      (input) => input.shape.length === shape.length && input.shape.every((length, i) => i === axis || length === shape[i]),
    );
    expectShape(agree, 'concat', `shapes that differ in axis ${axis} only`, inputs);
    return [
      {
        dtype,
        shape: shape.with(
          axis,
          inputs.reduce((sum, input) => sum + at(input.shape, axis), 0),
        ),
      },
    ];
  },
  gradient: ({ inputs, cotangents, attributes: { axis } }) =>
    split(
      at(cotangents, 0),
      inputs.map((input) => at(input.shape, axis)),
      axis,
    ),
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { axis }) => ({
      kernel: 'concat',
      attributes: [sizeOf(at(inputs, 0).shape.slice(0, axis)), ...inputs.map((input) => sizeOf(input.shape.slice(axis)))],
    }),
  },
});

/** Inputs that one call of the kernel takes. */
const mostInputs = 16;

/** Tensors one after another along an axis (0 unless given): [2, 3] and [4, 3] → [6, 3]. Equal dtypes; the other lengths agree. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = firstOf('concat', tensors);
  const along = checkAxis('concat', axis, first.rank);
  let parts = tensors;
  while (parts.length > mostInputs) {
    const groups = Array.from({ length: Math.ceil(parts.length / mostInputs) }, (_, i) =>
      parts.slice(i * mostInputs, (i + 1) * mostInputs),
    );
    parts = groups.map((group) => apply(concatOp, group, { axis: along }));
  }
  return apply(concatOp, parts, { axis: along });
}

/** Tensors of one shape along a new axis (0 unless given): two of [3] → [2, 3]. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const { rank } = firstOf('stack', tensors);
  const along = checkAxis('stack', axis, rank + 1);
  const agree = tensors.every(
    (tensor) => tensor.rank === rank && tensor.shape.every((length, i) => length === tensors[0]?.shape[i]),
  );
  expectShape(agree, 'stack', 'equal shapes', tensors);
  return concat(
    tensors.map((tensor) => expandDims(tensor, along)),
    along,
  );
}

function firstOf(where: string, tensors: readonly Tensor[]): Tensor {
  if (!isArray(tensors) || tensors.length === 0)
    throw new RavineError('option', where, 'expected an array of at least one tensor, got none');
  tensors.forEach((tensor, i) => expectTensor(where, `tensor ${i}`, tensor));
  return at(tensors, 0);
}
