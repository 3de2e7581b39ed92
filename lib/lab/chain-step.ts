import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { scalar } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { mul, neg, square, sub } from '../ops/elementwise.js';
import { prod } from '../ops/reduce.js';
import { softplus } from '../ops/softplus.js';
import { pathSgd } from '../optim/path-sgd.js';
import { checkNames, numberIn } from '../options.js';
import { grad, valueAndGrad } from '../runtime/grad.js';

export interface ChainStepOptions {
  /** α. Default 0.1. */
  readonly learningRate?: number;
  /** Default 1. */
  readonly x?: number;
  /** Default 1. */
  readonly y?: number;
  /** E(z, y), of tensors []. Default the logistic log(1 + e^(−yz)). */
  readonly loss?: (z: Tensor, y: Tensor) => Tensor;
}

/** Where one step leads. */
export interface ChainPoint {
  readonly weights: Float64Array;
  readonly z: number;
  readonly loss: number;
}

export interface ChainStep extends ChainPoint {
  /** dz/dw = z/w of each weight. */
  readonly derivatives: Float64Array;
  /** After w ← w − α·∇E. */
  readonly gradientDescent: ChainPoint;
  /** After w ← w − (α/κ)·∇E with κ = ∂/∂(w²) Π w², of Path-SGD: the same function whatever the gauge. */
  readonly pathSgd: ChainPoint;
}

const where = 'lab.chainStep';

/**
 * The toy z = wₙ…w₂w₁x in float64, one step from `weights`: (1, 1, 1, 1) and (1, 0.01, 100, 1) are one function, with derivatives (1, 1, 1, 1) and (1, 100, 0.01, 1)
 * at x = 1, and a step that is small for the one is none for the other.
 */
export function chainStep(weights: ArrayLike<number>, options: ChainStepOptions = {}): ChainStep {
  checkNames(where, options, ['learningRate', 'x', 'y', 'loss']);
  const values = Float64Array.from(weights);
  if (values.length === 0 || !values.every(Number.isFinite))
    throw new RavineError('option', where, `expected finite weights, got ${describe(weights)}`);
  const rate = numberIn(where, 'learningRate', options.learningRate ?? 0.1, 0);
  const [x, y] = (['x', 'y'] as const).map((name) => numberIn(where, name, options[name] ?? 1, -Number.MAX_VALUE));
  const lossOf = options.loss ?? ((z: Tensor, target: Tensor) => softplus(neg(mul(z, target))));
  return tidy(() => {
    const target = scalar(y ?? 1, { dtype: 'float64' });
    const output = (w: Tensor): Tensor => mul(prod(w), x ?? 1);
    const error = (w: Tensor): Tensor => lossOf(output(w), target);
    const pointAt = (w: Tensor): ChainPoint => ({ weights: w.data<'float64'>(), z: output(w).item(), loss: error(w).item() });
    const w = tensor(values);
    const [, gradients] = valueAndGrad(error)(w);
    const kappa = grad((squares: Tensor) => prod(squares))(square(w));
    const scalars = { learningRate: scalar(rate, { dtype: 'float64' }) };
    const path = { parameters: w, gradients, state: {}, scalars, prepared: { kappa }, segments: [w.size] };
    return {
      ...pointAt(w),
      derivatives: grad(output)(w).data<'float64'>(),
      gradientDescent: pointAt(sub(w, mul(gradients, rate))),
      pathSgd: pointAt(pathSgd({ learningRate: rate }).update(path).parameters),
    };
  });
}
