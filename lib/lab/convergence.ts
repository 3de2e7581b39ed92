import { checkNames, numberIn, positiveInteger } from '../options.js';
import { extremes, momentumDynamics } from './momentum.js';

export interface ConvergenceOptions {
  readonly alpha: number;
  /** Default 0. */
  readonly beta?: number;
  /** Before the ratio is taken: at least 300, since double roots' ratios approach the rate as 1/t. Default 300. */
  readonly steps?: number;
}

/**
 * The rate of momentum on the quadratic ½Σλw², whose minimum is 0, as it is seen in float64 from w = (1, 1, …), v = 0: the ratio of successive norms of (v, w)
 * after `steps` steps; where the eigenvalue that is slowest ripples, the slope of the log norm over ten of its periods. Norms are kept within range by scaling.
 */
export function measureConvergence(eigenvalues: Iterable<number>, options: ConvergenceOptions): number {
  const where = 'lab.measureConvergence';
  const lambdas = [...eigenvalues];
  extremes(where, lambdas);
  checkNames(where, options, ['alpha', 'beta', 'steps']);
  const alpha = numberIn(where, 'alpha', options.alpha, 0);
  const beta = numberIn(where, 'beta', options.beta ?? 0, 0);
  const steps = numberIn(where, 'steps', positiveInteger(where, 'steps', options.steps ?? 300), 300);
  const norms = new Iteration(lambdas, alpha, beta);
  const slowest = lambdas
    .map((lambda) => momentumDynamics(alpha, beta, lambda))
    .reduce((worst, next) => (next.rate > worst.rate ? next : worst));
  for (let t = 0; t < steps; t++) norms.step();
  const [{ re, im }] = slowest.eigenvalues;
  const angle = Math.abs(Math.atan2(im, re));
  // Beyond a quarter turn a step the norm is seen to beat at π − angle.
  const length = Math.ceil((10 * 2 * Math.PI) / Math.min(angle, Math.PI - angle));
  if (im === 0 || length > longest) return Math.exp(norms.step());
  let log = 0;
  return Math.exp(slope(Array.from({ length: length + 1 }, () => (log += norms.step()))));
}

/** Steps of a regression: slower ripples are double roots but for rounding. */
const longest = 1e6;

class Iteration {
  readonly #v: Float64Array;
  readonly #w: Float64Array;

  constructor(
    readonly lambdas: readonly number[],
    readonly alpha: number,
    readonly beta: number,
  ) {
    this.#v = new Float64Array(lambdas.length);
    this.#w = new Float64Array(lambdas.length).fill(1 / Math.sqrt(lambdas.length));
  }

  /** v ← βv − αλw; w ← w + v; then both by 1/norm. The log of the norm; −∞ once all is 0. */
  step(): number {
    let squares = 0;
    this.lambdas.forEach((lambda, i) => {
      const w = this.#w[i] ?? 0;
      const v = this.beta * (this.#v[i] ?? 0) - this.alpha * lambda * w;
      [this.#v[i], this.#w[i]] = [v, w + v];
      squares += v * v + (w + v) ** 2;
    });
    const norm = Math.sqrt(squares);
    if (norm === 0) return -Infinity;
    this.lambdas.forEach((_, i) => {
      this.#v[i] = (this.#v[i] ?? 0) / norm;
      this.#w[i] = (this.#w[i] ?? 0) / norm;
    });
    return Math.log(norm);
  }
}

/** Least squares over 0, 1, 2 … */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const [top, bottom] = values.reduce(([xy, xx], value, i) => [xy + (i - middle) * value, xx + (i - middle) ** 2], [0, 0]);
  return top / bottom;
}
