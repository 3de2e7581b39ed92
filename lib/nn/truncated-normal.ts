import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { clamp } from '../ops/compare.js';
import { add, div, erf, exp, mul, square, sub } from '../ops/elementwise.js';
import { randomUniform, streamOf } from '../ops/random.js';
import { numberIn } from '../options.js';
import type { Initializer } from './initializer.js';

/** Φ(2), above which 2.3 % of a normal distribution lie. */
const mostProbability = 0.9772498680518208;

/** The standard deviation of N(0, 1) within ±2: √(1 − 4·φ(2)/(2·Φ(2) − 1)). */
export const truncatedDeviation = 0.8796256610342398;

/**
 * N(mean, deviation²) without what lies beyond ±2 deviations, as PyTorch's `trunc_normal_` and Keras' `TruncatedNormal`: what is drawn has the standard
 * deviation 0.8796·deviation. `varianceScaling` makes up for that.
 */
export function truncatedNormal(mean = 0, deviation = 0.05): Initializer {
  numberIn('truncatedNormal', 'mean', mean, -Number.MAX_VALUE);
  numberIn('truncatedNormal', 'deviation', deviation, 0);
  return ({ shape, dtype, seed, name }) => {
    const low = 1 - mostProbability;
    const u = randomUniform(shape, { low, high: mostProbability, dtype: 'float64', seed, stream: streamOf(name) });
    return cast(add(mul(quantile(u), deviation), mean), dtype);
  };
}

/**
 * z with Φ(z) = u, |z| ≤ 2, by Newton's method from 0: z ← z + (u − Φ(z))/φ(z). Φ is concave above 0, so that |z| is approached from below, from
 * z = 2 farthest: 1.20, 1.67, 1.92, 1.995, then quadratically; eight steps reach float64.
 */
function quantile(u: Tensor): Tensor {
  const half = sub(u, 0.5);
  let z = mul(half, Math.sqrt(2 * Math.PI));
  for (let step = 1; step < 8; step++) {
    const distance = sub(half, mul(erf(mul(z, Math.SQRT1_2)), 0.5));
    const density = div(exp(mul(square(z), -0.5)), Math.sqrt(2 * Math.PI));
    z = add(z, div(distance, density));
  }
  return clamp(z, -2, 2);
}
