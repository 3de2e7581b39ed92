import type { DType } from '../dtype.js';
import { internal } from '../errors.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import type { Shape, TensorType } from '../shape.js';
import { constantOp } from '../ops/constant.js';
import { clusterElementwise, outsideInputs, type Cluster } from './cluster.js';
import { elementwiseCall } from './elementwise-call.js';
import { constantAttributes } from './fold.js';
import { orderUnits, type Unit } from './order.js';

/** A chain of elementwise operations as one node. Registers: inputs, then constants, then a result for each step. */
export interface FusedAttributes {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly constants: readonly number[];
  readonly steps: readonly { readonly code: string; readonly from: readonly number[] }[];
  readonly results: readonly { readonly register: number; readonly dtype: DType }[];
}

export const fusedOp: Op<FusedAttributes> = {
  name: 'fused',
  infer: (_, { shape, results }): TensorType[] => results.map(({ dtype }) => ({ dtype, shape })),
  gradient: 'zero',
  implementation: { kind: 'kernel', lower: (inputs, _, attributes) => elementwiseCall(inputs, attributes) },
};

/** Elementwise fusion: each cluster becomes one node, in an order that the dependences allow. */
export function fuseElementwise(graph: Graph): Graph {
  const clusters = clusterElementwise(graph);
  const used = usesOutside(graph, clusters);
  const trace = new Trace();
  const mapped = new Map<Value, Tensor>();
  const tensorOf = (value: Value): Tensor => {
    const tensor = mapped.get(value);
    internal(tensor !== undefined, `${value.node.op.name} was used before it was placed`);
    return tensor;
  };
  return withTrace(trace, () => {
    for (const unit of orderUnits(graph, clusters)) {
      trace.inScope(unit.nodes[0]?.scope ?? '', () => place(trace, unit, used, mapped, tensorOf));
    }
    return trace.finish(graph.outputs.map(tensorOf));
  });
}

function place(
  trace: Trace,
  unit: Unit,
  used: ReadonlySet<Value>,
  mapped: Map<Value, Tensor>,
  tensorOf: (value: Value) => Tensor,
): void {
  const [node] = unit.nodes;
  internal(node !== undefined, 'an empty unit');
  if (unit.cluster) {
    const { inputs, outputs, attributes } = compose(unit.cluster, used);
    const made = trace.call(fusedOp, inputs.map(tensorOf), attributes);
    outputs.forEach((value, i) => made[i] && mapped.set(value, made[i]));
    return;
  }
  const made =
    node.op.implementation.kind === 'input'
      ? trace.repeatInput(node)
      : trace.call(node.op, node.inputs.map(tensorOf), node.attributes);
  node.outputs.forEach((value, i) => made[i] && mapped.set(value, made[i]));
}

/** Values that something outside of their cluster needs. */
function usesOutside(graph: Graph, clusters: ReadonlyMap<Node, Cluster>): Set<Value> {
  const used = new Set<Value>(graph.outputs);
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      const cluster = clusters.get(node);
      if (!cluster || cluster !== clusters.get(input.node)) used.add(input);
    }
  }
  return used;
}

function compose(cluster: Cluster, used: ReadonlySet<Value>): { inputs: Value[]; outputs: Value[]; attributes: FusedAttributes } {
  const members = new Set(cluster.nodes);
  const inputs = [...outsideInputs(members)];
  const constants: number[] = [];
  for (const node of cluster.nodes) {
    for (const input of node.inputs) {
      const value = constantOf(input);
      if (!members.has(input.node) && value !== undefined && !constants.some((known) => Object.is(known, value)))
        constants.push(value);
    }
  }
  const registers = new Map<Value, number>(inputs.map((value, i) => [value, i]));
  const registerOf = (value: Value): number => {
    const constant = members.has(value.node) ? undefined : constantOf(value);
    const register =
      constant === undefined ? registers.get(value) : inputs.length + constants.findIndex((known) => Object.is(known, constant));
    internal(register !== undefined, `${value.node.op.name} has no register`);
    return register;
  };
  const steps = cluster.nodes.map((node, i) => {
    internal(node.op.implementation.kind === 'elementwise', `${node.op.name} is not elementwise`);
    const step = { code: node.op.implementation.code, from: node.inputs.map(registerOf) };
    node.outputs.forEach((value) => registers.set(value, inputs.length + constants.length + i));
    return step;
  });
  const outputs = cluster.nodes.flatMap((node) => node.outputs.filter((value) => used.has(value)));
  const results = outputs.map((value) => ({ register: registerOf(value), dtype: value.type.dtype }));
  return { inputs, outputs, attributes: { dtype: cluster.dtype, shape: cluster.shape, constants, steps, results } };
}

function constantOf(value: Value): number | undefined {
  return value.node.op === constantOp ? constantAttributes(value.node).value : undefined;
}
