import { dtypes } from '../dtype.js';
import { internal } from '../errors.js';
import type { Graph, Value } from '../ir/graph.js';
import type { KernelCall } from '../ir/op.js';
import { sizeOf, type TensorType } from '../shape.js';

/** A value's memory: a node's output, or a copy that the plan needs. Views share their source's. */
export interface Memory {
  readonly type: TensorType;
  readonly bytes: number;
}

/** A kernel call over memories. */
export interface Instruction {
  readonly call: KernelCall;
  readonly inputs: readonly Memory[];
  readonly outputs: readonly Memory[];
  /** Where the call comes from, for messages: op name and module path. */
  readonly origin: string;
}

export interface Lowered {
  readonly instructions: Instruction[];
  readonly memoryOf: (value: Value) => Memory;
}

/** A graph as a list of kernel calls. */
export function lower(graph: Graph): Lowered {
  const memories = new Map<Value, Memory>();
  const memoryOf = (value: Value): Memory => {
    const memory = memories.get(value);
    internal(memory !== undefined, `${value.node.op.name} has no memory`);
    return memory;
  };
  const instructions: Instruction[] = [];
  for (const node of graph.nodes) {
    const { op } = node;
    const how = op.implementation;
    if (how.kind === 'view') {
      const [source] = node.inputs;
      const [output] = node.outputs;
      internal(source !== undefined && output !== undefined, `${op.name} is no view`);
      memories.set(output, memoryOf(source));
      continue;
    }
    for (const output of node.outputs) memories.set(output, newMemory(output.type));
    if (how.kind === 'input') continue;
    internal(how.kind === 'kernel', `${op.name} can't be lowered`);
    const types = { in: node.inputs.map((value) => value.type), out: node.outputs.map((value) => value.type) };
    const call = how.lower(types.in, types.out, node.attributes);
    const inputs = call.inputs ? call.inputs.flatMap((i) => node.inputs[i] ?? []) : node.inputs;
    const origin = node.scope ? `${node.scope}: ${op.name}` : op.name;
    instructions.push({ call, inputs: inputs.map(memoryOf), outputs: node.outputs.map(memoryOf), origin });
  }
  return { instructions, memoryOf };
}

export function newMemory(type: TensorType): Memory {
  return { type, bytes: sizeOf(type.shape) * dtypes[type.dtype].bytes };
}

/** Copies one memory to another of the same size. */
export function copyInstruction(from: Memory, to: Memory): Instruction {
  return {
    call: { kernel: 'strided', attributes: [1, 0, sizeOf(from.type.shape), 1] },
    inputs: [from],
    outputs: [to],
    origin: 'copy',
  };
}
