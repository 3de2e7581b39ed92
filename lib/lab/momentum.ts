import { RavineError, describe } from '../errors.js';
import { checkNames, numberIn, positiveInteger } from '../options.js';

/** An eigenvalue, re + i·im. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * What momentum does on one eigenvalue: 'ripples' (complex eigenvalues), 'monotonic' (real, positive), 'oscillation' (real, one of them negative), 'one-step'
 * (α = 1/λ, β = 0), 'divergent' (αλ > 2 + 2β, αλ ≤ 0 or β ≥ 1).
 */
export type MomentumRegime = 'ripples' | 'monotonic' | 'one-step' | 'oscillation' | 'divergent';

export interface MomentumDynamics {
  /** (v, w) ← M(v, w), by rows. */
  readonly matrix: readonly [readonly [number, number], readonly [number, number]];
  /** Of M, the larger in magnitude first; of a conjugate pair that with im > 0. */
  readonly eigenvalues: readonly [Complex, Complex];
  readonly regime: MomentumRegime;
  /** Both eigenvalues are equal, at αλ = (1 ± √β)²: the norm falls as t·rateᵗ. */
  readonly doubleRoot: boolean;
  /** The greatest magnitude of an eigenvalue: what a step multiplies the norm by in the long run. √β in ripples, whatever α and λ are. */
  readonly rate: number;
}

/**
 * Momentum v ← βv − αλw, w ← w + v on the quadratic ½λw²: its matrix [[β, −αλ], [β, 1 − αλ]] has trace 1 + β − αλ and determinant β. Ripples iff
 * (1 − √β)² < αλ < (1 + √β)².
 */
export function momentumDynamics(alpha: number, beta: number, lambda: number): MomentumDynamics {
  const where = 'lab.momentumDynamics';
  numberIn(where, 'alpha', alpha, 0);
  numberIn(where, 'beta', beta, 0);
  numberIn(where, 'lambda', lambda, -Number.MAX_VALUE);
  const step = alpha * lambda;
  const root = Math.sqrt(beta);
  const [low, high] = [(1 - root) ** 2, (1 + root) ** 2];
  const doubleRoot = isNear(step, low) || isNear(step, high);
  const half = (1 + beta - step) / 2;
  // (trace/2)² − β as a product: no digits are lost near a double root.
  const discriminant = doubleRoot ? 0 : ((step - low) * (step - high)) / 4;
  const eigenvalues = roots(half, beta, discriminant);
  return {
    matrix: [
      [beta, -step],
      [beta, 1 - step],
    ],
    eigenvalues,
    regime: regimeOf(step, beta, low, high, doubleRoot),
    doubleRoot,
    rate: discriminant < 0 ? root : Math.hypot(eigenvalues[0].re, eigenvalues[0].im),
  };
}

/** Of σ² − 2·half·σ + β. */
function roots(half: number, beta: number, discriminant: number): [Complex, Complex] {
  if (discriminant < 0) {
    const im = Math.sqrt(-discriminant);
    return [
      { re: half, im },
      { re: half, im: -im },
    ];
  }
  const large = half < 0 ? half - Math.sqrt(discriminant) : half + Math.sqrt(discriminant);
  // From the product of both, β, without cancellation.
  const small = discriminant === 0 ? large : large === 0 ? 0 : beta / large;
  return [
    { re: large, im: 0 },
    { re: small, im: 0 },
  ];
}

function regimeOf(step: number, beta: number, low: number, high: number, doubleRoot: boolean): MomentumRegime {
  if (beta >= 1 || step <= 0 || step > 2 + 2 * beta) return 'divergent';
  if (beta === 0 && doubleRoot) return 'one-step';
  if (doubleRoot) return isNear(step, low) ? 'monotonic' : 'oscillation';
  if (step > low && step < high) return 'ripples';
  return step <= low ? 'monotonic' : 'oscillation';
}

/** αλ carries a few roundings, and that of √β is amplified by the slope of (1 ± √β)². */
function isNear(step: number, bound: number): boolean {
  return Math.abs(step - bound) <= 8 * Number.EPSILON * (bound + 2 * Math.sqrt(bound));
}

/**
 * v[t] = Σ μⁱ(−α[t−i])∇[t−i]: the weights −α[t−i]·μⁱ of gradients of the past, the newest first. α may change: an array from the newest step to the
 * oldest, or one number for `steps` steps.
 */
export function momentumWeights(options: {
  readonly momentum: number;
  readonly learningRate: number | readonly number[];
  readonly steps?: number;
}): Float64Array {
  const where = 'lab.momentumWeights';
  checkNames(where, options, ['momentum', 'learningRate', 'steps']);
  const momentum = numberIn(where, 'momentum', options.momentum, 0, 1);
  const { learningRate } = options;
  const rates =
    typeof learningRate === 'number'
      ? Array.from({ length: positiveInteger(where, 'steps', options.steps) }, () => learningRate)
      : learningRate;
  if (typeof learningRate !== 'number' && options.steps !== undefined)
    throw new RavineError('option', where, 'expected no steps with an array of learning rates: it has a rate for each');
  return Float64Array.from(rates, (rate, i) => -numberIn(where, 'learningRate', rate, 0) * momentum ** i);
}

export interface Optimum {
  readonly alpha: number;
  readonly beta: number;
  /** What a step multiplies the norm by in the long run, on the worst eigenvalue. */
  readonly rate: number;
}

export interface OptimalMomentum {
  /** λ_n/λ₁ */
  readonly condition: number;
  /** α = (2/(√λ₁ + √λ_n))², β = ((√λ_n − √λ₁)/(√λ_n + √λ₁))², rate (√κ − 1)/(√κ + 1) */
  readonly momentum: Optimum;
  /** α = 2/(λ₁ + λ_n), rate (κ − 1)/(κ + 1) */
  readonly gradientDescent: Optimum;
}

/** The best α and β for a quadratic with these eigenvalues, all > 0: only the least and the greatest matter (Polyak 1964). */
export function optimalMomentum(eigenvalues: Iterable<number>): OptimalMomentum {
  const { least, greatest } = extremes('lab.optimalMomentum', eigenvalues);
  const [a, b] = [Math.sqrt(least), Math.sqrt(greatest)];
  const rate = (b - a) / (b + a);
  return {
    condition: greatest / least,
    momentum: { alpha: (2 / (a + b)) ** 2, beta: rate ** 2, rate },
    gradientDescent: { alpha: 2 / (least + greatest), beta: 0, rate: (greatest - least) / (greatest + least) },
  };
}

export function extremes(where: string, eigenvalues: Iterable<number>): { least: number; greatest: number } {
  const all = [...eigenvalues];
  const wrong = all.find((value) => !(value > 0 && Number.isFinite(value)));
  if (all.length === 0 || wrong !== undefined)
    throw new RavineError('option', where, `expected eigenvalues > 0, got ${all.length === 0 ? 'none' : describe(wrong)}`);
  return all.reduce(({ least, greatest }, value) => ({ least: Math.min(least, value), greatest: Math.max(greatest, value) }), {
    least: Infinity,
    greatest: 0,
  });
}
