import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkAxes, checkAxis, checkShape, formatType, sizeOf, type Shape } from '../shape.js';
import { at, expectShape, expectTensor, isArray } from './check.js';

export interface ReshapeAttributes {
  readonly shape: Shape;
}

/** The same elements in the same order under another shape. */
export const reshapeOp: Op<ReshapeAttributes> = defineOp<ReshapeAttributes>({
  name: 'reshape',
  infer: (inputs, { shape }) => {
    const x = at(inputs, 0);
    const size = sizeOf(x.shape);
    expectShape(size === sizeOf(shape), 'reshape', `[${shape.join(',')}] to hold ${size} elements as the input does`, [x]);
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs, cotangents }) => [reshape(at(cotangents, 0), at(inputs, 0).shape)],
  implementation: { kind: 'view' },
});

/** The same elements under another shape, row-major, without a copy. One length may be −1: what the others leave. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  expectTensor('reshape', 'x', x);
  return apply(reshapeOp, [x], { shape: resolve(x, shape) });
}

function resolve(x: Tensor, shape: Shape): Shape {
  if (!isArray(shape) || !shape.includes(-1)) return checkShape('reshape', shape);
  const known = checkShape(
    'reshape',
    shape.filter((length) => length !== -1),
  );
  if (known.length < shape.length - 1)
    throw new RavineError('shape', 'reshape', `expected one length to be −1 at most, got [${shape.join(',')}]`);
  const rest = x.size / sizeOf(known);
  if (!Number.isInteger(rest))
    throw new RavineError(
      'shape',
      'reshape',
      `expected ${formatType(x)} to divide into [${shape.join(',')}], got ${x.size} elements`,
    );
  return shape.map((length) => (length === -1 ? rest : length));
}

/** Axes from `firstAxis` on become one: [n, h, w, c] → [n, h·w·c] with firstAxis 1. Default 0: all of them. */
export function flatten(x: Tensor, firstAxis = 0): Tensor {
  expectTensor('flatten', 'x', x);
  if (x.rank === 0) return reshape(x, [1]);
  const first = checkAxis('flatten', firstAxis, x.rank);
  return reshape(x, [...x.shape.slice(0, first), sizeOf(x.shape.slice(first))]);
}

/** A new axis of length 1 at `axis` of the result: [3, 4] → [3, 1, 4] at 1. Negative axes count from the end. */
export function expandDims(x: Tensor, axis: number): Tensor {
  expectTensor('expandDims', 'x', x);
  const place = checkAxis('expandDims', axis, x.rank + 1);
  return reshape(x, x.shape.toSpliced(place, 0, 1));
}

/** Without the axes of length 1, or without the given ones, which must be of length 1. */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  expectTensor('squeeze', 'x', x);
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((length) => length !== 1),
    );
  const axes = checkAxes('squeeze', axis, x.rank);
  for (const i of axes) expectShape(x.shape[i] === 1, 'squeeze', `axis ${describe(i)} to be of length 1`, [x]);
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}
