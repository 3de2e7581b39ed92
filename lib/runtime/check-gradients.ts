import { RavineError } from '../errors.js';
import { numberIn } from '../options.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { add, mul } from '../ops/elementwise.js';
import { randomNormal } from '../ops/random.js';
import { sum } from '../ops/reduce.js';
import { checkScalar, grad } from './grad.js';

export interface GradientCheckOptions {
  /** Length of the step; 1e−6 unless given (float64: the error of a central difference is least near ε^⅓ times the scale). */
  readonly step?: number;
  /** Largest relative difference that passes; 1e−6 unless given. */
  readonly tolerance?: number;
  readonly seed?: number;
}

export interface GradientReport {
  /** For each argument: ⟨∇f, d⟩ for a random direction d, by the gradient rules and by a central difference. */
  readonly args: readonly { readonly analytic: number; readonly numeric: number; readonly relativeError: number }[];
}

/**
 * Compares the gradient of a scalar function with central differences (f(x + hd) − f(x − hd)) / 2h in a random direction d, argument by argument.
 * Arguments are float64 tensors. Throws where they differ by more than the tolerance, relative to max(1, |difference|).
 */
export function checkGradients(
  f: (...args: Tensor[]) => Tensor,
  args: readonly Tensor[],
  options: GradientCheckOptions = {},
): GradientReport {
  const step = numberIn('checkGradients', 'step', options.step ?? 1e-6, Number.MIN_VALUE);
  const tolerance = numberIn('checkGradients', 'tolerance', options.tolerance ?? 1e-6, 0);
  const results = args.map((arg, index) => {
    if (arg.dtype !== 'float64')
      throw new RavineError('dtype', 'checkGradients', `expected float64 arguments, got ${arg.dtype}`, {
        help: "cast(x, 'float64')",
      });
    const result = tidy(() => {
      const direction = randomNormal(arg.shape, { dtype: 'float64', seed: (options.seed ?? 0) + index });
      const at = (length: number): number =>
        checkScalar('checkGradients', f(...args.with(index, add(arg, mul(direction, length))))).item();
      const numeric = (at(step) - at(-step)) / (2 * step);
      const analytic = sum(mul(grad(f, { argument: index })(...args), direction)).item();
      return { analytic, numeric, relativeError: Math.abs(analytic - numeric) / Math.max(1, Math.abs(numeric)) };
    });
    if (!(result.relativeError <= tolerance))
      throw new RavineError(
        'data',
        'checkGradients',
        `argument ${index}: expected a directional derivative of ${result.numeric} (central difference), got ${result.analytic} (gradient)`,
      );
    return result;
  });
  return { args: results };
}
