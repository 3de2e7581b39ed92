import { RavineError } from '../errors.js';
import { applyAll } from '../ir/apply.js';
import { defineOp, type KernelCall, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import type { TensorType } from '../shape.js';
import { at, expectDType, expectShape } from './check.js';

/** Elements of `history`: how many steps there were, 3 zeros, then a 2×2 matrix for each of the 4,096 that it has room for. */
export const historyElements = 4 * 4096 + 4;

/**
 * Rows of w [width, out] that see an optimiser's steps when they are next needed. The step is linear: with g the gradient, v ← a·v + b·w + c·g and
 * w ← d·w + e·v + f·g with the new v, so that a step without a gradient is a 2×2 matrix on (w, v), and many of them are one. `last` int32 [width]: steps
 * that each row has seen; `history` float64: how many there were and, from each of them on, the product of those after it.
 */
export type LazyState =
  readonly [w: Tensor, v: Tensor, last: Tensor, history: Tensor] | readonly [w: Tensor, last: Tensor, history: Tensor];

const gradient = (name: string) => (): never => {
  throw new RavineError('trace', name, 'an optimiser has no gradient');
};

/** Types of the state, which begins at an input; refuses what does not fit. */
function stateTypes(where: string, inputs: readonly TensorType[], first: number): readonly TensorType[] {
  const state = inputs.slice(first);
  const [w, last, history] = [at(state, 0), at(state, state.length - 2), at(state, state.length - 1)];
  expectDType(where, 'w', w, 'float');
  expectDType(where, 'last', last, 'int32');
  const fits = (state.length === 3 || state.length === 4) && w.shape.length === 2 && last.shape[0] === w.shape[0];
  const holds = history.dtype === 'float64' && history.shape[0] === historyElements;
  expectShape(fits && holds, where, 'w, v?, last and history of one matrix', inputs);
  return state;
}

function callOf(kernel: string, inputs: readonly TensorType[], samples: number, first: number): KernelCall {
  const w = at(inputs, first);
  const sizes = [at(inputs, 0).shape[0] ?? 0, at(inputs, 1).shape[0] ?? 0, at(inputs, samples).shape[0] ?? 0];
  return { kernel, attributes: [...sizes, ...w.shape], inPlace: overState(inputs.length, first) };
}

function overState(inputs: number, first: number): [number, number][] {
  return Array.from({ length: inputs - first }, (_, i) => [i, first + i]);
}

/** ranges, columns, samples, state → state in which the rows that the batch names have seen every step. */
export const lazyCatchUpOp: Op<object> = defineOp<object>({
  name: 'lazyCatchUp',
  infer: (inputs) => stateTypes('lazyCatchUp', inputs, 3),
  gradient: gradient('lazyCatchUp'),
  implementation: { kind: 'kernel', lower: (inputs) => callOf('lazy_catch_up', inputs, 2, 3) },
});

/** ranges, columns, values, samples, dy [count, out], coefficients a … f float64 [6], state that has been caught up → state after the step. */
export const lazyStepOp: Op<object> = defineOp<object>({
  name: 'lazyStep',
  infer: (inputs) => stateTypes('lazyStep', inputs, 6),
  gradient: gradient('lazyStep'),
  implementation: { kind: 'kernel', lower: (inputs) => callOf('lazy_step', inputs, 3, 6) },
});

/** state → w, v? as if every row had seen every step. */
export const lazySettleOp: Op<object> = defineOp<object>({
  name: 'lazySettle',
  infer: (inputs) => stateTypes('lazySettle', inputs, 0).slice(0, -2),
  gradient: gradient('lazySettle'),
  implementation: {
    kind: 'kernel',
    lower: (inputs) => ({ kernel: 'lazy_settle', attributes: at(inputs, 0).shape }),
  },
});

/** w, v?, state → state, in which rows that it would not give so have been taken over from w and v. */
export const lazyBeginOp: Op<object> = defineOp<object>({
  name: 'lazyBegin',
  infer: (inputs) => stateTypes('lazyBegin', inputs, inputs.length === 6 ? 2 : 1),
  gradient: gradient('lazyBegin'),
  implementation: {
    kind: 'kernel',
    lower: (inputs) => ({
      kernel: 'lazy_begin',
      attributes: at(inputs, 0).shape,
      inPlace: overState(inputs.length, inputs.length === 6 ? 2 : 1),
    }),
  },
});

export function lazyCatchUp(ranges: Tensor, columns: Tensor, samples: Tensor, state: LazyState): readonly Tensor[] {
  return applyAll(lazyCatchUpOp, [ranges, columns, samples, ...state], {});
}

export function lazyStep(rows: readonly Tensor[], dy: Tensor, coefficients: Tensor, state: LazyState): readonly Tensor[] {
  return applyAll(lazyStepOp, [...rows, dy, coefficients, ...state], {});
}

export function lazySettle(state: LazyState): readonly Tensor[] {
  return applyAll(lazySettleOp, state, {});
}

export function lazyBegin(parameters: readonly Tensor[], state: LazyState): readonly Tensor[] {
  return applyAll(lazyBeginOp, [...parameters, ...state], {});
}
