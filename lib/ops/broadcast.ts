import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkShape, stridesOf, type Shape } from '../shape.js';
import { at, expectShape, expectTensor } from './check.js';

export interface BroadcastAttributes {
  readonly shape: Shape;
}

/** Axes are matched from the last; those of length 1 are repeated. The walker sums the gradient back. */
export const broadcastToOp: Op<BroadcastAttributes> = defineOp<BroadcastAttributes>({
  name: 'broadcastTo',
  infer: (inputs, { shape }) => {
    const x = at(inputs, 0);
    const extra = shape.length - x.shape.length;
    const fits = extra >= 0 && x.shape.every((length, axis) => length === 1 || length === shape[axis + extra]);
    expectShape(fits, 'broadcastTo', `a shape that broadcasts to [${shape.join(',')}]`, [x]);
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ cotangents }) => [at(cotangents, 0)],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { shape }) => {
      const from = at(inputs, 0).shape;
      const own = stridesOf(from);
      const extra = shape.length - from.length;
      const strides = shape.map((_, axis) => (axis < extra || from[axis - extra] === 1 ? 0 : at(own, axis - extra)));
      return { kernel: 'strided', attributes: [shape.length, 0, ...shape, ...strides] };
    },
  },
});

/** x repeated along its axes of length 1, and along new ones in front: [3, 1] → [2, 3, 4]. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  expectTensor('broadcastTo', 'x', x);
  return apply(broadcastToOp, [x], { shape: checkShape('broadcastTo', shape) });
}
