import { apply, applyAll } from '../ir/apply.js';
import { defineOp, type KernelCall, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames } from '../options.js';
import type { Shape, TensorType } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { adaptiveAxes, windowAxes, type PerAxis, type PoolAxis, type PoolPadding } from './pool-window.js';
import { pad } from './pad.js';
import { reshape } from './reshape.js';

/** Windows over the height and the width of [samples, height, width, channels]. */
export interface PoolAttributes {
  readonly y: PoolAxis;
  readonly x: PoolAxis;
}

/** The same tensor's type with other heights and widths. */
function resized(type: TensorType, [height, width]: readonly [number, number]): TensorType {
  const [samples = 0, , , channels = 0] = type.shape;
  return { dtype: type.dtype, shape: [samples, height, width, channels] };
}
const pooled = (type: TensorType, { y, x }: PoolAttributes): TensorType => resized(type, [y.outputs, x.outputs]);
const unpooled = (type: TensorType, { y, x }: PoolAttributes): TensorType => resized(type, [y.length, x.length]);

function call(kernel: string, { shape }: TensorType, { y, x }: PoolAttributes, more: readonly number[] = []): KernelCall {
  const axis = ({ length, outputs, kernel: size, stride, pad, dilation }: PoolAxis): number[] => [
    length,
    outputs,
    size,
    stride,
    pad,
    dilation,
  ];
  return { kernel, attributes: [at(shape, 0), at(shape, 3), ...axis(y), ...axis(x), ...more] };
}

/** x → y, places: the largest element of each window, and where in the window it stands (uint8 where 256 places suffice). */
export const maxPoolOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: 'maxPool',
  infer: (inputs, windows) => {
    const y = pooled(at(inputs, 0), windows);
    return [y, { dtype: windows.y.kernel * windows.x.kernel <= 256 ? 'uint8' : 'int32', shape: y.shape }];
  },
  // ∂x = Σ dy over the windows whose largest element it was
  gradient: ({ outputs, cotangents, attributes }) => [apply(maxPoolGradientOp, [at(cotangents, 0), at(outputs, 1)], attributes)],
  implementation: { kind: 'kernel', lower: (inputs, _, windows) => call('max_pool', at(inputs, 0), windows) },
});

/** dy, places → dx */
export const maxPoolGradientOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: 'maxPoolGradient',
  infer: (inputs, windows) => [unpooled(at(inputs, 0), windows)],
  gradient: ({ inputs, cotangents, attributes }) => [apply(maxPoolPickOp, [at(cotangents, 0), at(inputs, 1)], attributes), null],
  implementation: { kind: 'kernel', lower: (inputs, _, windows) => call('max_pool_gradient', at(inputs, 0), windows) },
});

/** x, places → the element of each window that stands at its place */
export const maxPoolPickOp: Op<PoolAttributes> = defineOp<PoolAttributes>({
  name: 'maxPoolPick',
  infer: (inputs, windows) => [pooled(at(inputs, 0), windows)],
  gradient: ({ inputs, cotangents, attributes }) => [
    apply(maxPoolGradientOp, [at(cotangents, 0), at(inputs, 1)], attributes),
    null,
  ],
  implementation: { kind: 'kernel', lower: (inputs, _, windows) => call('max_pool_pick', at(inputs, 0), windows) },
});

export interface AveragePoolAttributes extends PoolAttributes {
  /** Whether the padding counts as elements of a window. */
  readonly countPadding: boolean;
}

/** y = Σ x/count over each window */
export const averagePoolOp: Op<AveragePoolAttributes> = defineOp<AveragePoolAttributes>({
  name: 'averagePool',
  infer: (inputs, windows) => [pooled(at(inputs, 0), windows)],
  gradient: ({ cotangents, attributes }) => [apply(averagePoolGradientOp, [at(cotangents, 0)], attributes)],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, windows) => call('average_pool', at(inputs, 0), windows, [Number(windows.countPadding)]),
  },
});

