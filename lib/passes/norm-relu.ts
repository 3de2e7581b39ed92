import { applyAll } from '../ir/apply.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import { broadcastTo } from '../ops/broadcast.js';
import { batchNormGradientOp, batchNormOp, normalizeOp, type BatchNormAttributes } from '../ops/batch-norm.js';
import { sameShape } from '../shape.js';
import { isConstantZero } from './epilogue.js';
import { rewrite } from './rewrite.js';
import { usesOf } from './uses.js';

/**
 * A ReLU behind batch normalisation happens in the same pass over memory, and so does the mask of its gradient: activations are neither written nor
 * read once more. What was absorbed is left as dead code.
 */
export function fuseNormRelu(graph: Graph): Graph {
  const uses = usesOf(graph);
  const forward = new Map<Node, Node>();
  const backward = new Map<Node, Value>();
  for (const node of graph.nodes) {
    const normalized = node.op.name === 'relu' ? node.inputs[0] : undefined;
    if (normalized && normalized.index === 0 && isNorm(normalized.node) && uses.get(normalized) === 1)
      forward.set(node, normalized.node);
    const slope = node.op === batchNormGradientOp ? maskedSlope(node, uses) : undefined;
    if (slope) backward.set(node, slope);
  }
  const absorbing = new Set(forward.values());
  return rewrite(graph, (node, inputs, tensorOf) => {
    const attributes = { ...(node.attributes as BatchNormAttributes), relu: true };
    if (absorbing.has(node)) return applyAll(node.op, inputs, attributes);
    const norm = forward.get(node);
    const [y] = norm?.outputs ?? [];
    if (y) return [tensorOf(y)];
    const slope = backward.get(node);
    const [x] = inputs;
    if (!slope || !x) return undefined;
    // A select broadcasts, the kernel does not.
    const dy = tensorOf(slope);
    const whole = sameShape(dy.shape, x.shape) ? dy : broadcastTo(dy, x.shape);
    return applyAll(batchNormGradientOp, [...inputs.slice(0, 5), whole], attributes);
  });
}

function isNorm({ op, attributes }: Node): boolean {
  return (op === batchNormOp || op === normalizeOp) && !(attributes as BatchNormAttributes).relu;
}

/** d of a gradient whose slope is select(relu(y) > 0, d, 0), with the y that the same operands give. */
function maskedSlope(node: Node, uses: ReadonlyMap<Value, number>): Value | undefined {
  const slope = node.inputs[5];
  if (slope?.node.op.name !== 'select' || uses.get(slope) !== 1) return undefined;
  const [condition, given, otherwise] = slope.node.inputs;
  const [positive, zero] = condition?.node.op.name === 'gt' ? condition.node.inputs : [];
  if (!given || !isConstantZero(otherwise) || !isConstantZero(zero) || positive?.node.op.name !== 'relu') return undefined;
  const norm = positive.node.inputs[0]?.node;
  const [x, gamma, beta, mean, variance] = node.inputs;
  const isSame =
    norm?.op === batchNormOp &&
    norm.inputs[0] === x &&
    norm.inputs[1] === gamma &&
    norm.inputs[2] === beta &&
    norm.outputs[1] === mean &&
    norm.outputs[2] === variance;
  return isSame ? given : undefined;
}
