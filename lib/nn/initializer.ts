import type { DType } from '../dtype.js';
import type { Tensor } from '../ir/tensor.js';
import type { Shape } from '../shape.js';

/** What an initializer is asked for. */
export interface InitializerRequest {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Elements of the weight that reach one output: in, or kernel height · width · channels in / groups. */
  readonly fanIn: number;
  /** Outputs that one input reaches. */
  readonly fanOut: number;
  readonly seed: number;
  /** The parameter's path: elements are drawn from a stream of their own under (seed, name). */
  readonly name: string;
}

export type Initializer = (request: InitializerRequest) => Tensor;
