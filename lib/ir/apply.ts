import { RavineError, describe } from '../errors.js';
import { evaluator } from './evaluator.js';
import type { Op } from './op.js';
import { Tensor } from './tensor.js';
import { currentTrace } from './trace.js';

/** Calls an op: recorded while a function is traced, else run at once. */
export function applyAll<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
  for (const input of inputs) {
    if (!(input instanceof Tensor)) throw new RavineError('dtype', op.name, `expected tensors, got ${describe(input)}`);
  }
  const trace = currentTrace();
  return trace ? trace.call(op, inputs, attributes) : evaluator().apply(op, inputs, attributes);
}

/** Calls an op that has one output. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  const [output] = applyAll(op, inputs, attributes);
  if (output === undefined) throw new RavineError('internal', op.name, 'internal: expected an output');
  return output;
}
