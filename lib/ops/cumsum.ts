import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames } from '../options.js';
import { checkAxis, sizeOf } from '../shape.js';
import { at, expectDType, expectTensor } from './check.js';

export interface CumsumAttributes {
  readonly axis: number;
  readonly reverse: boolean;
  readonly exclusive: boolean;
}

/** out[i] = Σ x[j] over j ≤ i; j < i if exclusive; from the end if reverse. The gradient runs the other way. */
export const cumsumOp: Op<CumsumAttributes> = defineOp<CumsumAttributes>({
  name: 'cumsum',
  infer: (inputs) => {
    expectDType('cumsum', 'x', at(inputs, 0), 'numeric');
    return [at(inputs, 0)];
  },
  gradient: ({ cotangents, attributes }) => [
    apply(cumsumOp, [at(cotangents, 0)], { ...attributes, reverse: !attributes.reverse }),
  ],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { axis, reverse, exclusive }) => {
      const { shape } = at(inputs, 0);
      const blocks = [sizeOf(shape.slice(0, axis)), at(shape, axis), sizeOf(shape.slice(axis + 1))];
      return { kernel: 'cumsum', attributes: [...blocks, Number(reverse), Number(exclusive)], inPlace: [[0, 0]] };
    },
  },
});

export interface CumsumOptions {
  /** Adds from the end. Default false. */
  readonly reverse?: boolean;
  /** Leaves the element itself out, so that sums begin with 0. Default false. */
  readonly exclusive?: boolean;
}

/** Running sums along an axis (0 unless given): [1, 2, 3] → [1, 3, 6]. Floats and int32. */
export function cumsum(x: Tensor, axis = 0, options: CumsumOptions = {}): Tensor {
  expectTensor('cumsum', 'x', x);
  checkNames('cumsum', options, ['reverse', 'exclusive']);
  return apply(cumsumOp, [x], {
    axis: checkAxis('cumsum', axis, x.rank),
    reverse: boolean('cumsum', 'reverse', options.reverse ?? false),
    exclusive: boolean('cumsum', 'exclusive', options.exclusive ?? false),
  });
}
