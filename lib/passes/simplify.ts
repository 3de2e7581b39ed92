import { apply } from '../ir/apply.js';
import type { Graph, Node } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { broadcastToOp } from '../ops/broadcast.js';
import { constantOp } from '../ops/constant.js';
import { identityOp, stopGradientOp } from '../ops/identity.js';
import { matmulOp, type MatmulAttributes } from '../ops/matmul.js';
import { reshapeOp } from '../ops/reshape.js';
import { transposeOp, type TransposeAttributes } from '../ops/transpose.js';
import { sameShape, type Shape } from '../shape.js';
import { constantAttributes, foldConstants } from './fold.js';
import { rewrite } from './rewrite.js';

/** What a node may be replaced by, or undefined. */
type Rule = (node: Node, inputs: readonly Tensor[]) => Tensor | undefined;

const rules: Readonly<Record<string, Rule>> = {
  [identityOp.name]: (_, [x]) => x,
  [stopGradientOp.name]: (_, [x]) => x,
  [reshapeOp.name]: simplifyReshape,
  [broadcastToOp.name]: simplifyBroadcast,
  [transposeOp.name]: simplifyTranspose,
  [matmulOp.name]: absorbTransposes,
  neg: (_, [x]) => (x && sourceOf(x)?.op.name === 'neg' ? inputOf(x) : undefined),
  mul: (node, [a, b]) => neutral(node, a, b, 1) ?? neutral(node, b, a, 1),
  div: (node, [a, b]) => neutral(node, a, b, 1),
  sub: (node, [a, b]) => neutral(node, a, b, 0),
};

/** Replaces calls by simpler ones with the same results: no-ops, inverse pairs, constants, layouts that a consumer understands. */
export function simplify(graph: Graph): Graph {
  return rewrite(graph, (node, given) => {
    const inputs = node.op.implementation.kind === 'elementwise' ? given.map((input) => unbroadcast(node, given, input)) : given;
    const simpler = rules[node.op.name]?.(node, inputs) ?? foldConstants(node, inputs);
    if (simpler) return [simpler];
    return inputs === given ? undefined : [apply(node.op, inputs, node.attributes)];
  });
}

function sourceOf(tensor: Tensor): Node | undefined {
  return tensor.value?.node;
}

/** The first input of the node that made a symbolic tensor. */
function inputOf(tensor: Tensor): Tensor | undefined {
  const value = sourceOf(tensor)?.inputs[0];
  return value && new Tensor(value.type, { value });
}

function simplifyReshape(node: Node, [x]: readonly Tensor[]): Tensor | undefined {
  const { shape } = outputType(node);
  if (!x) return undefined;
  if (sameShape(x.shape, shape)) return x;
  const source = sourceOf(x);
  if (source?.op === constantOp) return apply(constantOp, [], { ...constantAttributes(source), shape });
  const inner = source?.op === reshapeOp ? inputOf(x) : undefined;
  if (!inner) return undefined;
  return sameShape(inner.shape, shape) ? inner : apply(reshapeOp, [inner], { shape });
}

function simplifyBroadcast(node: Node, [x]: readonly Tensor[]): Tensor | undefined {
  const { shape } = outputType(node);
  if (!x) return undefined;
  if (sameShape(x.shape, shape)) return x;
  const source = sourceOf(x);
  return source?.op === constantOp ? apply(constantOp, [], { ...constantAttributes(source), shape }) : undefined;
}

function simplifyTranspose(node: Node, [x]: readonly Tensor[]): Tensor | undefined {
  const { permutation } = node.attributes as TransposeAttributes;
  if (!x) return undefined;
  if (permutation.every((axis, i) => axis === i)) return x;
  const source = sourceOf(x);
  if (source?.op !== transposeOp) return undefined;
  const first = (source.attributes as TransposeAttributes).permutation;
  const both = permutation.map((axis) => first[axis] ?? 0);
  const inner = inputOf(x);
  return inner && (both.every((axis, i) => axis === i) ? inner : apply(transposeOp, [inner], { permutation: both }));
}

/** A product reads a transposed matrix as it lies. */
function absorbTransposes(node: Node, [a, b]: readonly Tensor[]): Tensor | undefined {
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  const [innerA, innerB] = [a && untransposed(a), b && untransposed(b)];
  if (!a || !b || (!innerA && !innerB)) return undefined;
  const attributes = { transposeA: transposeA !== (innerA !== undefined), transposeB: transposeB !== (innerB !== undefined) };
  return apply(matmulOp, [innerA ?? a, innerB ?? b], attributes);
}

/** The tensor whose last two axes this one swaps. */
function untransposed(tensor: Tensor): Tensor | undefined {
  const source = sourceOf(tensor);
  if (source?.op !== transposeOp) return undefined;
  const { permutation } = source.attributes as TransposeAttributes;
  const rank = permutation.length;
  const swaps = permutation.every((axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  return swaps ? inputOf(tensor) : undefined;
}

/** x·1, x/1 and x − 0 are x, to the bit. */
function neutral(node: Node, x: Tensor | undefined, other: Tensor | undefined, value: number): Tensor | undefined {
  const source = other && sourceOf(other);
  if (!x || source?.op !== constantOp || !Object.is(constantAttributes(source).value, value)) return undefined;
  return sameShape(x.shape, outputType(node).shape) ? x : undefined;
}

/** Elementwise ops broadcast by themselves: an input that only repeats another is replaced by it where the result keeps its shape. */
function unbroadcast(node: Node, inputs: readonly Tensor[], input: Tensor): Tensor {
  const source = sourceOf(input);
  const inner = source?.op === broadcastToOp ? inputOf(input) : undefined;
  const { shape } = outputType(node);
  return inner &&
    inputs.some((other) => other !== input && sameShape(other.shape, shape) && sourceOf(other)?.op !== broadcastToOp)
    ? inner
    : input;
}

function outputType(node: Node): { shape: Shape } {
  return node.outputs[0]?.type ?? { shape: [] };
}
