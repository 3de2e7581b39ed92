import type { DType } from '../dtype.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import { constantOp } from '../ops/constant.js';
import { sameShape, type Shape } from '../shape.js';

/** Elementwise nodes of one shape and arithmetic that run in one pass over memory. */
export interface Cluster {
  readonly nodes: Node[];
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The interpreter's bounds: inputs, outputs and constants of the kernel, operations that still fit its plan. */
const mostInputs = 16;
const mostOutputs = 8;
const mostNodes = 40;

/**
 * Groups elementwise nodes with the producers of their inputs. Two groups join only if no path leaves the one and comes back into the other through
 * a node outside: then each group can run at once.
 */
export function clusterElementwise(graph: Graph): ReadonlyMap<Node, Cluster> {
  const users = usersOf(graph);
  const clusters = new Map<Node, Cluster>();
  for (const node of graph.nodes) {
    const dtype = arithmeticOf(node);
    if (dtype === undefined) continue;
    const shape = node.outputs[0]?.type.shape ?? [];
    let own: Cluster = { nodes: [node], shape, dtype };
    clusters.set(node, own);
    for (const input of node.inputs) {
      const other = clusters.get(input.node);
      if (!other || other === own || !sameShape(other.shape, shape) || other.dtype !== dtype) continue;
      own = tryJoin(other, own, clusters, users) ?? own;
    }
  }
  return clusters;
}

/** The type that an elementwise node computes in; undefined for nodes that the interpreter does not run. */
export function arithmeticOf(node: Node): DType | undefined {
  if (node.op.implementation.kind !== 'elementwise') return undefined;
  const output = node.outputs[0]?.type.dtype;
  if (output !== 'uint8') return output;
  return node.inputs.map((input) => input.type.dtype).find((dtype) => dtype !== 'uint8') ?? 'int32';
}

function tryJoin(producer: Cluster, consumer: Cluster, clusters: Map<Node, Cluster>, users: Users): Cluster | undefined {
  const members = new Set([...producer.nodes, ...consumer.nodes]);
  if (members.size > mostNodes || outsideInputs(members).size > mostInputs) return undefined;
  if (neededOutside(members, users) > mostOutputs) return undefined;
  if (comesBack(producer, consumer, clusters)) return undefined;
  const joined: Cluster = { nodes: [...members].sort((a, b) => a.id - b.id), shape: consumer.shape, dtype: consumer.dtype };
  for (const node of members) clusters.set(node, joined);
  return joined;
}

/** Values that a set of nodes takes from outside, without the constants that the interpreter holds itself. */
export function outsideInputs(members: ReadonlySet<Node>): Set<Value> {
  const values = new Set<Value>();
  for (const node of members) {
    for (const input of node.inputs) {
      if (!members.has(input.node) && input.node.op !== constantOp) values.add(input);
    }
  }
  return values;
}

/** The nodes that use each node's outputs; undefined among them stands for the graph's own outputs. */
type Users = ReadonlyMap<Node, ReadonlySet<Node | undefined>>;

function usersOf(graph: Graph): Users {
  const users = new Map<Node, Set<Node | undefined>>();
  const use = (used: Node, by: Node | undefined): void => void users.set(used, (users.get(used) ?? new Set()).add(by));
  for (const node of graph.nodes) for (const input of node.inputs) use(input.node, node);
  for (const output of graph.outputs) use(output.node, undefined);
  return users;
}

/** Members whose result something outside of the set needs. */
function neededOutside(members: ReadonlySet<Node>, users: Users): number {
  const isOutside = (user: Node | undefined): boolean => user === undefined || !members.has(user);
  return [...members].filter((node) => [...(users.get(node) ?? [])].some(isOutside)).length;
}

/** Whether a path leads from the producer through a node outside of both to the consumer. */
function comesBack(producer: Cluster, consumer: Cluster, clusters: ReadonlyMap<Node, Cluster>): boolean {
  const first = producer.nodes[0]?.id ?? 0;
  const inside = new Set([...producer.nodes, ...consumer.nodes]);
  // A group runs at once: one with a node that is older than the producer may have another that needs it.
  const isOlder = (node: Node): boolean => (clusters.get(node)?.nodes.at(-1) ?? node).id < first;
  const seen = new Set<Node>();
  const stack = consumer.nodes.flatMap((node) => node.inputs.map((input) => input.node)).filter((node) => !inside.has(node));
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    for (const member of clusters.get(node)?.nodes ?? [node]) {
      seen.add(member);
      for (const input of member.inputs) {
        if (producer.nodes.includes(input.node)) return true;
        if (!isOlder(input.node) && !seen.has(input.node) && !inside.has(input.node)) stack.push(input.node);
      }
    }
  }
  return false;
}
