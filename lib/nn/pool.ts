import type { Tensor } from '../ir/tensor.js';
import * as ops from '../ops/pool.js';
import { adaptiveAxes, checkWindow, type PerAxis } from '../ops/pool-window.js';
import { at, expectShape } from '../ops/check.js';
import { mean } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { boolean, checkNames } from '../options.js';
import { sizeOf } from '../shape.js';
import { Module } from './module.js';
import type { FeaturesOf, KeepsChannelsRule, ShapeRule, shapeRule } from './shape-rule.js';

/** Pooling with its windows: channels stay, lengths change. */
export class Pool extends Module {
  declare readonly [shapeRule]: KeepsChannelsRule;

  constructor(
    readonly name: string,
    readonly apply: (x: Tensor) => Tensor,
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return this.apply(x);
  }

  override toString(): string {
    return this.name;
  }
}

/** `maxPool2d(2, { stride: 1 })` */
function named(name: string, size: PerAxis, options: object): string {
  const shown = Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `${name}(${JSON.stringify(size)}${shown.length === 0 ? '' : `, { ${shown.join(', ')} }`})`;
}

function windowed<Options extends ops.MaxPoolOptions & ops.AvgPoolOptions, Size extends PerAxis>(
  name: string,
  pool: (x: Tensor, size: Size, options: Options) => Tensor,
  axes: number,
  size: Size,
  options: Options,
  known: readonly string[],
): Pool {
  checkNames(name, options, known);
  const { stride, padding, dilation, ceilMode, countIncludePad = true } = options;
  boolean(name, 'countIncludePad', countIncludePad);
  checkWindow(name, axes, { size, stride, padding, dilation, ceilMode });
  return new Pool(named(name, size, options), (x) => pool(x, size, options));
}

/** The largest element of each window of `size`: [samples, length, channels]. */
export function maxPool1d(size: PerAxis<1>, options: ops.MaxPoolOptions<1> = {}): Pool {
  return windowed('maxPool1d', ops.maxPool1d, 1, size, options, ops.maxPoolNames);
}

/** The largest element of each window of `size` (or [rows, columns]): [samples, height, width, channels]. */
export function maxPool2d(size: PerAxis<2>, options: ops.MaxPoolOptions<2> = {}): Pool {
  return windowed('maxPool2d', ops.maxPool2d, 2, size, options, ops.maxPoolNames);
}

/** The mean of each window of `size`: [samples, length, channels]. */
export function avgPool1d(size: PerAxis<1>, options: ops.AvgPoolOptions<1> = {}): Pool {
  return windowed('avgPool1d', ops.avgPool1d, 1, size, options, ops.avgPoolNames);
}

/** The mean of each window of `size` (or [rows, columns]): [samples, height, width, channels]. */
export function avgPool2d(size: PerAxis<2>, options: ops.AvgPoolOptions<2> = {}): Pool {
  return windowed('avgPool2d', ops.avgPool2d, 2, size, options, ops.avgPoolNames);
}

function adaptive<Outputs extends PerAxis>(
  name: string,
  pool: (x: Tensor, outputs: Outputs) => Tensor,
  axes: number,
  outputs: Outputs,
): Pool {
  adaptiveAxes(name, new Array<number>(axes).fill(1), outputs);
  return new Pool(named(name, outputs, {}), (x) => pool(x, outputs));
}

/** Means of `outputs` bins, whatever the length: [samples, length, channels]. */
export function adaptiveAvgPool1d(outputs: PerAxis<1>): Pool {
  return adaptive('adaptiveAvgPool1d', ops.adaptiveAvgPool1d, 1, outputs);
}

/** Means of `outputs` × `outputs` bins (or [rows, columns]), whatever the image's size. */
export function adaptiveAvgPool2d(outputs: PerAxis<2>): Pool {
  return adaptive('adaptiveAvgPool2d', ops.adaptiveAvgPool2d, 2, outputs);
}

/** The largest elements of `outputs` bins, whatever the length: [samples, length, channels]. */
export function adaptiveMaxPool1d(outputs: PerAxis<1>): Pool {
  return adaptive('adaptiveMaxPool1d', ops.adaptiveMaxPool1d, 1, outputs);
}

/** The largest elements of `outputs` × `outputs` bins (or [rows, columns]), whatever the image's size. */
export function adaptiveMaxPool2d(outputs: PerAxis<2>): Pool {
  return adaptive('adaptiveMaxPool2d', ops.adaptiveMaxPool2d, 2, outputs);
}

interface GlobalPoolRule extends ShapeRule {
  readonly output: readonly [number, FeaturesOf<this['input']>];
}

/** All places of each channel as one: [samples, …, channels] → [samples, channels]. */
export class GlobalPool extends Module {
  declare readonly [shapeRule]: GlobalPoolRule;

  constructor(readonly kind: 'average' | 'max') {
    super();
  }

  override forward(x: Tensor): Tensor {
    expectShape(x.rank >= 3, this.toString(), 'x to be [samples, …, channels]', [x]);
    const [samples, channels, places] = [at(x.shape, 0), at(x.shape, x.rank - 1), sizeOf(x.shape.slice(1, -1))];
    expectShape(places > 0, this.toString(), 'places to pool over', [x]);
    const rows = reshape(x, [samples, places, channels]);
    return this.kind === 'average' ? mean(rows, { axis: 1 }) : reshape(ops.adaptiveMaxPool1d(rows, 1), [samples, channels]);
  }

  override toString(): string {
    return this.kind === 'average' ? 'globalAvgPool' : 'globalMaxPool';
  }
}

/** The mean of each channel: [samples, …, channels] → [samples, channels]. */
export function globalAvgPool(): GlobalPool {
  return new GlobalPool('average');
}

/** The largest element of each channel: [samples, …, channels] → [samples, channels]. The first of equal ones gets the gradient. */
export function globalMaxPool(): GlobalPool {
  return new GlobalPool('max');
}
