import type { Tensor } from '../ir/tensor.js';
import { dropout as dropoutOf } from '../ops/dropout.js';
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
