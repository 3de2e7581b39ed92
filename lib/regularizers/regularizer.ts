import type { Tensor } from '../ir/tensor.js';
import type { ParameterSelection } from '../optim/selection.js';

/**
 * λR(w), a number, of one parameter as its layer holds it; a model adds up what its parameters give. Any function made of ops is one. `name` is the
 * parameter's in `stateDict`.
 */
export type Regularizer = (weights: Tensor, name: string) => Tensor;

/** A regularizer for some of the parameters. */
export interface RegularizerGroup {
  /** All unless given. */
  readonly parameters?: ParameterSelection;
  readonly regularizer: Regularizer;
}
