import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { logistic } from '../losses/logistic.js';
import { softmaxCrossEntropy } from '../losses/softmax-cross-entropy.js';
import { cast } from '../ops/cast.js';
import { gt, select } from '../ops/compare.js';
import { zeros } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { abs, add, div, mul, neg, sqrt, square, sub } from '../ops/elementwise.js';
import { oneHot } from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import { max, mean, min, sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { conjugateGradient } from '../optim/minimize/conjugate-gradient.js';
import { take } from '../optim/minimize/objective.js';
import { grad, hvp, jit } from '../runtime/index.js';
import { firstNonFinite } from '../runtime/finite.js';

export interface LogisticProblem {
  /** float64 [N, d] */
  readonly x: Tensor;
  /** Class numbers [N]. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** [N]; undefined: all 1. */
  readonly weights: Float64Array | undefined;
  /** 1/C; 0 without a penalty. */
  readonly ridge: number;
  readonly fitIntercept: boolean;
}

/** Coefficients [K, d] and intercepts [K]; K = 1 for two classes. */
export type LinearScores = { readonly weight: Tensor; readonly bias: Tensor };

interface Coordinates {
  /** [outputs, features] */
  readonly u: Tensor;
  /** [outputs] */
  readonly bias: Tensor | undefined;
}

/**
 * What `value` is above E/(C·S). The rounding error of a log-likelihood is some 1e-16 however small it is itself; `minimize` takes it for relative, and would
 * look for a lower point where there is nothing but noise.
 */
export const valueOffset = 1;

/**
 * E/(C·S) = Σ sᵢ·lᵢ/S + ‖w‖²/(2·C·S), S = Σ sᵢ, in coordinates in which no column is longer than another: with mean m and variance v of a column,
 * xₛ = (x − m)·f and w = u·f, f = 1/√(v + 1/(C·S)). That moves the intercept, which is free, and leaves the minimum where it is; second derivatives by
 * u are between p(1 − p) and 1 on the diagonal, so that a column in millimetres costs no more iterations than one in kilometres.
 */
export class LogisticObjective {
  readonly #features: Tensor;
  readonly #centre: Tensor;
  readonly #factor: Tensor;
  readonly #targets: Tensor;
  readonly #weights: Tensor | undefined;
  readonly #penalty: number;
  readonly #outputs: number;

  private constructor(
    readonly problem: LogisticProblem,
    total: number,
    scaled: { readonly features: Tensor; readonly centre: Tensor; readonly factor: Tensor },
  ) {
    const { labels, classes, weights, ridge } = problem;
    this.#features = scaled.features;
    this.#centre = scaled.centre;
    this.#factor = scaled.factor;
    this.#outputs = classes === 2 ? 1 : classes;
    this.#targets = tensor(labels, { shape: classes === 2 ? [labels.length, 1] : [labels.length] });
    this.#weights = weights && tensor(weights.map((weight) => (weight * labels.length) / total));
    this.#penalty = ridge / (2 * total);
  }

  static async of(where: string, problem: LogisticProblem): Promise<LogisticObjective> {
    const { x, labels, weights, ridge, fitIntercept } = problem;
    const total = weights ? weights.reduce((a, b) => a + b, 0) : labels.length;
    const scaled = await jit((features: Tensor) => scale(features, ridge / total, fitIntercept))(x);
    const found = firstNonFinite(scaled.length);
    scaled.length.dispose();
    if (!found) return new LogisticObjective(problem, total, scaled);
    for (const part of [scaled.features, scaled.centre, scaled.factor]) part.dispose();
    throw new RavineError(
      'data',
      where,
      `expected x to have columns of finite variance, got ${found.value} in column ${found.position}`,
    );
  }

  /** u beside the moved intercepts: [outputs, features + 1], or without intercepts [outputs, features]. */
  start(): Tensor {
    const columns = this.#features.shape[1] ?? 0;
    return zeros([this.#outputs, columns + Number(this.problem.fitIntercept)], { dtype: 'float64' });
  }

  readonly value = (at: Tensor): Tensor => {
    const split = this.#split(at);
    const loss = this.#outputs === 1 ? logistic({ labels: 'binary' }) : softmaxCrossEntropy();
    const data = add(loss.call(this.#scores(split), this.#targets, this.#weights), valueOffset);
    return this.#penalty === 0 ? data : add(data, mul(sum(square(mul(split.u, this.#factor))), this.#penalty));
  };

  /** In the columns' own coordinates. Intercepts of several classes sum to 0: adding a number to all of them changes nothing. */
  solution(at: Tensor): LinearScores {
    return tidy(() => {
      const { u, bias } = this.#split(at);
      const weight = mul(u, this.#factor);
      if (!bias) return { weight, bias: zeros([this.#outputs], { dtype: 'float64' }) };
      const moved = sub(bias, sum(mul(weight, this.#centre), { axis: 1 }));
      return { weight, bias: this.#outputs === 1 ? moved : sub(moved, mean(moved)) };
    });
  }

  /**
   * Whether E has no minimum, which only a penalty would give it: all samples are told apart (Albert & Anderson 1984), or the gradient has vanished while a
   * whole Newton step goes on to move scores.
   */
  async isSeparable(at: Tensor, converged: boolean): Promise<boolean> {
    if (this.problem.ridge > 0) return false;
    if (take(await jit((point: Tensor) => this.#leastMargin(point))(at)) > 0) return true;
    if (!converged) return false;
    const downhill = await jit((point: Tensor) => neg(grad(this.value)(point)))(at);
    const { x: step } = await conjugateGradient((v) => hvp(this.value, at, v), downhill, { tolerance: 1e-2 });
    const move = take(await jit((direction: Tensor) => max(abs(this.#scores(this.#split(direction)))))(step));
    downhill.dispose();
    step.dispose();
    return move > 0.5;
  }

  dispose(): void {
    for (const part of [this.#features, this.#centre, this.#factor, this.#targets, this.#weights]) part?.dispose();
  }

  /** By how much a sample's own class leads, of the sample that counts and is worst off. */
  #leastMargin(at: Tensor): Tensor {
    const z = this.#scores(this.#split(at));
    const margins = this.#outputs === 1 ? signed(z, this.#targets) : leads(z, this.#targets);
    return min(this.#weights ? select(gt(this.#weights, 0), margins, Infinity) : margins);
  }

  #scores({ u, bias }: Coordinates): Tensor {
    const z = matmul(this.#features, u, { transposeB: true });
    return bias ? add(z, bias) : z;
  }

  /**
   * Several classes are centred: what is added to all of them changes no probability and makes E no lower, so that a minimum has none of it. Gradients and
   * Hessian-vector products are centred with it, as a whole: the rounding error of their parts would lead conjugate gradients along what has no curvature.
   */
  #split(at: Tensor): Coordinates {
    const all = this.#outputs === 1 ? at : sub(at, mean(at, { axis: 0 }));
    if (!this.problem.fitIntercept) return { u: all, bias: undefined };
    const [outputs = 0, width = 0] = at.shape;
    const bias = slice(all, [0, width - 1], [outputs, width]);
    return { u: slice(all, [0, 0], [outputs, width - 1]), bias: reshape(bias, [outputs]) };
  }
}

/** Columns that do not vary get the factor 0. Without an intercept nothing is moved, and v is the mean square. */
function scale(x: Tensor, ridge: number, fitIntercept: boolean) {
  const centre = fitIntercept ? mean(x, { axis: 0 }) : zeros([x.shape[1] ?? 0], { dtype: 'float64' });
  const features = fitIntercept ? sub(x, centre) : x;
  const [low, high] = [min(x, { axis: 0 }), max(x, { axis: 0 })];
  const range = fitIntercept ? sub(high, low) : add(abs(low), abs(high));
  const length = sqrt(add(mean(square(features), { axis: 0 }), ridge));
  const factor = select(gt(range, 0), div(1, length), 0);
  return { features: mul(features, factor), centre, factor, length };
}

function signed(z: Tensor, labels: Tensor): Tensor {
  return reshape(mul(z, sub(mul(cast(labels, z.dtype), 2), 1)), [z.size]);
}

function leads(z: Tensor, labels: Tensor): Tensor {
  const own = gt(oneHot(labels, z.shape[1] ?? 0, { dtype: z.dtype }), 0);
  return sub(sum(select(own, z, 0), { axis: 1 }), max(select(own, -Infinity, z), { axis: 1 }));
}
