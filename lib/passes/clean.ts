import { reachable, type Graph, type Node, type Value } from '../ir/graph.js';
import { applyAll } from '../ir/apply.js';
import type { Tensor } from '../ir/tensor.js';
import { rewrite } from './rewrite.js';

/** Dead code: drops what no output needs and no check keeps. Inputs stay. */
export function removeDead(graph: Graph): Graph {
  const checks = graph.nodes.filter((node) => node.op.effect);
  const live = new Set<Node>(reachable([...graph.outputs, ...checks.flatMap((node) => node.inputs)]));
  for (const node of checks) live.add(node);
  return rewrite(graph, () => undefined, live);
}

/** Common subexpressions: two calls of a pure op with equal inputs and attributes become one. */
export function shareCommon(graph: Graph): Graph {
  const known = new Map<string, readonly Tensor[]>();
  const names = new Map<Value, number>();
  const nameOf = (value: Value): number => {
    const name = names.get(value) ?? names.size;
    names.set(value, name);
    return name;
  };
  return rewrite(graph, (node, inputs) => {
    if (node.op.pure === false || node.op.effect) return undefined;
    const inputNames = inputs.map((input) => (input.value ? nameOf(input.value) : -1));
    const key = JSON.stringify(
      [node.op.name, inputNames, node.attributes, node.outputs.map((output) => output.type.dtype)],
      exactNumbers,
    );
    const outputs = known.get(key);
    if (outputs) return outputs;
    const made = applyAll(node.op, inputs, node.attributes);
    known.set(key, made);
    return made;
  });
}

/** JSON turns NaN and ±∞ into null, and −0 into 0. */
function exactNumbers(_: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  return Number.isFinite(value) && !Object.is(value, -0) ? value : `#${Object.is(value, -0) ? '-0' : String(value)}`;
}
