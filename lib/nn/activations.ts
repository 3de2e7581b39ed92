import type { Tensor } from '../ir/tensor.js';
import { relu as reluOf, sigmoid as sigmoidOf, tanh as tanhOf } from '../ops/elementwise.js';
import { logSoftmax as logSoftmaxOf, softmax as softmaxOf } from '../ops/softmax.js';
import { Module } from './module.js';
import type { SameShapeRule, shapeRule } from './shape-rule.js';

/** An op over a tensor that keeps its shape, as a layer. */
export class Activation extends Module {
  declare readonly [shapeRule]: SameShapeRule;

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

/** max(x, 0) */
export function relu(): Activation {
  return new Activation('relu', reluOf);
}

export function tanh(): Activation {
  return new Activation('tanh', tanhOf);
}

/** 1/(1 + e⁻ˣ) */
export function sigmoid(): Activation {
  return new Activation('sigmoid', sigmoidOf);
}

/** exp xⱼ / Σ exp x over the last axis. A softmax cross-entropy loss takes logits: leave it out before one. */
export function softmax(): Activation {
  return new Activation('softmax', (x) => softmaxOf(x));
}

/** xⱼ − log Σ exp x over the last axis. */
export function logSoftmax(): Activation {
  return new Activation('logSoftmax', (x) => logSoftmaxOf(x));
}

/** The tensor as it is: a place for something else. */
export function identity(): Activation {
  return new Activation('identity', (x) => x);
}
