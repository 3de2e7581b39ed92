import { internal } from '../errors.js';
import type { Graph, Node } from '../ir/graph.js';
import type { Cluster } from './cluster.js';

/** What runs at once: a cluster, or a node of its own. */
export interface Unit {
  readonly nodes: readonly Node[];
  readonly cluster: Cluster | undefined;
}

/** Units in an order that respects every dependence and otherwise stays as near to the graph's as it can. */
export function orderUnits(graph: Graph, clusters: ReadonlyMap<Node, Cluster>): Unit[] {
  const units = new Map<Node, Unit>();
  const made = new Map<Cluster, Unit>();
  for (const node of graph.nodes) {
    const cluster = clusters.get(node);
    const unit = (cluster && made.get(cluster)) ?? { nodes: cluster?.nodes ?? [node], cluster };
    if (cluster) made.set(cluster, unit);
    units.set(node, unit);
  }
  const ordered: Unit[] = [];
  const state = new Map<Unit, 'open' | 'done'>();
  const visit = (unit: Unit): void => {
    if (state.get(unit) === 'done') return;
    internal(state.get(unit) !== 'open', 'a cycle between fused nodes');
    state.set(unit, 'open');
    for (const node of unit.nodes) {
      for (const input of node.inputs) {
        const before = units.get(input.node);
        if (before && before !== unit) visit(before);
      }
    }
    state.set(unit, 'done');
    ordered.push(unit);
  };
  // Inputs keep their order, by which their memory is found, whatever becomes of the rest.
  const inputs = graph.inputs.map(({ node }) => node);
  for (const node of [...inputs, ...graph.nodes]) {
    const unit = units.get(node);
    if (unit && node === unit.nodes.at(-1)) visit(unit);
  }
  return ordered;
}
