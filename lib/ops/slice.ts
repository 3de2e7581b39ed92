import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkAxes, checkAxis, formatType, stridesOf, type Shape } from '../shape.js';
import { at, expectShape, expectTensor } from './check.js';
import { pad } from './pad.js';
import { reshape } from './reshape.js';

export interface SliceAttributes {
  /** Along each axis: the first element taken, how many, and from one to the next (may be negative). */
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** out[i] = x[start + i·step] along each axis. */
export const sliceOp: Op<SliceAttributes> = defineOp<SliceAttributes>({
  name: 'slice',
  infer: (inputs, { starts, sizes, steps }) => {
    const x = at(inputs, 0);
    sizes.forEach((size, axis) => {
      const [first, last] = [at(starts, axis), at(starts, axis) + (size - 1) * at(steps, axis)];
      const inside = size === 0 || (Math.min(first, last) >= 0 && Math.max(first, last) < at(x.shape, axis));
      expectShape(inside, 'slice', `axis ${axis} to hold elements ${first} to ${last}`, [x]);
    });
    return [{ dtype: x.dtype, shape: sizes }];
  },
  gradient: ({ inputs, cotangents, attributes }) => [unslice(at(cotangents, 0), at(inputs, 0).shape, attributes)],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { starts, sizes, steps }) => {
      const own = stridesOf(at(inputs, 0).shape);
      const isEmpty = sizes.includes(0);
      const offset = isEmpty ? 0 : starts.reduce((sum, start, axis) => sum + start * at(own, axis), 0);
      return {
        kernel: 'strided',
        attributes: [sizes.length, offset, ...sizes, ...own.map((stride, axis) => stride * at(steps, axis))],
      };
    },
  },
});

/** The transposed rule: dy put back to where the slice took it from, zeros elsewhere. Axis by axis: reversed, spread by the step, padded. */
function unslice(dy: Tensor, shape: Shape, { starts, sizes, steps }: SliceAttributes): Tensor {
  const reversed = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  let x = reversed.length > 0 ? flip(dy, reversed) : dy;
  steps.forEach((step, axis) => {
    if (Math.abs(step) > 1 && at(sizes, axis) > 1) x = spread(x, axis, Math.abs(step));
  });
  const before = starts.map((start, axis) =>
    at(sizes, axis) === 0 ? 0 : Math.min(start, start + (at(sizes, axis) - 1) * at(steps, axis)),
  );
  return pad(
    x,
    before.map((count, axis) => [count, at(shape, axis) - count - at(x.shape, axis)]),
  );
}

/** a, b, c → a, 0, b, 0, c along an axis, for step 2. */
function spread(x: Tensor, axis: number, step: number): Tensor {
  const length = at(x.shape, axis);
  const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const columns = reshape(x, [...outer, length, 1, ...inner]);
  const padded = pad(
    columns,
    columns.shape.map((_, i) => [0, i === axis + 1 ? step - 1 : 0]),
  );
  const joined = reshape(padded, [...outer, length * step, ...inner]);
  return slice(
    joined,
    joined.shape.map(() => 0),
    joined.shape.map((size, i) => (i === axis ? (length - 1) * step + 1 : size)),
  );
}

/**
 * Elements from `starts` up to, without, `ends`, every `steps`-th, along the first axes; the other axes are taken whole. As JavaScript's slice:
 * negative places count from the end, and places outside are cut off. Steps are positive integers, 1 unless given.
 */
export function slice(x: Tensor, starts: readonly number[], ends?: readonly number[], steps?: readonly number[]): Tensor {
  expectTensor('slice', 'x', x);
  for (const [name, list] of Object.entries({ starts, ends, steps })) checkPlaces(x, name, list);
  const from = x.shape.map((length, axis) => place(starts[axis] ?? 0, length));
  const by = x.shape.map((_, axis) => steps?.[axis] ?? 1);
  by.forEach((step) => {
    if (step < 1)
      throw new RavineError('option', 'slice', `expected steps to be positive, got ${describe(step)}`, {
        help: 'flip(x, axis) reverses',
      });
  });
  const sizes = x.shape.map((length, axis) =>
    Math.max(0, Math.ceil((place(ends?.[axis] ?? length, length) - at(from, axis)) / at(by, axis))),
  );
  return apply(sliceOp, [x], { starts: from, sizes, steps: by });
}

function checkPlaces(x: Tensor, name: string, list: readonly number[] | undefined): void {
  if (list === undefined) return;
  const fits = Array.isArray(list) && list.length <= x.rank && list.every((value) => Number.isSafeInteger(value));
  if (!fits)
    throw new RavineError(
      'option',
      'slice',
      `expected ${name} to be at most ${x.rank} integers for ${formatType(x)}, got ${describe(list)}`,
    );
}

function place(value: number, length: number): number {
  return Math.min(length, Math.max(0, value < 0 ? value + length : value));
}

/** Reversed along axes; along all of them unless given. */
export function flip(x: Tensor, axis?: number | readonly number[]): Tensor {
  expectTensor('flip', 'x', x);
  const axes = checkAxes('flip', axis, x.rank);
  const isReversed = x.shape.map((_, i) => axes.includes(i));
  return apply(sliceOp, [x], {
    starts: x.shape.map((length, i) => (isReversed[i] ? Math.max(0, length - 1) : 0)),
    sizes: x.shape,
    steps: isReversed.map((reversed) => (reversed ? -1 : 1)),
  });
}

/** Parts along an axis (0 unless given): of the given sizes, or that many equal ones. */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  expectTensor('split', 'x', x);
  const along = checkAxis('split', axis, x.rank);
  const length = at(x.shape, along);
  if (typeof parts === 'number') {
    const fits = Number.isSafeInteger(parts) && parts > 0 && length % parts === 0;
    expectShape(fits, 'split', `axis ${along} to divide into ${describe(parts)} equal parts`, [x]);
  }
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(length / parts) : parts;
  const whole = sizes.every((size) => Number.isSafeInteger(size) && size >= 0) && sizes.reduce((a, b) => a + b, 0) === length;
  expectShape(whole, 'split', `sizes [${sizes.join(',')}] to add up to axis ${along}`, [x]);
  let start = 0;
  return sizes.map((size) => {
    const starts = x.shape.map((_, i) => (i === along ? start : 0));
    start += size;
    const ends = x.shape.map((whole, i) => (i === along ? start : whole));
    return slice(x, starts, ends);
  });
}
