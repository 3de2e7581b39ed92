import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { reshape } from '../ops/reshape.js';
import { transpose } from '../ops/transpose.js';
import { checkNames, oneOf } from '../options.js';
import { formatType, sizeOf } from '../shape.js';
import { Module } from './module.js';
import type { ShapeRule, shapeRule } from './shape-rule.js';

interface FlattenRule extends ShapeRule {
  readonly output: this['input'] extends readonly [number, number] ? this['input'] : readonly [number, number];
}

const orders = ['channels-first', 'channels-last'] as const;

export interface FlattenOptions {
  /**
   * In which order the features of images come: all places of the first channel first, as in PyTorch (so that weights behind it mean the
   * same there), or as they lie, which costs no copy. Default 'channels-first'.
   */
  readonly order?: (typeof orders)[number];
}

/** [samples, …] → [samples, features] */
export class Flatten extends Module {
  declare readonly [shapeRule]: FlattenRule;
  readonly order: (typeof orders)[number];

  constructor(options: FlattenOptions = {}) {
    super();
    checkNames('flatten', options, ['order']);
    this.order = oneOf('flatten', 'order', options.order ?? 'channels-first', orders);
  }

  override forward(x: Tensor): Tensor {
    const [samples, ...rest] = x.shape;
    if (samples === undefined)
      throw new RavineError('shape', 'flatten', `expected a first axis of samples, got ${formatType(x)}`);
    const last = x.rank - 1;
    const places = sizeOf(rest.slice(0, -1));
    const isTurned = this.order === 'channels-first' && places > 1 && x.shape[last] !== 1;
    const turned = isTurned ? transpose(x, [0, last, ...rest.slice(0, -1).map((_, axis) => axis + 1)]) : x;
    return reshape(turned, [samples, sizeOf(rest)]);
  }
}

export function flatten(options?: FlattenOptions): Flatten {
  return new Flatten(options);
}
