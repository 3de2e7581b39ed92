import { formatType } from '../shape.js';
import type { Graph, Node, Value } from './graph.js';

/** A graph as text, a node a line: `%2 float32[4,3] = matmul %0 %1 {transposeA:false}`. */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  let next = 0;
  const nameOf = (value: Value): string => names.get(value) ?? '%?';
  const lines = graph.nodes.map((node) => {
    for (const output of node.outputs) names.set(output, `%${next++}`);
    const left = node.outputs.map((output) => `${nameOf(output)} ${formatType(output.type)}`).join(', ');
    const right = [node.op.name, ...node.inputs.map(nameOf)].join(' ');
    return `${left} = ${right}${printAttributes(node)}`;
  });
  return [...lines, `return ${graph.outputs.map(nameOf).join(' ')}`].join('\n');
}

function printAttributes(node: Node): string {
  const { attributes } = node;
  if (typeof attributes !== 'object' || attributes === null) return '';
  const shown = Object.entries(attributes).filter(([name]) => node.op.name !== 'input' || name === 'role');
  if (shown.length === 0) return '';
  return ` {${shown.map(([name, value]) => `${name}:${printAttribute(value)}`).join(' ')}}`;
}

function printAttribute(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'kind' in value)
    return String(value.kind) + ('index' in value ? String(value.index) : '');
  return JSON.stringify(value) ?? 'undefined';
}