/** ∂x = Σ dy/count over the windows that hold it */
export const averagePoolGradientOp: Op<AveragePoolAttributes> = defineOp<AveragePoolAttributes>({
  name: 'averagePoolGradient',
  infer: (inputs, windows) => [unpooled(at(inputs, 0), windows)],
  gradient: ({ cotangents, attributes }) => [apply(averagePoolOp, [at(cotangents, 0)], attributes)],
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, windows) => call('average_pool_gradient', at(inputs, 0), windows, [Number(windows.countPadding)]),
  },
});

interface Pool {
  readonly name: string;
  readonly axes: 1 | 2;
  readonly windows: (lengths: readonly number[]) => readonly PoolAxis[];
  readonly run: (x: Tensor, windows: PoolAttributes) => Tensor;
}

/** [samples, length, channels] is an image of one row. */
const oneRow: PoolAxis = { length: 1, outputs: 1, kernel: 1, stride: 1, pad: 0, dilation: 1 };

function pool(x: Tensor, { name, axes, windows, run }: Pool): Tensor {
  expectTensor(name, 'x', x);
  expectDType(name, 'x', x, 'float');
  const expected = axes === 1 ? '[samples, length, channels]' : '[samples, height, width, channels]';
  expectShape(x.rank === axes + 2, name, `x to be ${expected}`, [x]);
  const [first = oneRow, second] = windows(x.shape.slice(1, -1));
  if (second) return run(x, { y: first, x: second });
  const [samples, length, channels] = [at(x.shape, 0), first.length, at(x.shape, 2)];
  const image: Shape = [samples, 1, length, channels];
  return reshape(run(reshape(x, image), { y: oneRow, x: first }), [samples, first.outputs, channels]);
}

const runMax = (x: Tensor, windows: PoolAttributes): Tensor => at(applyAll(maxPoolOp, [x], windows), 0);

export interface MaxPoolOptions<Rank extends 1 | 2 = 1 | 2> {
  /** From one window to the next. Default: the window's size. */
  readonly stride?: PerAxis<Rank>;
  /** On both sides of an axis, at most half the window; it is never the largest. Default 0. */
  readonly padding?: PoolPadding<Rank>;
  /** From one element of a window to the next. Default 1. */
  readonly dilation?: PerAxis<Rank>;
  /** A last window may reach beyond the padding, as PyTorch's `ceil_mode` has it. Default false. */
  readonly ceilMode?: boolean;
}

export interface AvgPoolOptions<Rank extends 1 | 2 = 1 | 2> {
  /** From one window to the next. Default: the window's size. */
  readonly stride?: PerAxis<Rank>;
  /** Zeros on both sides of an axis, at most half the window. Default 0. */
  readonly padding?: PoolPadding<Rank>;
  /** Whether the padding's zeros count. Default true as in PyTorch, false with `padding: 'same'` as in Keras. */
  readonly countIncludePad?: boolean;
  /** A last window may reach beyond the padding, as PyTorch's `ceil_mode` has it; what lies beyond does not count. Default false. */
  readonly ceilMode?: boolean;
}

export const maxPoolNames = ['stride', 'padding', 'dilation', 'ceilMode'] as const satisfies (keyof MaxPoolOptions)[];
export const avgPoolNames = ['stride', 'padding', 'countIncludePad', 'ceilMode'] as const satisfies (keyof AvgPoolOptions)[];

function maxPool(name: string, axes: 1 | 2, x: Tensor, size: PerAxis, options: MaxPoolOptions): Tensor {
  checkNames(name, options, maxPoolNames);
  const { stride, padding, dilation, ceilMode } = options;
  return pool(x, {
    name,
    axes,
    windows: (lengths) => windowAxes(name, lengths, { size, stride, padding, dilation, ceilMode }),
    run: runMax,
  });
}

