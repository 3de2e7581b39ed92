import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { Module } from './module.js';

/** A function of tensors as a layer without parameters. */
export class Lambda extends Module {
  constructor(readonly apply: (x: Tensor) => Tensor) {
    super();
    if (typeof apply !== 'function') throw new RavineError('option', 'lambda', `expected a function, got ${describe(apply)}`);
  }

  override forward(x: Tensor): Tensor {
    return this.apply(x);
  }
}

export function lambda(apply: (x: Tensor) => Tensor): Lambda {
  return new Lambda(apply);
}
