import type { Tensor } from '../ir/tensor.js';
import { abs, minimum, mul, sub } from '../ops/elementwise.js';
import { checkNames, numberIn } from '../options.js';
import { elementwiseLoss, type Loss } from './loss.js';

/** ½d² where |d| ≤ δ, else δ·(|d| − ½δ), as c·(|d| − ½c) with c = min(|d|, δ). */
function huberOf(x: Tensor, y: Tensor, delta: number): Tensor {
  const distance = abs(sub(x, y));
  const inner = minimum(distance, delta);
  return mul(inner, sub(distance, mul(inner, 0.5)));
}

/** Huber's loss (1964): ½(x − y)² near the target, δ·(|x − y| − ½δ) beyond δ; the mean over all elements. δ is 1 unless given. */
export function huber(options: { readonly delta?: number } = {}): Loss {
  checkNames('huber', options, ['delta']);
  const delta = numberIn('huber', 'delta', options.delta ?? 1, Number.MIN_VALUE);
  return elementwiseLoss('huber', (x, y) => huberOf(x, y, delta));
}

/** Huber's loss over β: |x − y| − ½β far from the target. β is 1 unless given. */
export function smoothL1(options: { readonly beta?: number } = {}): Loss {
  checkNames('smoothL1', options, ['beta']);
  const beta = numberIn('smoothL1', 'beta', options.beta ?? 1, Number.MIN_VALUE);
  return elementwiseLoss('smoothL1', (x, y) => mul(huberOf(x, y, beta), 1 / beta));
}
