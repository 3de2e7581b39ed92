import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { isArray } from '../ops/check.js';
import { reshape as reshapeOf } from '../ops/reshape.js';
import { formatType, type Shape } from '../shape.js';
import { Module } from './module.js';
import type { ShapeRule, shapeRule } from './shape-rule.js';

/** Literal lengths, `number` for −1. */
type Lengths<To extends Shape> = { readonly [Axis in keyof To]: To[Axis] extends -1 ? number : To[Axis] };

interface ReshapeRule<To extends Shape> extends ShapeRule {
  readonly output: readonly [number, ...Lengths<To>];
}

/** Each sample in another shape: [samples, …] → [samples, ...shape]. */
export class Reshape<To extends Shape = Shape> extends Module {
  declare readonly [shapeRule]: ReshapeRule<To>;

  constructor(readonly shape: To) {
    super();
    if (!isArray(shape))
      throw new RavineError('shape', 'reshape', `expected a shape such as [28, 28, 1], got ${describe(shape)}`);
    for (const length of shape)
      if (!Number.isSafeInteger(length) || length < -1)
        throw new RavineError('shape', 'reshape', `expected lengths ≥ 0 or −1 for what is left, got ${describe(length)}`);
    if (shape.filter((length) => length === -1).length > 1)
      throw new RavineError('shape', 'reshape', `expected at most one length of −1, got [${shape.join(',')}]`);
  }

  override forward(x: Tensor): Tensor {
    const [samples, ...rest] = x.shape;
    if (samples === undefined)
      throw new RavineError('shape', this.toString(), `expected a first axis of samples, got ${formatType(x)}`);
    const product = (lengths: readonly number[]): number => lengths.reduce((size, length) => size * length, 1);
    const [size, known] = [product(rest), product(this.shape.filter((length) => length !== -1))];
    const free = known === 0 ? 0 : size / known;
    const shape = this.shape.map((length) => (length === -1 ? free : length));
    if (!Number.isInteger(free) || product(shape) !== size)
      throw new RavineError('shape', this.toString(), `expected samples of ${known} elements, got ${formatType(x)}`);
    return reshapeOf(x, [samples, ...shape]);
  }

  override toString(): string {
    return `reshape([${this.shape.join(', ')}])`;
  }
}

/** Each sample in another shape, without the axis of samples; one length may be −1, for what is left. */
export function reshape<const To extends Shape>(shape: To): Reshape<To> {
  return new Reshape(shape);
}
