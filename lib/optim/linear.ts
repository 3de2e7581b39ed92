import type { Tensor } from '../ir/tensor.js';

/**
 * A step that is linear in parameters, state and gradient g: v ← a·v + b·w + c·g, then w ← d·w + e·v + f·g with the new v. Rows of a matrix whose gradient
 * is 0 may then see many steps at once, by one product of matrices.
 */
export interface LinearStep {
  /** The state's name; undefined where there is no v. */
  readonly velocity: string | undefined;
  /** a … f of a step, from its scalars in float64. */
  coefficients(scalars: Readonly<Record<string, Tensor>>): readonly (Tensor | number)[];
}

/** By the update that it describes: an optimiser that wraps another has an update of its own, and so is not taken for a linear one. */
const steps = new WeakMap<object, LinearStep>();

export function declareLinear({ update }: { readonly update: object }, step: LinearStep): void {
  steps.set(update, step);
}

/** How an optimiser's step is linear, if it is. */
export function linearStepOf(optimizer: { readonly update: object }): LinearStep | undefined {
  return 'evaluateAt' in optimizer ? undefined : steps.get(optimizer.update);
}
