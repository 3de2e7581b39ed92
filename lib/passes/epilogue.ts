import { internal } from '../errors.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import { applyAll } from '../ir/apply.js';
import { constantOp } from '../ops/constant.js';
import { matmulOp, type MatmulAttributes } from '../ops/matmul.js';
import { sameShape, sizeOf } from '../shape.js';
import { constantAttributes } from './fold.js';
import { rewrite } from './rewrite.js';
import { usesOf } from './uses.js';

interface EpilogueAttributes extends MatmulAttributes {
  readonly bias: boolean;
  readonly relu: boolean;
  readonly mask: boolean;
}

/** relu(a·b + bias), zero where mask ≤ 0: what the product's kernel does to each tile while it is in registers. Inputs: a, b, bias?, mask?. */
export const matmulEpilogueOp: Op<EpilogueAttributes> = {
  name: 'matmulEpilogue',
  infer: (inputs, attributes) => matmulOp.infer(inputs.slice(0, 2), attributes),
  gradient: 'zero',
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, attributes) => {
      internal(matmulOp.implementation.kind === 'kernel', 'matmul has no kernel');
      const call = matmulOp.implementation.lower(inputs.slice(0, 2), outputs, attributes);
      const { bias, relu, mask } = attributes;
      return { ...call, attributes: [...call.attributes.slice(0, -3), Number(bias), Number(relu), Number(mask)] };
    },
  },
};

/** A product and what follows it, each used by the next alone. */
interface Chain {
  readonly product: Node;
  readonly bias?: Value;
  readonly relu?: boolean;
  readonly mask?: Value;
}

type ChainOf = (value: Value | undefined) => Chain | undefined;

/** Gives matrix products the bias, ReLU and ReLU-gradient mask that follow them. What was absorbed is left as dead code. */
export function fuseEpilogues(graph: Graph): Graph {
  const uses = usesOf(graph);
  const chains = new Map<Node, Chain>();
  const chainOf: ChainOf = (value) => {
    if (value === undefined || uses.get(value) !== 1) return undefined;
    return value.node.op === matmulOp ? { product: value.node } : chains.get(value.node);
  };
  for (const node of graph.nodes) {
    const chain = withBias(node, chainOf) ?? withRelu(node, chainOf) ?? withMask(node, chainOf);
    if (chain) chains.set(node, chain);
  }
  return rewrite(graph, (node, _, tensorOf) => {
    const chain = chains.get(node);
    if (!chain) return undefined;
    const { product, bias, relu = false, mask } = chain;
    const inputs = [...product.inputs, ...(bias ? [bias] : []), ...(mask ? [mask] : [])].map(tensorOf);
    const attributes = { ...(product.attributes as MatmulAttributes), bias: bias !== undefined, relu, mask: mask !== undefined };
    return applyAll(matmulEpilogueOp, inputs, attributes);
  });
}

/** add(product, bias [n]) */
function withBias(node: Node, chainOf: ChainOf): Chain | undefined {
  if (node.op.name !== 'add') return undefined;
  const [a, b] = node.inputs;
  for (const [product, bias] of [
    [a, b],
    [b, a],
  ]) {
    const chain = chainOf(product);
    if (!chain || !product || !bias || chain.bias || chain.relu || chain.mask) continue;
    const n = product.type.shape.at(-1);
    const isRow = bias.type.shape.at(-1) === n && sizeOf(bias.type.shape) === n;
    if (isRow && sameShape(product.type.shape, node.outputs[0]?.type.shape ?? [])) return { ...chain, bias };
  }
  return undefined;
}

/** relu(product) */
function withRelu(node: Node, chainOf: ChainOf): Chain | undefined {
  const chain = node.op.name === 'relu' ? chainOf(node.inputs[0]) : undefined;
  return chain && !chain.relu && !chain.mask ? { ...chain, relu: true } : undefined;
}

/** select(y > 0, product, 0) */
function withMask(node: Node, chainOf: ChainOf): Chain | undefined {
  const [condition, product, otherwise] = node.inputs;
  if (node.op.name !== 'select' || !condition || !product || !isConstantZero(otherwise)) return undefined;
  const chain = chainOf(product);
  const [mask, zero] = condition.node.op.name === 'gt' ? condition.node.inputs : [];
  if (!chain || chain.relu || chain.mask || !mask || !isConstantZero(zero)) return undefined;
  return sameShape(mask.type.shape, product.type.shape) && mask.type.dtype === product.type.dtype
    ? { ...chain, mask }
    : undefined;
}

function isConstantZero(value: Value | undefined): boolean {
  return value?.node.op === constantOp && constantAttributes(value.node).value === 0;
}
