import type { Tensor } from '../ir/tensor.js';
import * as ops from '../ops/activations.js';
import { logSigmoid as logSigmoidOf, softplus as softplusOf } from '../ops/softplus.js';
import { relu as reluOf, sigmoid as sigmoidOf, tanh as tanhOf } from '../ops/elementwise.js';
import { logSoftmax as logSoftmaxOf, softmax as softmaxOf } from '../ops/softmax.js';
import { checkNames, numberIn, oneOf } from '../options.js';
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

/** min(max(x, 0), 6) */
export function relu6(): Activation {
  return new Activation('relu6', ops.relu6);
}

/** x where x > 0, else slope·x */
export function leakyRelu(slope = 0.01): Activation {
  numberIn('leakyRelu', 'slope', slope, -Number.MAX_VALUE);
  return new Activation(`leakyRelu(${slope})`, (x) => ops.leakyRelu(x, slope));
}

/** x where x > 0, else alpha·(eˣ − 1) */
export function elu(alpha = 1): Activation {
  numberIn('elu', 'alpha', alpha, 0);
  return new Activation(`elu(${alpha})`, (x) => ops.elu(x, alpha));
}

/** 1.0507·elu(x, 1.6733) */
export function selu(): Activation {
  return new Activation('selu', ops.selu);
}

/** x·Φ(x), by erf or with `approximate: 'tanh'`. */
export function gelu(options: ops.GeluOptions = {}): Activation {
  checkNames('gelu', options, ['approximate']);
  const approximate = oneOf('gelu', 'approximate', options.approximate ?? 'none', ['none', 'tanh']);
  return new Activation(approximate === 'none' ? 'gelu' : 'gelu(tanh)', (x) => ops.gelu(x, { approximate }));
}

/** x·σ(x) */
export function silu(): Activation {
  return new Activation('silu', ops.silu);
}

/** x·tanh(log(1 + eˣ)) */
export function mish(): Activation {
  return new Activation('mish', ops.mish);
}

/** log(1 + eˣ) */
export function softplus(): Activation {
  return new Activation('softplus', softplusOf);
}

/** log σ(x) */
export function logSigmoid(): Activation {
  return new Activation('logSigmoid', logSigmoidOf);
}

/** min(max(x, −1), 1) */
export function hardTanh(): Activation {
  return new Activation('hardTanh', ops.hardTanh);
}

/** min(max(x + 3, 0), 6)/6 */
export function hardSigmoid(): Activation {
  return new Activation('hardSigmoid', ops.hardSigmoid);
}

/** x·hardSigmoid(x) */
export function hardSwish(): Activation {
  return new Activation('hardSwish', ops.hardSwish);
}

/** x/(1 + |x|) */
export function softsign(): Activation {
  return new Activation('softsign', ops.softsign);
}
