import type { Tensor } from '../../ir/tensor.js';
import { add, div, mul, sub } from '../../ops/elementwise.js';
import { dot, norm } from './objective.js';

export interface ConjugateState {
  readonly x: Tensor;
  /** b − A·x */
  readonly residual: Tensor;
  readonly direction: Tensor;
}

export interface ConjugateStep {
  readonly state: ConjugateState;
  /** d·A·d of the direction that was followed: where it is not positive, the state means nothing. */
  readonly curvature: Tensor;
  readonly residualNorm: Tensor;
}

/** One step of the linear method of conjugate gradients for A·x = b, given A·d (Hestenes & Stiefel 1952). */
export function conjugateStep({ x, residual, direction }: ConjugateState, product: Tensor): ConjugateStep {
  const square = dot(residual, residual);
  const curvature = dot(direction, product);
  const alpha = div(square, curvature);
  const next = sub(residual, mul(product, alpha));
  const beta = div(dot(next, next), square);
  return {
    state: { x: add(x, mul(direction, alpha)), residual: next, direction: add(next, mul(direction, beta)) },
    curvature,
    residualNorm: norm(next),
  };
}

export function dropState({ x, residual, direction }: ConjugateState): void {
  x.dispose();
  residual.dispose();
  direction.dispose();
}
