import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectTensor, isArray } from './check.js';
import { expectRepresentable } from './constant.js';
import { slice } from './slice.js';

export interface PadAttributes {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

/** x in the middle, `value` around it. */
export const padOp: Op<PadAttributes> = defineOp<PadAttributes>({
  name: 'pad',
  infer: (inputs, { before, after, value }) => {
    const { dtype, shape } = at(inputs, 0);
    expectRepresentable('pad', value, dtype);
    return [{ dtype, shape: shape.map((length, axis) => at(before, axis) + length + at(after, axis)) }];
  },
  gradient: ({ inputs, cotangents, attributes: { before } }) => [
    slice(
      at(cotangents, 0),
      before,
      at(inputs, 0).shape.map((length, axis) => at(before, axis) + length),
    ),
  ],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { before, after, value }) => {
      const { shape } = at(inputs, 0);
      return { kernel: 'pad', attributes: [shape.length, value, ...shape, ...before, ...after] };
    },
  },
});

/** `widths[i]` = [before, after] elements of `value` (0 unless given) around axis i. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  expectTensor('pad', 'x', x);
  const fits =
    isArray(widths) &&
    widths.length === x.rank &&
    widths.every((pair) => isArray(pair) && pair.length === 2 && pair.every(isWidth));
  if (!fits)
    throw new RavineError(
      'option',
      'pad',
      `expected a pair of integers ≥ 0 for each of ${x.rank} axes, got ${describeWidths(widths)}`,
    );
  return apply(padOp, [x], { before: widths.map(([before]) => before), after: widths.map(([, after]) => after), value });
}

function isWidth(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function describeWidths(widths: unknown): string {
  return isArray(widths) ? JSON.stringify(widths) : describe(widths);
}
