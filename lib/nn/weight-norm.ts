import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import type { Tensor } from '../ir/tensor.js';
import { div, mul, sqrt, square } from '../ops/elementwise.js';
import { mean, sum } from '../ops/reduce.js';
import { variance } from '../ops/statistics.js';
import { reshape } from '../ops/reshape.js';
import { Conv } from './conv.js';
import { Linear } from './linear.js';
import { Module, type Member } from './module.js';
import { Parameter } from './parameter.js';
import type { OutputShape, ShapeRule, shapeRule } from './shape-rule.js';
import type { Shape } from '../shape.js';

interface WeightNormRule<Layer> extends ShapeRule {
  readonly output: this['input'] extends infer Input extends Shape ? OutputShape<Layer, Input> : Shape;
}

/**
 * A linear layer or a convolution with weights of a learnt direction and magnitude for each output (Salimans & Kingma 2016): w = g·v/‖v‖. The state has
 * PyTorch's names `weight_g`, `weight_v` and `bias`. At first w is the layer's own.
 */
export class WeightNorm<Layer extends Linear | Conv = Linear | Conv> extends Module {
  declare readonly [shapeRule]: WeightNormRule<Layer>;
  readonly direction: Parameter;
  readonly magnitude: Parameter;
  readonly bias: Parameter | undefined;

  constructor(readonly layer: Layer) {
    super();
    const given: unknown = layer;
    if (!(given instanceof Linear || given instanceof Conv))
      throw new RavineError('option', 'weightNorm', `expected a linear layer or a convolution, got ${describe(given)}`);
    this.direction = layer.weight;
    this.bias = layer.bias;
    const { dtype, shape } = layer.weight;
    const outputs = shape.at(-1) ?? 0;
    const external = [outputs, ...shape.slice(1).map(() => 1)];
    this.magnitude = new Parameter([outputs], {
      dtype,
      initializer: () => this.#norms(),
      layout: {
        externalShape: external,
        toExternal: (inner) => reshape(inner, external),
        fromExternal: (outer) => reshape(outer, [outputs]),
      },
    });
  }

  /** PyTorch's names. The direction is drawn before the magnitude, which begins as its norm. */
  override *members(): IterableIterator<[string, Member]> {
    yield ['weight_v', this.direction];
    yield ['weight_g', this.magnitude];
    if (this.bias) yield ['bias', this.bias];
  }

  /** As the layer's. */
  override forward(x: Tensor): Tensor {
    return this.#run(x, mul(this.direction, div(this.magnitude, this.#norms())));
  }

  /**
   * Sets magnitudes and biases so that each output has mean 0 and deviation 1 over a batch: the paper's data-dependent initialisation. x as for `forward`.
   * An output that does not vary keeps its magnitude.
   */
  initializeFrom(x: Tensor): void {
    if (!this.bias)
      throw new RavineError('option', 'weightNorm', 'expected a layer with a bias to initialise from a batch', {
        help: 'make the layer with bias: true',
      });
    const t = this.#run(x, div(this.direction, this.#norms()), true);
    const axis = t.shape.slice(0, -1).map((_, i) => i);
    const deviations = sqrt(variance(t, { axis })).data<'float64'>();
    const means = mean(t, { axis }).data<'float64'>();
    const magnitudes = this.magnitude.data<'float64'>();
    const shifts = means.map((value, i) => ((deviations[i] ?? 0) > 0 ? -value / (deviations[i] ?? 1) : 0));
    const scales = deviations.map((value, i) => (value > 0 ? 1 / value : (magnitudes[i] ?? 1)));
    adoptData(this.magnitude, scales);
    adoptData(this.bias, shifts);
  }

  override toString(): string {
    return `weightNorm(${this.layer.toString()})`;
  }

  /** ‖v‖ of each output. */
  #norms(): Tensor {
    const { direction } = this;
    return sqrt(sum(square(direction), { axis: direction.shape.slice(0, -1).map((_, i) => i) }));
  }

  /** The layer's forward with other weights, and without its bias if asked. */
  #run(x: Tensor, weight: Tensor, withoutBias = false): Tensor {
    const standIn = Object.create(this.layer, {
      weight: { value: weight },
      ...(withoutBias && { bias: { value: undefined } }),
    }) as Layer;
    return (Object.getPrototypeOf(this.layer) as Layer).forward.call(standIn, x);
  }
}

function adoptData(parameter: Parameter, data: Float64Array | Float32Array): void {
  parameter.adopt(evaluator().upload(data as never, parameter.dtype, parameter.shape));
}

/** A linear layer or a convolution whose weights are learnt as direction and magnitude. */
export function weightNorm<Layer extends Linear | Conv>(layer: Layer): WeightNorm<Layer> {
  return new WeightNorm(layer);
}
