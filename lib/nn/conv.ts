import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { conv1d as conv1dOf, conv2d as conv2dOf, convNames, isDirect, type ConvOptions } from '../ops/conv.js';
import { convOptions } from '../ops/conv-window.js';
import { add } from '../ops/elementwise.js';
import { perAxis, type PerAxis } from '../ops/pool-window.js';
import { boolean, checkNames, positiveInteger } from '../options.js';
import { formatType, sizeOf } from '../shape.js';
import { convLayout } from './conv-layout.js';
import type { InitializerLike } from './initializers.js';
import { expectInputDType } from './input-dtype.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { FeaturesOf, Fits, FreeLengths, Mismatch, ShapeRule, WithFeatures, shapeRule } from './shape-rule.js';

/** Channels change, lengths are not tracked. */
export interface ConvRule<Name extends string, In extends number, Out extends number> extends ShapeRule {
  readonly output: Fits<FeaturesOf<this['input']>, In> extends true
    ? FreeLengths<WithFeatures<this['input'], Out>>
    : Mismatch<
        `${Name}(${In}, ${Out}) expects ${In} channels, the layer before it gives ${FeaturesOf<this['input']>}`,
        FreeLengths<WithFeatures<this['input'], Out>>
      >;
}

export interface ConvLayerOptions<Rank extends 1 | 2 = 1 | 2> extends ConvOptions<Rank> {
  /** Default true. */
  readonly bias?: boolean;
  readonly dtype?: DType;
  /** U(±1/√fanIn) unless given, for both: PyTorch's. */
  readonly weightInitializer?: InitializerLike;
  readonly biasInitializer?: InitializerLike;
}

const convLayerNames = [...convNames, 'bias', 'dtype', 'weightInitializer', 'biasInitializer'] as const;

function checkConvInput(where: string, x: Tensor, axes: number, channels: number): void {
  const places = axes === 1 ? 'length' : 'height, width';
  if (x.rank !== axes + 2) {
    const help = x.rank === axes + 1 ? { help: 'one channel is an axis too: [samples, …, 1]' } : {};
    throw new RavineError('shape', where, `expected [samples, ${places}, channels], got ${formatType(x)}`, help);
  }
  if (x.shape.at(-1) !== channels) {
    const help = x.shape[1] === channels ? { help: 'channels come last: transpose(x, [0, 2, 3, 1])' } : {};
    throw new RavineError('shape', where, `expected ${channels} channels, got ${formatType(x)}`, help);
  }
}

function checkGroups(where: string, groups: number, inChannels: number, outChannels: number): void {
  positiveInteger(where, 'groups', groups);
  if (inChannels % groups !== 0 || outChannels % groups !== 0)
    throw new RavineError('option', where, `expected groups to divide ${inChannels} and ${outChannels} channels, got ${groups}`);
}

