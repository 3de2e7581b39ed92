import { internal } from '../errors.js';
import { formatType, sameShape } from '../shape.js';
import type { Graph, Value } from './graph.js';

/** Holds what every pass may rely on: uses come after definitions, types are what the ops infer, outputs exist. */
export function verifyGraph(graph: Graph, after: string): void {
  const defined = new Set<Value>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) internal(defined.has(input), `${after}: ${node.op.name} uses a value before it is made`);
    const types = node.op.infer(
      node.inputs.map((input) => input.type),
      node.attributes,
    );
    internal(
      types.length === node.outputs.length,
      `${after}: ${node.op.name} has ${node.outputs.length} outputs, expected ${types.length}`,
    );
    node.outputs.forEach((output, i) => {
      const type = types[i];
      internal(
        type !== undefined && type.dtype === output.type.dtype && sameShape(type.shape, output.type.shape),
        `${after}: ${node.op.name} gives ${formatType(output.type)}, expected ${type ? formatType(type) : 'nothing'}`,
      );
      defined.add(output);
    });
  }
  for (const output of graph.outputs) internal(defined.has(output), `${after}: an output is not made by any node`);
}
