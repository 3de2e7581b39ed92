import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { reshape } from '../ops/reshape.js';
import { formatType } from '../shape.js';
import { Module } from './module.js';
import type { ShapeRule, shapeRule } from './shape-rule.js';

interface FlattenRule extends ShapeRule {
  readonly output: this['input'] extends readonly [number, number] ? this['input'] : readonly [number, number];
}

/** [samples, …] → [samples, features] */
export class Flatten extends Module {
  declare readonly [shapeRule]: FlattenRule;

  override forward(x: Tensor): Tensor {
    const [samples, ...rest] = x.shape;
    if (samples === undefined)
      throw new RavineError('shape', 'flatten', `expected a first axis of samples, got ${formatType(x)}`);
    return reshape(x, [samples, rest.reduce((product, length) => product * length, 1)]);
  }
}

export function flatten(): Flatten {
  return new Flatten();
}
