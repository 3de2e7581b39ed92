import { checkDType } from '../dtype.js';
import type { Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import type { Tree } from '../ir/tree.js';
import { isArray } from '../ops/check.js';
import { checkShape, type Shape, type TensorType } from '../shape.js';
import { observeCalls, type CallObserver } from './call.js';
import type { AnyModule } from './module.js';
import { namedParameters } from './naming.js';
import { Parameter } from './parameter.js';

/** Of one argument of a network's forward: a tensor, or several by name. */
export type InputType = TensorType | Readonly<Record<string, TensorType>>;

/** The shape of one sample, of the network's own dtype unless said otherwise: `[32, 32, 3]`, `{ shape: [20], dtype: 'int32' }`. */
export type SampleShape = Shape | TensorType;

/** Of several inputs one each by name. */
export type InputShape = SampleShape | Readonly<Record<string, SampleShape>>;

/** One sample of that shape. */
export function inputType(where: string, network: AnyModule, shape: InputShape): InputType {
  const [first] = namedParameters(network).values();
  const typeOf = (one: SampleShape): TensorType => {
    const { dtype, shape: lengths } = isType(one) ? one : { dtype: first?.dtype ?? 'float32', shape: one };
    return { dtype: checkDType(where, dtype), shape: [1, ...checkShape(where, lengths)] };
  };
  if (typeof shape !== 'object' || shape === null || isArray(shape) || isType(shape)) return typeOf(shape);
  return Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, typeOf(one)]));
}

function isType(shape: InputShape): shape is TensorType {
  return typeof shape === 'object' && shape !== null && 'dtype' in shape && typeof shape.dtype === 'string';
}

/** A trace for shapes alone: it does not have parameters drawn. */
class ShapeTrace extends Trace {
  override valueOf(tensor: Tensor): Value {
    const drawsNow = tensor instanceof Parameter && !tensor.initialized;
    const value = drawsNow ? this.input(tensor, { kind: 'captured', tensor }).value : undefined;
    return value ?? super.valueOf(tensor);
  }
}

/** Runs a forward outside of training for what it records, and tells `observe` of each module's call. */
export function traceShapes(
  root: AnyModule,
  inputs: readonly InputType[],
  observe: CallObserver,
): { trace: Trace; output: Tree } {
  const trace = new ShapeTrace();
  const output = withTrace(trace, () => observeCalls(observe, () => root.forward(...argumentsOf(trace, inputs))));
  return { trace, output };
}

function argumentsOf(trace: Trace, inputs: readonly InputType[]): Tree[] {
  let index = 0;
  const input = (type: TensorType): Tensor => trace.input(type, { kind: 'argument', index: index++ });
  const isOne = (type: InputType): type is TensorType => typeof type.dtype === 'string';
  return inputs.map((type) =>
    isOne(type) ? input(type) : Object.fromEntries(Object.entries(type).map(([name, own]) => [name, input(own)])),
  );
}