function avgPool(name: string, axes: 1 | 2, x: Tensor, size: PerAxis, options: AvgPoolOptions): Tensor {
  checkNames(name, options, avgPoolNames);
  const { stride, padding, ceilMode } = options;
  const countPadding = boolean(name, 'countIncludePad', options.countIncludePad ?? padding !== 'same');
  return pool(x, {
    name,
    axes,
    windows: (lengths) => windowAxes(name, lengths, { size, stride, padding, dilation: 1, ceilMode }),
    run: (image, windows) =>
      countPadding && ceilMode
        ? runMean(...withZeros(image, windows))
        : apply(averagePoolOp, [image], { ...windows, countPadding }),
  });
}

/** The largest element of each window: x [samples, length, channels] → [samples, windows, channels]. The first of equal ones gets the gradient. Floats. */
export function maxPool1d(x: Tensor, size: PerAxis<1>, options: MaxPoolOptions<1> = {}): Tensor {
  return maxPool('maxPool1d', 1, x, size, options);
}

/** The largest element of each window: x [samples, height, width, channels]. The first of equal ones, by rows, gets the gradient. Floats. */
export function maxPool2d(x: Tensor, size: PerAxis<2>, options: MaxPoolOptions<2> = {}): Tensor {
  return maxPool('maxPool2d', 2, x, size, options);
}

/** The mean of each window: x [samples, length, channels] → [samples, windows, channels]. Floats. */
export function avgPool1d(x: Tensor, size: PerAxis<1>, options: AvgPoolOptions<1> = {}): Tensor {
  return avgPool('avgPool1d', 1, x, size, options);
}

/** The mean of each window: x [samples, height, width, channels]. Floats. */
export function avgPool2d(x: Tensor, size: PerAxis<2>, options: AvgPoolOptions<2> = {}): Tensor {
  return avgPool('avgPool2d', 2, x, size, options);
}

/** The padding as elements, so that it counts and what lies beyond it does not. */
function withZeros(image: Tensor, { y, x }: PoolAttributes): [Tensor, PoolAttributes] {
  const padded = pad(image, [
    [0, 0],
    [y.pad, y.pad],
    [x.pad, x.pad],
    [0, 0],
  ]);
  const without = (axis: PoolAxis): PoolAxis => ({ ...axis, length: axis.length + 2 * axis.pad, pad: 0 });
  return [padded, { y: without(y), x: without(x) }];
}

function adaptive(name: string, axes: 1 | 2, x: Tensor, outputs: PerAxis, run: Pool['run']): Tensor {
  return pool(x, { name, axes, windows: (lengths) => adaptiveAxes(name, lengths, outputs), run });
}
const runMean = (image: Tensor, windows: PoolAttributes): Tensor =>
  apply(averagePoolOp, [image], { ...windows, countPadding: false });

/** Means of `outputs` bins, which cover the length as evenly as whole elements allow (PyTorch's bins): [samples, length, channels]. */
export function adaptiveAvgPool1d(x: Tensor, outputs: PerAxis<1>): Tensor {
  return adaptive('adaptiveAvgPool1d', 1, x, outputs, runMean);
}

/** Means of `outputs` × `outputs` bins (or [rows, columns]): [samples, height, width, channels]. */
export function adaptiveAvgPool2d(x: Tensor, outputs: PerAxis<2>): Tensor {
  return adaptive('adaptiveAvgPool2d', 2, x, outputs, runMean);
}

/** The largest elements of `outputs` bins: [samples, length, channels]. */
export function adaptiveMaxPool1d(x: Tensor, outputs: PerAxis<1>): Tensor {
  return adaptive('adaptiveMaxPool1d', 1, x, outputs, runMax);
}

/** The largest elements of `outputs` × `outputs` bins (or [rows, columns]): [samples, height, width, channels]. */
export function adaptiveMaxPool2d(x: Tensor, outputs: PerAxis<2>): Tensor {
  return adaptive('adaptiveMaxPool2d', 2, x, outputs, runMax);
}
