import type { DType } from '../dtype.js';
import type { Tensor } from '../ir/tensor.js';
import { prelu as preluOf } from '../ops/activations.js';
import { checkNames, numberIn, positiveInteger } from '../options.js';
import { constant } from './initializers.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { KeepsFeaturesRule, SameShapeRule, shapeRule } from './shape-rule.js';

export interface PreluOptions {
  /** What every slope is at first; 0.25 unless given. */
  readonly slope?: number;
  readonly dtype?: DType;
}

/** x where x > 0, else slope·x, with learnt slopes: one for all, or one for each feature of the last axis. */
export class Prelu<Features extends number = number> extends Module {
  declare readonly [shapeRule]: Features extends 1 ? SameShapeRule : KeepsFeaturesRule<'prelu', Features>;
  readonly weight: Parameter;

  constructor(
    readonly features: Features,
    options: PreluOptions = {},
  ) {
    super();
    checkNames('prelu', options, ['slope', 'dtype']);
    positiveInteger('prelu', 'features', features);
    const slope = numberIn('prelu', 'slope', options.slope ?? 0.25, -Number.MAX_VALUE);
    this.weight = new Parameter([features], { dtype: options.dtype ?? 'float32', initializer: constant(slope) });
  }

  override forward(x: Tensor): Tensor {
    return preluOf(x, this.weight);
  }

  override toString(): string {
    return `prelu(${this.features})`;
  }
}

/** One learnt slope, or with `features` one for each. */
export function prelu<Features extends number = 1>(features?: Features, options?: PreluOptions): Prelu<Features> {
  return new Prelu(features ?? (1 as Features), options);
}
