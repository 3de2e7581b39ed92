import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { add } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { reshape } from '../ops/reshape.js';
import { transpose } from '../ops/transpose.js';
import { boolean, checkNames, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import type { InitializerLike } from './initializers.js';
import { expectInputDType } from './input-dtype.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { FeaturesOf, Fits, Mismatch, ShapeRule, WithFeatures, shapeRule } from './shape-rule.js';

interface LinearRule<In extends number, Out extends number> extends ShapeRule {
  readonly output: Fits<FeaturesOf<this['input']>, In> extends true
    ? WithFeatures<this['input'], Out>
    : Mismatch<
        `linear(${In}, ${Out}) expects ${In} features, the layer before it gives ${FeaturesOf<this['input']>}`,
        WithFeatures<this['input'], Out>
      >;
}

export interface LinearOptions {
  readonly bias?: boolean;
  readonly dtype?: DType;
  /** U(±1/√in) unless given, for both: PyTorch's. */
  readonly weightInitializer?: InitializerLike;
  readonly biasInitializer?: InitializerLike;
}

/** y = x·W + b over the last axis; W lies as [in, out] and is shown as [out, in]. */
export class Linear<In extends number = number, Out extends number = number> extends Module {
  declare readonly [shapeRule]: LinearRule<In, Out>;
  readonly inFeatures: In;
  readonly outFeatures: Out;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inFeatures: In, outFeatures: Out, options: LinearOptions = {}) {
    super();
    checkNames('linear', options, ['bias', 'dtype', 'weightInitializer', 'biasInitializer']);
    positiveInteger('linear', 'inFeatures', inFeatures);
    positiveInteger('linear', 'outFeatures', outFeatures);
    const { dtype = 'float32', weightInitializer = 'fanInUniform', biasInitializer = 'fanInUniform' } = options;
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const layout = { externalShape: [outFeatures, inFeatures], toExternal: swapAxes, fromExternal: swapAxes };
    this.weight = new Parameter([inFeatures, outFeatures], { dtype, initializer: weightInitializer, ...fans, layout });
    this.bias = boolean('linear', 'bias', options.bias ?? true)
      ? new Parameter([outFeatures], { dtype, initializer: biasInitializer, ...fans })
      : undefined;
  }

  /** x [..., in] → [..., out] */
  override forward(x: Tensor): Tensor {
    const lead = x.shape.slice(0, -1);
    if (x.rank < 1 || x.shape.at(-1) !== this.inFeatures)
      throw new RavineError('shape', this.toString(), `expected ${this.inFeatures} features, got ${formatType(x)}`);
    expectInputDType(this, x, this.weight.dtype);
    const rows = x.rank === 2 ? x : reshape(x, [lead.reduce((product, length) => product * length, 1), this.inFeatures]);
    const product = matmul(rows, this.weight);
    const y = this.bias ? add(product, this.bias) : product;
    return x.rank === 2 ? y : reshape(y, [...lead, this.outFeatures]);
  }

  override toString(): string {
    return `linear(${this.inFeatures}, ${this.outFeatures})`;
  }
}

/** A fully connected layer. */
export function linear<In extends number, Out extends number>(
  inFeatures: In,
  outFeatures: Out,
  options?: LinearOptions,
): Linear<In, Out> {
  return new Linear(inFeatures, outFeatures, options);
}

export function swapAxes(weight: Tensor): Tensor {
  return transpose(weight, [1, 0]);
}
