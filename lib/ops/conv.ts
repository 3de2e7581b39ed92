import type { DType } from '../dtype.js';
import { apply } from '../ir/apply.js';
import { defineOp, type KernelCall, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, oneOf, positiveInteger } from '../options.js';
import type { Shape, TensorType } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor } from './check.js';
import { convAxes, transposedAxes, type ConvPadding } from './conv-window.js';
import { matmul } from './matmul.js';
import type { PerAxis, PoolAxis } from './pool-window.js';
import { reshape } from './reshape.js';

/**
 * A convolution of images [samples, y.length, x.length, groups·in] with weights [y.kernel, x.kernel, in, groups·out] into
 * [samples, y.outputs, x.outputs, groups·out]. The three ops below are its three derivatives of one another.
 */
export interface ConvAttributes {
  readonly y: PoolAxis;
  readonly x: PoolAxis;
  readonly groups: number;
  /** Sums of products as they stand, never Winograd's. */
  readonly direct?: boolean;
}

interface ConvSizes {
  readonly samples: number;
  /** Channels of one group. */
  readonly inChannels: number;
  readonly outChannels: number;
}

export function convCall(
  kernel: string,
  { samples, inChannels, outChannels }: ConvSizes,
  { y, x, groups }: ConvAttributes,
): KernelCall {
  const axis = ({ length, outputs, kernel: size, stride, pad, dilation }: PoolAxis): number[] => [
    length,
    outputs,
    size,
    stride,
    pad,
    dilation,
  ];
  return { kernel, attributes: [samples, groups, inChannels, outChannels, ...axis(y), ...axis(x)] };
}

/** Winograd's transformed weights pay from some outputs on; wider layers would leave its tiles no room in the cache. */
const leastWinogradOutputs = 256;
const [channelUnit, mostChannels] = [16, 256];
/** Of its weight gradient, input times output channels: sums of wider layers leave the cache. */
const mostWinogradWeights = 4096;

/** 1 where Winograd's algorithm takes the place of the sum: 1.6 times as fast, rounded otherwise. */
function winograd(dtype: DType, { samples, inChannels, outChannels }: ConvSizes, attributes: ConvAttributes): number {
  const { y, x, groups, direct = false } = attributes;
  const fits = ({ kernel, stride, dilation, outputs, length }: PoolAxis): boolean =>
    kernel === 3 && stride === 1 && dilation === 1 && Math.min(outputs, length) >= 4;
  const full = (count: number): boolean => count > 0 && count % channelUnit === 0 && count <= mostChannels;
  const pays = samples * y.outputs * x.outputs >= leastWinogradOutputs;
  return Number(
    !direct && dtype === 'float32' && groups === 1 && fits(y) && fits(x) && full(inChannels) && full(outChannels) && pays,
  );
}

/** Sizes by x's and y's channels. */
function sizesOf(samples: number, inputs: number, outputs: number, groups: number): ConvSizes {
  return { samples, inChannels: inputs / groups, outChannels: outputs / groups };
}

const channels = (type: TensorType): number => at(type.shape, 3);
const samplesOf = (type: TensorType): number => at(type.shape, 0);

function inferWith(name: string, shapeOf: (inputs: readonly TensorType[], attributes: ConvAttributes) => Shape) {
  return (inputs: readonly TensorType[], attributes: ConvAttributes): readonly TensorType[] => {
    const dtype = expectSameDType(name, inputs);
    expectDType(name, 'x', at(inputs, 0), 'float');
    return [{ dtype, shape: shapeOf(inputs, attributes) }];
  };
}

/** x, w → y */
export const conv2dOp: Op<ConvAttributes> = defineOp<ConvAttributes>({
  name: 'conv2d',
  infer: inferWith('conv2d', ([x, w], { y: rows, x: columns }) => [
    at(x?.shape ?? [], 0),
    rows.outputs,
    columns.outputs,
    at(w?.shape ?? [], 3),
  ]),
  gradient: ({ inputs, cotangents, attributes }) => {
    const [x, w, dy] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    return [apply(conv2dInputGradientOp, [dy, w], attributes), apply(conv2dWeightGradientOp, [x, dy], attributes)];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, attributes) => {
      const [x, y] = [at(inputs, 0), at(outputs, 0)];
      const sizes = sizesOf(samplesOf(x), channels(x), channels(y), attributes.groups);
      const call = convCall('conv', sizes, attributes);
      return { ...call, attributes: [...call.attributes, winograd(x.dtype, sizes, attributes), 0, 0] };
    },
  },
});

