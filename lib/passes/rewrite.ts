import { internal } from '../errors.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';

/** What a pass makes of a node: its new outputs, or undefined to keep it. Inputs are the new graph's, as is what `tensorOf` gives. */
export type Visit = (node: Node, inputs: readonly Tensor[], tensorOf: (old: Value) => Tensor) => readonly Tensor[] | undefined;

/** Builds a graph anew, node by node, without those that are not in `live`. Inputs stay, in number and order. */
export function rewrite(graph: Graph, visit: Visit, live?: ReadonlySet<Node>): Graph {
  const trace = new Trace();
  const mapped = new Map<Value, Tensor>();
  const tensorOf = (value: Value): Tensor => {
    const tensor = mapped.get(value);
    internal(tensor !== undefined, `${value.node.op.name} was used before it was rewritten`);
    return tensor;
  };
  return withTrace(trace, () => {
    for (const node of graph.nodes) {
      if (live && !live.has(node) && node.op.implementation.kind !== 'input') continue;
      const inputs = node.inputs.map(tensorOf);
      const outputs = trace.inScope(node.scope, () => keepOrReplace(trace, node, inputs, visit, tensorOf));
      node.outputs.forEach((value, i) => {
        const output = outputs[i];
        if (output) mapped.set(value, output);
      });
    }
    return trace.finish(graph.outputs.map(tensorOf));
  });
}

function keepOrReplace(
  trace: Trace,
  node: Node,
  inputs: readonly Tensor[],
  visit: Visit,
  tensorOf: (old: Value) => Tensor,
): readonly Tensor[] {
  if (node.op.implementation.kind === 'input') return trace.repeatInput(node);
  return visit(node, inputs, tensorOf) ?? trace.call(node.op, inputs, node.attributes);
}
