import { RavineError } from '../errors.js';
import type { DType, TypedArray } from '../dtype.js';
import type { Shape } from '../shape.js';
import type { Op } from './op.js';
import type { Tensor } from './tensor.js';

/** Where a concrete tensor's elements lie. `runtime` gives it meaning. */
export interface Storage {
  /** True once `dispose` was called on this handle. */
  readonly disposed: boolean;
  dispose(): void;
}

/** What runs ops on concrete tensors. `runtime` fills the slot when it is loaded. */
export interface Evaluator {
  apply(op: Op, inputs: readonly Tensor[], attributes: unknown): readonly Tensor[];
  upload(data: TypedArray, dtype: DType, shape: Shape): Storage;
  download(storage: Storage, dtype: DType, elements: number): TypedArray;
  /** Another handle on the same elements. */
  share(storage: Storage): Storage;
}

let slot: Evaluator | undefined;

export function setEvaluator(evaluator: Evaluator): void {
  slot = evaluator;
}

export function evaluator(): Evaluator {
  if (slot === undefined)
    throw new RavineError('internal', 'ravine', 'internal: no evaluator: import from the package, not from a file inside it');
  return slot;
}
