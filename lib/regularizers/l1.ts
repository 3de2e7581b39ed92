import { abs, mul } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { numberIn } from '../options.js';
import type { Regularizer } from './regularizer.js';

/** λ‖w‖₁ = λ Σ |w|, whose gradient is λ·sign(w), 0 at 0. */
export function l1(lambda: number): Regularizer {
  const weight = numberIn('l1', 'lambda', lambda, 0);
  return (weights) => mul(sum(abs(weights)), weight);
}
