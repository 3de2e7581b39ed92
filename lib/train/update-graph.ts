import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Graph } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import type { AnyModule } from '../nn/module.js';
import { add, mul } from '../ops/elementwise.js';
import type { InputTypes } from '../optim/optimizer.js';
import { sameShape } from '../shape.js';
import type { UpdateRange } from './layout.js';

/** A function of one flat tensor as a graph. */
export function traceFlat(dtype: DType, elements: number, f: (flat: Tensor) => Tensor): Graph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => trace.finish([f(trace.input({ dtype, shape: [elements] }, { kind: 'argument', index: 0 }))]));
}

/** Gradients of a step's batches, each weighted by its share of the samples, added up: the first, each other, and the correction of a short step. */
export function traceAccumulation(dtype: DType, elements: number, share: number): Record<'begin' | 'add' | 'shorten', Graph> {
  const traced = (f: (input: (index: number, shape?: readonly number[]) => Tensor) => Tensor): Graph => {
    const trace = new Trace({ training: true });
    const input = (index: number, shape: readonly number[] = [elements]): Tensor =>
      trace.input({ dtype, shape }, { kind: 'argument', index });
    return withTrace(trace, () => trace.finish([f(input)]));
  };
  return {
    begin: traced((input) => mul(input(0), share)),
    add: traced((input) => add(input(0), mul(input(1), share))),
    shorten: traced((input) => mul(input(0), input(1, []))),
  };
}

/** The optimiser's update of a range at once. Inputs and outputs: parameters, gradients (in only), state; then scalars and what was prepared. */
export function traceUpdate(dtype: DType, { optimizer, elements, segments }: UpdateRange): Graph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    let index = 0;
    const input = (shape: readonly number[]): Tensor => trace.input({ dtype, shape }, { kind: 'argument', index: index++ });
    const parameters = input([elements]);
    const gradients = input([elements]);
    const state = Object.fromEntries(optimizer.state.map((name) => [name, input([elements])]));
    const scalars = Object.fromEntries(optimizer.scalars.map((name) => [name, input([])]));
    const prepared = Object.fromEntries((optimizer.prepared ?? []).map((name) => [name, input([elements])]));
    const updated = optimizer.update({ parameters, gradients, state, scalars, prepared, segments });
    return trace.finish([
      updated.parameters,
      ...optimizer.state.map((name) => {
        const tensor = updated.state[name];
        if (tensor === undefined) throw new RavineError('option', optimizer.name, `expected update to return state '${name}'`);
        return tensor;
      }),
    ]);
  });
}

/** Where the optimiser wants the gradient taken. Inputs: parameters, state. Output: as the parameters. */
export function traceLookAhead(dtype: DType, { optimizer, elements }: UpdateRange): Graph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    const input = (index: number): Tensor => trace.input({ dtype, shape: [elements] }, { kind: 'argument', index });
    const parameters = input(0);
    const state = Object.fromEntries(optimizer.state.map((name, i) => [name, input(i + 1)]));
    return trace.finish([optimizer.evaluateAt?.(parameters, state) ?? parameters]);
  });
}

/** What the optimiser prepares for its update of a range. Outputs: under each of its names a tensor for each parameter. */
export function tracePrepared(network: AnyModule, { optimizer, entries }: UpdateRange, input: InputTypes): Graph {
  const parameters = entries.map(({ parameter }) => parameter);
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    const given = optimizer.prepare?.({ network, input, parameters });
    const tensors = (optimizer.prepared ?? []).flatMap((name) => {
      const list = given?.[name] ?? [];
      if (list.length === parameters.length && list.every((tensor, i) => sameShape(tensor.shape, parameters[i]?.shape ?? [])))
        return list;
      throw new RavineError('option', optimizer.name, `expected prepare to return a '${name}' for each parameter, of its shape`);
    });
    return trace.finish(tensors);
  });
}