/** `conv2d(32, 64, 3, { padding: "same" })` */
function nameOfConv(name: string, into: number, out: number, size: PerAxis, options: object): string {
  const shown = Object.entries(options).flatMap(([key, value]) =>
    key.endsWith('Initializer') ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return `${name}(${into}, ${out}, ${JSON.stringify(size)}${shown.length === 0 ? '' : `, { ${shown.join(', ')} }`})`;
}

/** What a layer that convolves is told apart by. */
interface ConvKind {
  /** Options beside those that all have. */
  readonly names: readonly string[];
  /** Whether weights lie as [rows, columns, out/groups, in], as they do where a convolution's input is the output. */
  readonly transposed: boolean;
}

/** What convolutions and transposed ones have in common. Weights lie as [rows, columns, in/groups, out]; fans are counted from their shape. */
export abstract class ConvLayer<
  Name extends string,
  In extends number,
  Out extends number,
  Options extends ConvLayerOptions,
> extends Module {
  declare readonly [shapeRule]: ConvRule<Name, In, Out>;
  readonly kernel: readonly number[];
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly name: Name,
    readonly axes: 1 | 2,
    readonly inChannels: In,
    readonly outChannels: Out,
    readonly size: PerAxis,
    readonly options: Options,
    { names, transposed }: ConvKind,
  ) {
    super();
    checkNames(name, options, [...convLayerNames, ...names]);
    positiveInteger(name, 'inChannels', inChannels);
    positiveInteger(name, 'outChannels', outChannels);
    const { groups = 1, dtype = 'float32', weightInitializer = 'fanInUniform', biasInitializer = 'fanInUniform' } = options;
    isDirect(name, options.algorithm);
    checkGroups(name, groups, inChannels, outChannels);
    this.kernel = perAxis(name, 'kernelSize', size, axes);
    this.checkWindow();
    const [into, out] = transposed ? [outChannels / groups, inChannels] : [inChannels / groups, outChannels];
    const shape = [...this.kernel, into, out];
    const places = sizeOf(this.kernel);
    const fans = { fanIn: places * into, fanOut: (places * out) / groups };
    this.weight = new Parameter(shape, { dtype, initializer: weightInitializer, ...fans, layout: convLayout(shape) });
    this.bias = boolean(name, 'bias', options.bias ?? true)
      ? new Parameter([outChannels], { dtype, initializer: biasInitializer, ...fans })
      : undefined;
  }

  /** Stride, padding and dilation, before a tensor is there. */
  protected abstract checkWindow(): void;

  /** The op, without the bias; of `given` no option is undefined. */
  protected abstract convolve(x: Tensor, given: object): Tensor;

  /** x [samples, length, in] or [samples, height, width, in] */
  override forward(x: Tensor): Tensor {
    checkConvInput(this.toString(), x, this.axes, this.inChannels);
    expectInputDType(this, x, this.weight.dtype);
    const own = ['bias', 'dtype', 'weightInitializer', 'biasInitializer'];
    const given = Object.entries(this.options).filter(([name, value]) => value !== undefined && !own.includes(name));
    const y = this.convolve(x, Object.fromEntries(given));
    return this.bias ? add(y, this.bias) : y;
  }

  override toString(): string {
    return nameOfConv(this.name, this.inChannels, this.outChannels, this.size, this.options);
  }
}

/** y = x ∗ w + b over one or two axes of [samples, …, channels]. */
export class Conv<Name extends string = string, In extends number = number, Out extends number = number> extends ConvLayer<
  Name,
  In,
  Out,
  ConvLayerOptions
> {
  constructor(name: Name, axes: 1 | 2, inChannels: In, outChannels: Out, size: PerAxis, options: ConvLayerOptions = {}) {
    super(name, axes, inChannels, outChannels, size, options, { names: [], transposed: false });
  }

  protected override checkWindow(): void {
    const { stride, padding, dilation } = this.options;
    convOptions(this.name, this.kernel, { stride, padding, dilation });
  }

  protected override convolve(x: Tensor, given: object): Tensor {
    return this.axes === 1 ? conv1dOf(x, this.weight, given) : conv2dOf(x, this.weight, given);
  }
}

/** A convolution along [samples, length, channels]. */
export function conv1d<In extends number, Out extends number>(
  inChannels: In,
  outChannels: Out,
  kernelSize: PerAxis<1>,
  options?: ConvLayerOptions<1>,
): Conv<'conv1d', In, Out> {
  return new Conv('conv1d', 1, inChannels, outChannels, kernelSize, options);
}

/** A convolution over images [samples, height, width, channels]. */
export function conv2d<In extends number, Out extends number>(
  inChannels: In,
  outChannels: Out,
  kernelSize: PerAxis<2>,
  options?: ConvLayerOptions<2>,
): Conv<'conv2d', In, Out> {
  return new Conv('conv2d', 2, inChannels, outChannels, kernelSize, options);
}

/** Each channel for itself: `conv2d` with as many groups as channels. */
export function depthwiseConv2d<Channels extends number>(
  channels: Channels,
  kernelSize: PerAxis<2>,
  options?: Omit<ConvLayerOptions<2>, 'groups'>,
): Conv<'depthwiseConv2d', Channels, Channels> {
  checkNames(
    'depthwiseConv2d',
    options,
    convLayerNames.filter((name) => name !== 'groups'),
  );
  return new Conv('depthwiseConv2d', 2, channels, channels, kernelSize, { ...options, groups: channels });
}
