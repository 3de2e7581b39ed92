import { mul, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { numberIn } from '../options.js';
import type { Regularizer } from './regularizer.js';

/** λ‖w‖² = λ Σ w², whose gradient is 2λw: what `weightDecay` 2λ adds to it in `sgd` or `adam`, not what `adamw` does beside it. */
export function l2(lambda: number): Regularizer {
  const weight = numberIn('l2', 'lambda', lambda, 0);
  return (weights) => mul(sum(square(weights)), weight);
}
