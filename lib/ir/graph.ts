import type { TensorType } from '../shape.js';
import type { Op } from './op.js';
import type { Tensor } from './tensor.js';

/** One output of a node. */
export interface Value {
  readonly node: Node;
  readonly index: number;
  readonly type: TensorType;
}

/** One call of an op. `A` are the op's attributes. */
export interface Node<A = unknown> {
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly outputs: readonly Value[];
  /** Path of the module that made the call, '' outside of modules. */
  readonly scope: string;
}

/** A captured tensor or buffer that the graph assigns to when a run ends. */
export interface Effect {
  readonly target: Tensor;
  readonly value: Value;
}

/** Nodes in an order in which each comes after those it uses. */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export function makeNode<A>(id: number, op: Op<A>, inputs: readonly Value[], attributes: A, scope: string): Node<A> {
  const types = op.infer(
    inputs.map((value) => value.type),
    attributes,
  );
  const outputs: Value[] = [];
  const node: Node<A> = { id, op, inputs, attributes, outputs, scope };
  types.forEach((type, index) => outputs.push({ node: node, index, type }));
  return node;
}

/** The nodes that `outputs` need, in order. */
export function reachable(outputs: readonly Value[]): Node[] {
  const seen = new Set<Node>();
  const stack = outputs.map((value) => value.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) stack.push(input.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
