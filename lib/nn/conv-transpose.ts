import type { Tensor } from '../ir/tensor.js';
import {
  convTranspose1d as convTranspose1dOf,
  convTranspose2d as convTranspose2dOf,
  type ConvTransposeOptions,
} from '../ops/conv.js';
import { transposedAxes } from '../ops/conv-window.js';
import type { PerAxis } from '../ops/pool-window.js';
import { ConvLayer, type ConvLayerOptions } from './conv.js';

export interface ConvTransposeLayerOptions<Rank extends 1 | 2 = 1 | 2>
  extends ConvLayerOptions<Rank>, Pick<ConvTransposeOptions<Rank>, 'outputPadding'> {}

/** A transposed convolution: what a convolution's gradient does to its output. Weights lie as [rows, columns, out/groups, in]. */
export class ConvTranspose<
  Name extends string = string,
  In extends number = number,
  Out extends number = number,
> extends ConvLayer<Name, In, Out, ConvTransposeLayerOptions> {
  constructor(name: Name, axes: 1 | 2, inChannels: In, outChannels: Out, size: PerAxis, options: ConvTransposeLayerOptions = {}) {
    super(name, axes, inChannels, outChannels, size, options, { names: ['outputPadding'], transposed: true });
  }

  protected override checkWindow(): void {
    const { stride, padding, dilation, outputPadding } = this.options;
    const large = this.kernel.map(() => Number.MAX_SAFE_INTEGER / 2 ** 20);
    transposedAxes(this.name, large, this.kernel, { stride, padding, dilation, outputPadding });
  }

  protected override convolve(x: Tensor, given: object): Tensor {
    return this.axes === 1 ? convTranspose1dOf(x, this.weight, given) : convTranspose2dOf(x, this.weight, given);
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
