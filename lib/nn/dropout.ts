import type { Tensor } from '../ir/tensor.js';
import { channelDropout, dropout as dropoutOf } from '../ops/dropout.js';
import { expectShape } from '../ops/check.js';
import { numberIn } from '../options.js';
import { Module } from './module.js';
import type { SameShapeRule, shapeRule } from './shape-rule.js';

/** In training each element is 0 with probability p, else x/(1 − p); as it is in evaluation. */
export class Dropout extends Module {
  declare readonly [shapeRule]: SameShapeRule;

  constructor(readonly probability: number) {
    super();
    numberIn('dropout', 'probability', probability, 0, 1, true);
  }

  override forward(x: Tensor): Tensor {
    return dropoutOf(x, this.probability);
  }

  override toString(): string {
    return `dropout(${this.probability})`;
  }
}

export function dropout(probability = 0.5): Dropout {
  return new Dropout(probability);
}

/** In training whole channels of a sample are 0 with probability p, the others x/(1 − p); as it is in evaluation. */
export class ChannelDropout extends Module {
  declare readonly [shapeRule]: SameShapeRule;

  constructor(
    readonly name: string,
    readonly axes: 1 | 2,
    readonly probability: number,
  ) {
    super();
    numberIn(name, 'probability', probability, 0, 1, true);
  }

  override forward(x: Tensor): Tensor {
    const expected = this.axes === 1 ? '[samples, length, channels]' : '[samples, height, width, channels]';
    expectShape(x.rank === this.axes + 2, this.name, `x to be ${expected}`, [x]);
    return channelDropout(x, this.probability);
  }

  override toString(): string {
    return `${this.name}(${this.probability})`;
  }
}

/** Drops whole channels of [samples, length, channels]. */
export function dropout1d(probability = 0.5): ChannelDropout {
  return new ChannelDropout('dropout1d', 1, probability);
}

/** Drops whole channels of [samples, height, width, channels]. */
export function dropout2d(probability = 0.5): ChannelDropout {
  return new ChannelDropout('dropout2d', 2, probability);
}
