import type { Tensor } from '../../ir/tensor.js';

/** Calls of the function so far: with its gradient, as a whole matrix of second derivatives, and as Hessian-vector products. */
export interface Evaluations {
  readonly gradient: number;
  readonly hessian: number;
  readonly hvp: number;
}

/**
 * Why it ended. Converged: 'gradient', 'step' and 'value' (a tolerance was met). Not converged: 'iterations' (as many as were allowed), 'line search'
 * (no lower point was found along the last direction), 'hessian' (not finite, or no multiple of the identity makes it positive definite),
 * 'unbounded' (the value is −∞), 'callback' (it returned false).
 */
export type StopReason = 'gradient' | 'step' | 'value' | 'iterations' | 'line search' | 'hessian' | 'unbounded' | 'callback';

export interface MinimizeResult {
  /** The point with the lowest value. */
  readonly x: Tensor;
  readonly value: number;
  /** Euclidean norm of the gradient at x. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: Evaluations;
  readonly reason: StopReason;
  readonly converged: boolean;
}

export interface IterationInfo {
  /** Counted from 1. */
  readonly iteration: number;
  readonly x: Tensor;
  readonly value: number;
  readonly gradientNorm: number;
  /** The multiple of the direction that was taken. */
  readonly step: number;
  readonly evaluations: Evaluations;
}
