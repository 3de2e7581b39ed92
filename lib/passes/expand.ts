import { internal } from '../errors.js';
import type { Graph } from '../ir/graph.js';
import { rewrite } from './rewrite.js';

/** Replaces calls of ops that have no kernel by their definitions. */
export function expandDefinitions(graph: Graph): Graph {
  const hasAny = (candidate: Graph): boolean => candidate.nodes.some((node) => node.op.implementation.kind === 'definition');
  let expanded = graph;
  for (let depth = 0; hasAny(expanded); depth++) {
    internal(depth < 16, 'definitions that expand without end');
    expanded = rewrite(expanded, (node, inputs) =>
      node.op.implementation.kind === 'definition' ? node.op.definition?.(inputs, node.attributes) : undefined,
    );
  }
  return expanded;
}
