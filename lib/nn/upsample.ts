import type { Tensor } from '../ir/tensor.js';
import type { PerAxis } from '../ops/pool-window.js';
import { checkUpsample, upsample as upsampleOf, type UpsampleOptions } from '../ops/upsample.js';
import { Module } from './module.js';
import type { KeepsChannelsRule, shapeRule } from './shape-rule.js';

/** Lengths or images enlarged: [samples, length, channels] or [samples, height, width, channels]. */
export class Upsample extends Module {
  declare readonly [shapeRule]: KeepsChannelsRule;

  constructor(
    readonly scale: PerAxis,
    readonly options: UpsampleOptions = {},
  ) {
    super();
    checkUpsample(scale, options);
  }

  override forward(x: Tensor): Tensor {
    return upsampleOf(x, this.scale, this.options);
  }

  override toString(): string {
    const { mode = 'nearest', alignCorners = false } = this.options;
    return `upsample(${JSON.stringify(this.scale)}, ${mode}${alignCorners ? ', aligned' : ''})`;
  }
}

/** Enlarges by `scale`, a number or one an axis: repeating elements, or with `{ mode: 'bilinear' }` between them. */
export function upsample(scale: PerAxis, options?: UpsampleOptions): Upsample {
  return new Upsample(scale, options);
}
