import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { add } from '../ops/elementwise.js';
import { formatType, sameShape, type Shape } from '../shape.js';
import { Module } from './module.js';
import type { FeaturesOf, Fits, Mismatch, OutputShape, ShapeRule, shapeRule } from './shape-rule.js';

/** The shape of a sum, where features fit. */
type Sum<Body, Shortcut> = Body extends Shape
  ? Shortcut extends Shape
    ? Fits<FeaturesOf<Body>, FeaturesOf<Shortcut>> extends true
      ? Body
      : Mismatch<`residual() adds ${FeaturesOf<Body>} features of its body to ${FeaturesOf<Shortcut>} of its shortcut`, Body>
    : Shortcut
  : Body;

interface ResidualRule<Body, Shortcut> extends ShapeRule {
  readonly output: this['input'] extends infer Input extends Shape
    ? Sum<OutputShape<Body, Input>, Shortcut extends Module ? OutputShape<Shortcut, Input> : Input>
    : Shape;
}

/** A skip connection: body(x) + shortcut(x), or + x. */
export class Residual<Body extends Module = Module, Shortcut extends Module | undefined = Module | undefined> extends Module {
  declare readonly [shapeRule]: ResidualRule<Body, Shortcut>;

  constructor(
    readonly body: Body,
    readonly shortcut: Shortcut,
  ) {
    super();
    for (const [name, part] of Object.entries({ body, shortcut }))
      if (!(part instanceof Module) && (name === 'body' || part !== undefined))
        throw new RavineError('option', 'residual', `expected ${name} to be a layer, got ${describe(part)}`);
  }

  override forward(x: Tensor): Tensor {
    const sum = this.body.forward(x);
    const skipped = this.shortcut === undefined ? x : this.shortcut.forward(x);
    if (!sameShape(sum.shape, skipped.shape))
      throw new RavineError(
        'shape',
        'residual',
        `expected body and shortcut to give one shape, got ${formatType(sum)} and ${formatType(skipped)}`,
        this.shortcut === undefined ? { help: 'give a shortcut: residual(body, shortcut)' } : {},
      );
    return add(sum, skipped);
  }
}

/** body(x) + x, or body(x) + shortcut(x) where the body changes the shape. He et al., 2016. */
export function residual<Body extends Module>(body: Body): Residual<Body, undefined>;
export function residual<Body extends Module, Shortcut extends Module>(body: Body, shortcut: Shortcut): Residual<Body, Shortcut>;
export function residual(body: Module, shortcut?: Module): Residual {
  return new Residual(body, shortcut);
}
