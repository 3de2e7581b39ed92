import type { Tensor } from '../ir/tensor.js';
import {
  convTranspose1d as convTranspose1dOf,
  convTranspose2d as convTranspose2dOf,
  isDirect,
  type ConvTransposeOptions,
} from '../ops/conv.js';
import { transposedAxes } from '../ops/conv-window.js';
import { add } from '../ops/elementwise.js';
import { perAxis, type PerAxis } from '../ops/pool-window.js';
import { checkNames, positiveInteger } from '../options.js';
import {
  checkConvInput,
  checkGroups,
  convLayerNames,
  makeConvParameters,
  nameOfConv,
  type ConvLayerOptions,
  type ConvRule,
} from './conv.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';
import type { shapeRule } from './shape-rule.js';

export interface ConvTransposeLayerOptions<Rank extends 1 | 2 = 1 | 2>
  extends ConvLayerOptions<Rank>, Pick<ConvTransposeOptions<Rank>, 'outputPadding'> {}

/** A transposed convolution: what a convolution's gradient does to its output. Weights lie as [rows, columns, out/groups, in]. */
export class ConvTranspose<Name extends string = string, In extends number = number, Out extends number = number> extends Module {
  declare readonly [shapeRule]: ConvRule<Name, In, Out>;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly options: ConvTransposeLayerOptions;

  constructor(
    readonly name: Name,
    readonly axes: 1 | 2,
    readonly inChannels: In,
    readonly outChannels: Out,
    readonly size: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    super();
    checkNames(name, options, [...convLayerNames, 'outputPadding']);
    positiveInteger(name, 'inChannels', inChannels);
    positiveInteger(name, 'outChannels', outChannels);
    const { groups = 1, stride, padding, dilation, outputPadding, algorithm } = options;
    isDirect(name, algorithm);
    checkGroups(name, groups, inChannels, outChannels);
    const kernel = perAxis(name, 'kernelSize', size, axes);
    transposedAxes(
      name,
      kernel.map(() => Number.MAX_SAFE_INTEGER / 2 ** 20),
      kernel,
      { stride, padding, dilation, outputPadding },
    );
    this.options = options;
    const made = makeConvParameters(name, [...kernel, outChannels / groups, inChannels], outChannels, options);
    this.weight = made.weight;
    this.bias = made.bias;
  }

  override forward(x: Tensor): Tensor {
    checkConvInput(this.toString(), x, this.axes, this.inChannels, this.weight.dtype);
    const { stride, padding, dilation, groups, algorithm, outputPadding } = this.options;
    const given = Object.fromEntries(
      Object.entries({ stride, padding, dilation, groups, algorithm, outputPadding }).filter(([, value]) => value !== undefined),
    );
    const y = this.axes === 1 ? convTranspose1dOf(x, this.weight, given) : convTranspose2dOf(x, this.weight, given);
    return this.bias ? add(y, this.bias) : y;
  }

  override toString(): string {
    return nameOfConv(this.name, this.inChannels, this.outChannels, this.size, this.options);
  }
}

/** Upsamples [samples, length, channels] by learnt weights. */
export function convTranspose1d<In extends number, Out extends number>(
  inChannels: In,
  outChannels: Out,
  kernelSize: PerAxis<1>,
  options?: ConvTransposeLayerOptions<1>,
): ConvTranspose<'convTranspose1d', In, Out> {
  return new ConvTranspose('convTranspose1d', 1, inChannels, outChannels, kernelSize, options);
}

/** Upsamples [samples, height, width, channels] by learnt weights. */
export function convTranspose2d<In extends number, Out extends number>(
  inChannels: In,
  outChannels: Out,
  kernelSize: PerAxis<2>,
  options?: ConvTransposeLayerOptions<2>,
): ConvTranspose<'convTranspose2d', In, Out> {
  return new ConvTranspose('convTranspose2d', 2, inChannels, outChannels, kernelSize, options);
}
