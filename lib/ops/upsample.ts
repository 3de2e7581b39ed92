import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type KernelCall, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames, oneOf } from '../options.js';
import { sizeOf, type TensorType } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { perAxis, type PerAxis } from './pool-window.js';

export interface ResizeAttributes {
  readonly axis: number;
  readonly length: number;
  readonly outputs: number;
  /** From one output to the next, in elements of the input. */
  readonly ratio: number;
  readonly mode: 'nearest' | 'linear' | 'aligned';
}

const modes = { nearest: 0, linear: 1, aligned: 2 };

function call(kernel: string, { shape }: TensorType, { axis, length, outputs, ratio, mode }: ResizeAttributes): KernelCall {
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  return { kernel, attributes: [outer, length, outputs, inner, ratio, modes[mode]] };
}

/** Along one axis, output o is x at ⌊o·ratio⌋, or between the neighbours of (o + ½)·ratio − ½, or of o·ratio. Linear in x. */
export const resizeOp: Op<ResizeAttributes> = defineOp<ResizeAttributes>({
  name: 'resize',
  infer: (inputs, { axis, outputs }) => {
    const { dtype, shape } = at(inputs, 0);
    return [{ dtype, shape: shape.with(axis, outputs) }];
  },
  gradient: ({ cotangents, attributes }) => [apply(resizeGradientOp, [at(cotangents, 0)], attributes)],
  implementation: { kind: 'kernel', lower: (inputs, _, attributes) => call('resize', at(inputs, 0), attributes) },
});

/** The transpose of `resize`. */
export const resizeGradientOp: Op<ResizeAttributes> = defineOp<ResizeAttributes>({
  name: 'resizeGradient',
  infer: (inputs, { axis, length }) => {
    const { dtype, shape } = at(inputs, 0);
    return [{ dtype, shape: shape.with(axis, length) }];
  },
  gradient: ({ cotangents, attributes }) => [apply(resizeOp, [at(cotangents, 0)], attributes)],
  implementation: { kind: 'kernel', lower: (inputs, _, attributes) => call('resize_gradient', at(inputs, 0), attributes) },
});

export interface UpsampleOptions {
  /** `'nearest'` repeats elements; `'bilinear'` mixes neighbours, along one axis or two. Default `'nearest'`. */
  readonly mode?: 'nearest' | 'bilinear';
  /** Whether the first and last elements stay at the ends; with `'bilinear'` only. Default false. */
  readonly alignCorners?: boolean;
}

/** Checks options before any shape is known. */
export function checkUpsample(scale: PerAxis, options: UpsampleOptions): void {
  const where = 'upsample';
  checkNames(where, options, ['mode', 'alignCorners']);
  const mode = oneOf(where, 'mode', options.mode ?? 'nearest', ['nearest', 'bilinear']);
  const aligned = boolean(where, 'alignCorners', options.alignCorners ?? false);
  if (aligned && mode === 'nearest')
    throw new RavineError('option', where, "expected alignCorners with mode 'bilinear' only, got mode 'nearest'");
  perAxis(where, 'scale', scale, typeof scale === 'number' ? 1 : scale.length, positive);
}

/**
 * Lengths between the first axis and the channels, times `scale` (a number, or one an axis) and rounded down: [samples, length, channels] or [samples,
 * height, width, channels]. PyTorch's interpolation. Floats.
 */
export function upsample(x: Tensor, scale: PerAxis, options: UpsampleOptions = {}): Tensor {
  expectTensor('upsample', 'x', x);
  expectDType('upsample', 'x', x, 'float');
  checkUpsample(scale, options);
  const lengths = x.shape.slice(1, -1);
  const fits = (x.rank === 3 || x.rank === 4) && lengths.every((length) => length > 0);
  expectShape(fits, 'upsample', 'x to be [samples, …, channels] with one or two axes of elements between', [x]);
  const scales = perAxis('upsample', 'scale', scale, lengths.length, positive);
  const { mode = 'nearest', alignCorners = false } = options;
  // The last axis first: the others then run over longer rows.
  return lengths.reduceRight((image, length, i) => {
    const factor = scales[i] ?? 1;
    const outputs = Math.floor(length * factor);
    expectShape(outputs > 0, 'upsample', `a scale that leaves elements, not ${factor}`, [x]);
    const along = outputs > 1 ? (length - 1) / (outputs - 1) : 0;
    return apply(resizeOp, [image], {
      axis: i + 1,
      length,
      outputs,
      ratio: alignCorners ? along : 1 / factor,
      mode: mode === 'nearest' ? mode : alignCorners ? 'aligned' : 'linear',
    });
  }, x);
}

function positive(where: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    throw new RavineError('option', where, `expected ${name} to be a number above 0, got ${describe(value)}`);
  return value;
}
