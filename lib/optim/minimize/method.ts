import type { Tensor } from '../../ir/tensor.js';
import type { Point } from './objective.js';

/** How a method chooses where to go; the driver searches along it. */
export interface Method {
  /** A direction from the point, which the caller frees; undefined where the Hessian gives none. */
  direction(point: Point): Promise<Tensor | undefined>;
  /** The direction has a natural length: the line search begins with step 1. */
  readonly unitStep: boolean;
  /** Learns from a step. */
  learn?(from: Point, to: Point): Promise<void>;
  /** Forgets what was learnt, so that the next direction is −∇f; false if nothing was. */
  restart(): boolean;
  /** Frees what it holds. */
  dispose(): void;
}
