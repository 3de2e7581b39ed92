import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import {
  groupNorm as groupNormOf,
  layerNorm as layerNormOf,
  rmsNorm as rmsNormOf,
  type NormScale,
} from '../ops/normalization.js';
import { boolean, checkNames, numberIn, positiveInteger } from '../options.js';
import { formatType, sameShape, type Shape } from '../shape.js';
import { expectInputDType } from './input-dtype.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { KeepsFeaturesRule, shapeRule } from './shape-rule.js';

export interface NormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  readonly epsilon?: number;
  /** Learnt scale and shift. Default true; of instance normalisation false, as in PyTorch. */
  readonly affine?: boolean;
  readonly dtype?: DType;
}

const known: readonly (keyof NormOptions)[] = ['epsilon', 'affine', 'dtype'];

/** A normalisation with a learnt scale, and a shift, for each feature of the last axes. */
abstract class Norm<Name extends string, Features extends number> extends Module {
  declare readonly [shapeRule]: KeepsFeaturesRule<Name, Features>;
  readonly epsilon: number;
  readonly dtype: DType;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;

  constructor(
    readonly name: Name,
    readonly featureShape: Shape,
    options: NormOptions,
    defaults: { readonly affine: boolean; readonly shift: boolean; readonly epsilon: number },
  ) {
    super();
    checkNames(name, options, known);
    const { dtype = 'float32' } = options;
    this.dtype = dtype;
    this.epsilon = numberIn(name, 'epsilon', options.epsilon ?? defaults.epsilon, 0);
    const isAffine = boolean(name, 'affine', options.affine ?? defaults.affine);
    this.weight = isAffine ? new Parameter(featureShape, { dtype, initializer: 'ones' }) : undefined;
    this.bias = isAffine && defaults.shift ? new Parameter(featureShape, { dtype, initializer: 'zeros' }) : undefined;
  }

  protected abstract normalize(x: Tensor, affine: NormScale): Tensor;

  override forward(x: Tensor): Tensor {
    const features = x.shape.slice(x.rank - this.featureShape.length);
    if (x.rank < this.featureShape.length || !sameShape(features, this.featureShape))
      throw new RavineError('shape', this.toString(), `expected […, ${this.featureShape.join(', ')}], got ${formatType(x)}`);
    expectInputDType(this, x, this.dtype);
    return this.normalize(x, { scale: this.weight, shift: this.bias });
  }

  override toString(): string {
    return `${this.name}(${this.featureShape.length === 1 ? this.featureShape.join('') : `[${this.featureShape.join(', ')}]`})`;
  }
}

export class LayerNorm<Features extends number = number> extends Norm<'layerNorm', Features> {
  constructor(features: Features | Shape, options: NormOptions = {}) {
    super('layerNorm', shapeOf('layerNorm', features), options, { affine: true, shift: true, epsilon: 1e-5 });
  }

  protected override normalize(x: Tensor, affine: NormScale): Tensor {
    return layerNormOf(x, this.featureShape.length, this.epsilon, affine);
  }
}

export class RmsNorm<Features extends number = number> extends Norm<'rmsNorm', Features> {
  constructor(features: Features, options: NormOptions = {}) {
    const epsilon = options.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
    super('rmsNorm', shapeOf('rmsNorm', features), options, { affine: true, shift: false, epsilon });
  }

  protected override normalize(x: Tensor, affine: NormScale): Tensor {
    return rmsNormOf(x, this.epsilon, affine);
  }
}

export class GroupNorm<Features extends number = number> extends Norm<'groupNorm', Features> {
  constructor(
    readonly groups: number,
    features: Features,
    options: NormOptions = {},
  ) {
    super('groupNorm', shapeOf('groupNorm', features), options, { affine: true, shift: true, epsilon: 1e-5 });
    positiveInteger('groupNorm', 'groups', groups);
    if (features % groups !== 0)
      throw new RavineError('option', 'groupNorm', `expected groups to divide ${features} channels, got ${groups}`);
  }

  protected override normalize(x: Tensor, affine: NormScale): Tensor {
    return groupNormOf(x, this.groups, this.epsilon, affine);
  }
}

export class InstanceNorm<Features extends number = number> extends Norm<'instanceNorm', Features> {
  constructor(
    readonly features: Features,
    options: NormOptions = {},
  ) {
    super('instanceNorm', shapeOf('instanceNorm', features), options, { affine: false, shift: true, epsilon: 1e-5 });
  }

  protected override normalize(x: Tensor, affine: NormScale): Tensor {
    if (x.rank < 3)
      throw new RavineError('shape', this.toString(), `expected [samples, …, channels] with places, got ${formatType(x)}`, {
        help: 'one value a channel has no variance: use layerNorm',
      });
    return groupNormOf(x, this.features, this.epsilon, affine);
  }
}

function shapeOf(where: string, features: number | Shape): Shape {
  const shape = typeof features === 'number' ? [features] : features;
  shape.forEach((length) => positiveInteger(where, 'features', length));
  return shape;
}

/** Layer normalisation over the last axis, or over the last axes of the given lengths. */
export function layerNorm<Features extends number>(features: Features | Shape, options?: NormOptions): LayerNorm<Features> {
  return new LayerNorm(features, options);
}

/** x/√(mean x² + ε)·weight over the last axis; ε is the dtype's unit roundoff unless given, as in PyTorch. */
export function rmsNorm<Features extends number>(features: Features, options?: NormOptions): RmsNorm<Features> {
  return new RmsNorm(features, options);
}

/** Normalises each sample's groups of channels over all places: [samples, …, channels]. */
export function groupNorm<Features extends number>(
  groups: number,
  features: Features,
  options?: NormOptions,
): GroupNorm<Features> {
  return new GroupNorm(groups, features, options);
}

/** Normalises each sample's channels over all places: [samples, …, channels]. Without learnt scale and shift unless `affine`. */
export function instanceNorm<Features extends number>(features: Features, options?: NormOptions): InstanceNorm<Features> {
  return new InstanceNorm(features, options);
}
