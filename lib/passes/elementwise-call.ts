import { dtypes } from '../dtype.js';
import { internal } from '../errors.js';
import type { KernelCall } from '../ir/op.js';
import { stridesOf, type Shape, type TensorType } from '../shape.js';
import type { FusedAttributes } from './fuse.js';

/** The `elementwise` kernel's attributes for a fused node. */
export function elementwiseCall(inputs: readonly TensorType[], attributes: FusedAttributes): KernelCall {
  const { dims, strides } = collapse(
    attributes.shape,
    inputs.map((input) => broadcastStrides(input.shape, attributes.shape)),
  );
  const words: number[] = [dtypes[attributes.dtype].code, dims.length, attributes.steps.length, attributes.constants.length];
  words.push(...dims, ...strides.flat(), ...attributes.constants);
  const names: NonNullable<KernelCall['names']>[number][] = [];
  for (const { code, from } of attributes.steps) {
    names.push({ at: words.length, list: 'elementwise', name: code });
    words.push(-1, from[0] ?? 0, from[1] ?? 0, from[2] ?? 0);
  }
  words.push(...attributes.results.map(({ register }) => register));
  return { kernel: 'elementwise', attributes: words, names, inPlace: placesFor(inputs, attributes) };
}

/** An output may lie over an input of its own type that is read once an element. */
function placesFor(inputs: readonly TensorType[], attributes: FusedAttributes): (readonly [number, number])[] {
  return attributes.results.flatMap(({ dtype }, output) =>
    inputs.flatMap((input, i) =>
      input.dtype === dtype && sameSize(input.shape, attributes.shape) ? [[output, i] as const] : [],
    ),
  );
}

function sameSize(a: Shape, b: Shape): boolean {
  return a.reduce((x, y) => x * y, 1) === b.reduce((x, y) => x * y, 1);
}

/** Elements from one index to the next of `to` in a tensor of shape `from` that is broadcast to it; 0 where it stretches. */
function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const extra = to.length - from.length;
  internal(extra >= 0, 'an input has more axes than the output');
  return to.map((length, axis) => (axis < extra || (from[axis - extra] === 1 && length !== 1) ? 0 : (own[axis - extra] ?? 0)));
}

/** Drops axes of length 1 and joins neighbours that every input steps through as through one. */
function collapse(shape: Shape, strides: readonly (readonly number[])[]): { dims: number[]; strides: number[][] } {
  const dims: number[] = [];
  const kept: number[][] = strides.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = dims.length - 1;
    const joins = last >= 0 && strides.every((stride, i) => kept[i]?.[last] === (stride[axis] ?? 0) * length);
    if (joins) dims[last] = (dims[last] ?? 1) * length;
    else dims.push(length);
    strides.forEach((stride, i) => {
      const own = kept[i];
      if (own) own[joins ? last : own.length] = stride[axis] ?? 0;
    });
  });
  if (dims.length === 0) return { dims: [1], strides: strides.map(() => [0]) };
  return { dims, strides: kept };
}
