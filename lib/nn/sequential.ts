import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { Shape } from '../shape.js';
import { Module, type Member } from './module.js';
import type { ChainOutput, CheckedChain, ShapeRule, shapeRule } from './shape-rule.js';

/** What is wrong whatever comes before was said where the chain was made. */
interface SequentialRule<Layers extends readonly Module[]> extends ShapeRule {
  readonly output: ChainOutput<Layers, Shape> extends Shape
    ? this['input'] extends infer Input extends Shape
      ? ChainOutput<Layers, Input>
      : Shape
    : Shape;
}

/** Layers one after the other; parameters are named by position: `0.weight`. */
export class Sequential<Layers extends readonly Module[] = readonly Module[]> extends Module {
  declare readonly [shapeRule]: SequentialRule<Layers>;
  readonly layers: Layers;

  constructor(layers: Layers) {
    super();
    this.layers = layers;
  }

  override forward(...inputs: readonly Tensor[]): Tensor {
    const [first, ...rest] = this.layers;
    const [input] = inputs;
    if (first === undefined) {
      if (input === undefined || inputs.length > 1)
        throw new RavineError('shape', 'sequential', `expected one tensor, got ${inputs.length}`);
      return input;
    }
    return rest.reduce((x, layer) => layer.forward(x), first.forward(...inputs));
  }

  override *members(): IterableIterator<[string, Member]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
  }

  override toString(): string {
    return 'sequential';
  }
}

/**
 * Layers one after the other. Where features are literal numbers, the compiler refuses a layer that does not fit the one before it.
 * A list that is spread, features that are plain numbers and modules without a declared rule are checked when the model runs.
 */
export function sequential<const Layers extends readonly Module[]>(
  ...layers: {
    [Place in keyof Layers]: Place extends keyof CheckedChain<Layers>
      ? CheckedChain<Layers>[Place] extends string
        ? CheckedChain<Layers>[Place]
        : Layers[Place]
      : Layers[Place];
  }
): Sequential<Layers> {
  const checked = layers as readonly unknown[];
  checked.forEach((layer, i) => {
    if (!(layer instanceof Module))
      throw new RavineError('option', 'sequential', `expected argument ${i} to be a layer, got ${describe(layer)}`, {
        help: Array.isArray(layer)
          ? 'spread the list: sequential(...layers)'
          : 'layers are modules; wrap a function: nn.lambda(fn)',
      });
  });
  return new Sequential(layers as Layers);
}