/** dy, w → dx = Σ dy·w over the outputs that look at an element: a transposed convolution */
export const conv2dInputGradientOp: Op<ConvAttributes> = defineOp<ConvAttributes>({
  name: 'conv2dInputGradient',
  infer: inferWith('conv2dInputGradient', ([dy, w], { y: rows, x: columns, groups }) => [
    at(dy?.shape ?? [], 0),
    rows.length,
    columns.length,
    at(w?.shape ?? [], 2) * groups,
  ]),
  gradient: ({ inputs, cotangents, attributes }) => {
    const [dy, w, c] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    return [apply(conv2dOp, [c, w], attributes), apply(conv2dWeightGradientOp, [c, dy], attributes)];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, attributes) => {
      const [dy, dx] = [at(inputs, 0), at(outputs, 0)];
      const sizes = sizesOf(samplesOf(dy), channels(dx), channels(dy), attributes.groups);
      const call = convCall('conv_input_gradient', sizes, attributes);
      return { ...call, attributes: [...call.attributes, winograd(dy.dtype, sizes, attributes)] };
    },
  },
});

/** x, dy → dw = Σ x·dy over samples and outputs */
export const conv2dWeightGradientOp: Op<ConvAttributes> = defineOp<ConvAttributes>({
  name: 'conv2dWeightGradient',
  infer: inferWith('conv2dWeightGradient', ([x, dy], { y: rows, x: columns, groups }) => [
    rows.kernel,
    columns.kernel,
    at(x?.shape ?? [], 3) / groups,
    at(dy?.shape ?? [], 3),
  ]),
  gradient: ({ inputs, cotangents, attributes }) => {
    const [x, dy, c] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    return [apply(conv2dInputGradientOp, [dy, c], attributes), apply(conv2dOp, [x, c], attributes)];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, attributes) => {
      const [x, dy] = [at(inputs, 0), at(inputs, 1)];
      const sizes = sizesOf(samplesOf(x), channels(x), channels(dy), attributes.groups);
      const call = convCall('conv_weight_gradient', sizes, attributes);
      const fits = sizes.inChannels * sizes.outChannels <= mostWinogradWeights;
      return { ...call, attributes: [...call.attributes, fits ? winograd(x.dtype, sizes, attributes) : 0] };
    },
  },
});

export interface ConvOptions<Rank extends 1 | 2 = 1 | 2> {
  /** Default 1. */
  readonly stride?: PerAxis<Rank>;
  /** Default 'valid': none. */
  readonly padding?: ConvPadding<Rank>;
  /** Elements from one tap to the next. Default 1. */
  readonly dilation?: PerAxis<Rank>;
  /** Channels are cut into as many groups, each with weights of its own. Default 1; the number of channels: depthwise. */
  readonly groups?: number;
  /**
   * `'auto'`: 3 × 3 kernels of stride 1 in float32 between 16 to 256 channels (multiples of 16) use Winograd's F(2×2, 3×3), which rounds
   * otherwise than the sum, as closely. `'direct'`: always the sum. Default 'auto'.
   */
  readonly algorithm?: 'auto' | 'direct';
}

export interface ConvTransposeOptions<Rank extends 1 | 2 = 1 | 2> extends ConvOptions<Rank> {
  /** Elements more at the end of an output's axis, below the stride or the dilation. Default 0. */
  readonly outputPadding?: PerAxis<Rank>;
}

export const convNames = ['stride', 'padding', 'dilation', 'groups', 'algorithm'] as const satisfies (keyof ConvOptions)[];

function checkOperands(where: string, x: Tensor, w: Tensor, rank: number, groups: number, transposed: boolean): void {
  expectTensor(where, 'x', x);
  expectTensor(where, 'w', w);
  const axes = rank === 3 ? 'length' : 'height, width';
  expectShape(x.rank === rank, where, `x to be [samples, ${axes}, channels]`, [x]);
  const shown = rank === 3 ? 'length' : 'rows, columns';
  expectShape(w.rank === rank, where, `w to be [${shown}, inChannels, outChannels]`, [w]);
  expectSameDType(where, [x, w]);
  expectShape(w.size > 0, where, 'weights', [w]);
  const [given, last, own] = [at(x.shape, rank - 1), at(w.shape, rank - 1), at(w.shape, rank - 2)];
  const help = groups === 1 ? undefined : `channels are cut into ${groups} groups`;
  expectShape(last % groups === 0, where, `w.shape[${rank - 1}] to be a multiple of ${groups} groups`, [x, w]);
  const fits = transposed ? given === last : given === own * groups;
  const meets = transposed ? `x.shape[${rank - 1}] = w.shape[${rank - 1}]` : `x.shape[${rank - 1}] = groups·w.shape[${rank - 2}]`;
  expectShape(fits, where, meets, [x, w], help);
}

type How = Pick<ConvAttributes, 'groups' | 'direct'>;

function howOf(where: string, options: ConvOptions, known: readonly string[]): How {
  checkNames(where, options, known);
  return {
    groups: positiveInteger(where, 'groups', options.groups ?? 1),
    direct: isDirect(where, options.algorithm),
  };
}

