import { RavineError, internal } from '../errors.js';
import type { Node, Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace, type Trace } from '../ir/trace.js';
import { add } from '../ops/elementwise.js';
import { identity } from '../ops/identity.js';
import { zeros } from '../ops/constant.js';
import { reshape } from '../ops/reshape.js';
import { sum } from '../ops/reduce.js';
import { isFloat } from '../dtype.js';
import { formatType, sameShape, type Shape } from '../shape.js';

/**
 * Reverse mode: Σ ⟨cotangent, ∂output/∂wrt⟩ for every tensor of `wrt`, in the graph that is being traced.
 *
 * Walks the nodes between `wrt` and `outputs` backwards. Here, once for all rules, gradients of a value that is used several times are added,
 * and a gradient of a broadcast shape is summed down to its input's.
 */
export function backward(outputs: readonly Tensor[], cotangents: readonly Tensor[], wrt: readonly Tensor[]): Tensor[] {
  const trace = currentTrace();
  internal(trace !== undefined, 'differentiation outside of a trace');
  const sources = wrt.map((tensor) => trace.valueOf(tensor));
  const ends = outputs.map((tensor) => trace.valueOf(tensor));
  const path = between(sources, ends);
  const gradients = new Map<Value, Tensor>();
  ends.forEach((value, i) => accumulate(gradients, value, cotangents[i]));

  for (const node of path) {
    if (!node.outputs.some((output) => gradients.has(output))) continue;
    trace.inScope(node.scope, () => {
      const results = gradientsOf(trace, node, gradients);
      node.inputs.forEach((input, i) => {
        const gradient = results[i];
        if (gradient && isFloat(input.type.dtype)) accumulate(gradients, input, sumTo(gradient, input.type.shape));
      });
    });
  }
  return sources.map((value) => gradients.get(value) ?? zeros(value.type.shape, { dtype: value.type.dtype }));
}

/** The nodes that depend on `sources` and that `ends` depend on, last first. */
function between(sources: readonly Value[], ends: readonly Value[]): Node[] {
  const needed = new Set<Node>();
  const stack = ends.map((value) => value.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) stack.push(input.node);
  }
  const ordered = [...needed].sort((a, b) => a.id - b.id);
  const starts = new Set(sources);
  const dependent = new Set<Node>();
  for (const node of ordered) {
    if (node.inputs.some((input) => starts.has(input) || dependent.has(input.node))) dependent.add(node);
  }
  return [...dependent].reverse();
}

function gradientsOf(trace: Trace, node: Node, gradients: ReadonlyMap<Value, Tensor>): readonly (Tensor | null)[] {
  const { op } = node;
  if (op.gradient === 'zero') return [];
  const inputs = node.inputs.map((value) => trace.tensorOf(value));
  const cotangents = node.outputs.map((value) => gradients.get(value) ?? zeros(value.type.shape, { dtype: value.type.dtype }));
  if (op.gradient === 'definition') {
    internal(op.definition !== undefined, `${op.name} has no definition`);
    const fresh = inputs.map((input) => identity(input));
    const results = op.definition(fresh, node.attributes);
    const floats = results.flatMap((result, i) => (isFloat(result.dtype) ? [i] : []));
    return backward(pick(results, floats), pick(cotangents, floats), fresh);
  }
  const results = op.gradient({
    inputs,
    outputs: node.outputs.map((value) => trace.tensorOf(value)),
    cotangents,
    attributes: node.attributes,
    needed: node.inputs.map((value) => isFloat(value.type.dtype)),
  });
  internal(
    results.length === inputs.length,
    `the gradient rule of ${op.name} gives ${results.length} gradients for ${inputs.length} inputs`,
  );
  return results;
}

function pick(tensors: readonly Tensor[], indices: readonly number[]): Tensor[] {
  return indices.map((i) => {
    const tensor = tensors[i];
    internal(tensor !== undefined, 'an output is missing');
    return tensor;
  });
}

function accumulate(gradients: Map<Value, Tensor>, value: Value, gradient: Tensor | undefined): void {
  internal(gradient !== undefined, 'a cotangent is missing');
  if (!sameShape(gradient.shape, value.type.shape) || gradient.dtype !== value.type.dtype)
    throw new RavineError(
      'internal',
      value.node.op.name,
      `internal: gradient ${formatType(gradient)} of ${formatType(value.type)}`,
    );
  const known = gradients.get(value);
  gradients.set(value, known ? add(known, gradient) : gradient);
}

/** Sums a broadcast tensor back to `shape`. */
function sumTo(tensor: Tensor, shape: Shape): Tensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  const extra = tensor.rank - shape.length;
  const axes = tensor.shape.flatMap((length, axis) =>
    axis < extra || (shape[axis - extra] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(axes.length > 0 ? sum(tensor, { axis: axes }) : tensor, shape);
}