export function isDirect(where: string, algorithm: unknown = 'auto'): boolean {
  return oneOf(where, 'algorithm', algorithm, ['auto', 'direct']) === 'direct';
}

/**
 * Cross-correlation, as deep learning has it: y[n, i, j, o] = Σ x[n, i·stride + ky·dilation − pad, …, c]·w[ky, kx, c, o].
 * x [samples, height, width, in], w [rows, columns, in/groups, out] → [samples, rows, columns, out]. Equal dtypes, floats.
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions<2> = {}): Tensor {
  const where = 'conv2d';
  const how = howOf(where, options, convNames);
  checkOperands(where, x, w, 4, how.groups, false);
  const { stride, padding, dilation } = options;
  return correlate(x, w, how, (lengths, kernels) => convAxes(where, lengths, kernels, { stride, padding, dilation }));
}

/** The same along one axis: x [samples, length, in], w [length, in/groups, out] → [samples, length, out]. */
export function conv1d(x: Tensor, w: Tensor, options: ConvOptions<1> = {}): Tensor {
  const where = 'conv1d';
  const how = howOf(where, options, convNames);
  checkOperands(where, x, w, 3, how.groups, false);
  const { stride, padding, dilation } = options;
  return overOneRow(x, w, (image, weights) =>
    correlate(image, weights, how, ([, length = 0], [, kernel = 1]) => [
      oneRow,
      ...convAxes(where, [length], [kernel], { stride, padding, dilation }),
    ]),
  );
}

/**
 * Transposed convolution: the gradient of `conv2d` for its input, as an op of its own.
 * x [samples, height, width, in], w [rows, columns, out/groups, in] → [samples, (height − 1)·stride + reach − padding + outputPadding, …, out].
 */
export function convTranspose2d(x: Tensor, w: Tensor, options: ConvTransposeOptions<2> = {}): Tensor {
  const where = 'convTranspose2d';
  const how = howOf(where, options, [...convNames, 'outputPadding']);
  checkOperands(where, x, w, 4, how.groups, true);
  const { stride, padding, dilation, outputPadding } = options;
  const axes = transposedAxes(where, x.shape.slice(1, 3), w.shape.slice(0, 2), { stride, padding, dilation, outputPadding });
  return apply(conv2dInputGradientOp, [x, w], { y: at(axes, 0), x: at(axes, 1), ...how });
}

/** The same along one axis: x [samples, length, in], w [length, out/groups, in]. */
export function convTranspose1d(x: Tensor, w: Tensor, options: ConvTransposeOptions<1> = {}): Tensor {
  const where = 'convTranspose1d';
  const how = howOf(where, options, [...convNames, 'outputPadding']);
  checkOperands(where, x, w, 3, how.groups, true);
  const { stride, padding, dilation, outputPadding } = options;
  const axes = transposedAxes(where, x.shape.slice(1, 2), w.shape.slice(0, 1), { stride, padding, dilation, outputPadding });
  return overOneRow(x, w, (image, weights) =>
    apply(conv2dInputGradientOp, [image, weights], { y: oneRow, x: at(axes, 0), ...how }),
  );
}

/** [samples, length, channels] is an image of one row. */
const oneRow: PoolAxis = { length: 1, outputs: 1, kernel: 1, stride: 1, pad: 0, dilation: 1 };

function overOneRow(x: Tensor, w: Tensor, run: (image: Tensor, weights: Tensor) => Tensor): Tensor {
  const [samples = 0, length = 0, features = 0] = x.shape;
  const y = run(reshape(x, [samples, 1, length, features]), reshape(w, [1, ...w.shape]));
  return reshape(y, [samples, at(y.shape, 2), at(y.shape, 3)]);
}

type AxesOf = (lengths: readonly number[], kernels: readonly number[]) => readonly PoolAxis[];

function correlate(x: Tensor, w: Tensor, how: How, axesOf: AxesOf): Tensor {
  const axes = axesOf(x.shape.slice(1, 3), w.shape.slice(0, 2));
  const [y, across] = [at(axes, 0), at(axes, 1)];
  if (how.groups === 1 && isPointwise(y) && isPointwise(across)) return pointwise(x, w);
  return apply(conv2dOp, [x, w], { y, x: across, ...how });
}

/** One tap over every element. */
function isPointwise({ length, outputs, kernel, stride, pad }: PoolAxis): boolean {
  return kernel === 1 && stride === 1 && pad === 0 && length === outputs;
}

/** A 1 × 1 convolution is a matrix product of all places' channels. */
function pointwise(x: Tensor, w: Tensor): Tensor {
  const [inputs, outputs] = [at(w.shape, 2), at(w.shape, 3)];
  const product = matmul(reshape(x, [x.size / inputs, inputs]), reshape(w, [inputs, outputs]));
  return reshape(product, [...x.shape.slice(0, 3), outputs]);
}
