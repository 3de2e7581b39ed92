import { internal } from '../errors.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import { applyAll } from '../ir/apply.js';
import { constantOp } from '../ops/constant.js';
import { conv2dOp, type ConvAttributes } from '../ops/conv.js';
import { matmulOp, type MatmulAttributes } from '../ops/matmul.js';
import { reshape, reshapeOp } from '../ops/reshape.js';
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

/** relu(x ∗ w + bias). Inputs: x, w, bias?. */
export const conv2dEpilogueOp: Op<ConvAttributes & { readonly bias: boolean; readonly relu: boolean }> = {
  name: 'conv2dEpilogue',
  infer: (inputs, attributes) => conv2dOp.infer(inputs.slice(0, 2), attributes),
  gradient: 'zero',
  implementation: {
    kind: 'kernel',
    lower: (inputs, outputs, attributes) => {
      internal(conv2dOp.implementation.kind === 'kernel', 'conv2d has no kernel');
      const call = conv2dOp.implementation.lower(inputs.slice(0, 2), outputs, attributes);
      return { ...call, attributes: [...call.attributes.slice(0, -2), Number(attributes.bias), Number(attributes.relu)] };
    },
  },
};

/** A product, or a convolution, and what follows it, each used by the next alone; views that keep the rows are looked through. */
interface Chain {
  readonly product: Node;
  readonly bias?: Value;
  readonly relu?: boolean;
  readonly mask?: Value;
}

type ChainOf = (value: Value | undefined) => Chain | undefined;

/** Gives matrix products the bias, ReLU and ReLU-gradient mask that follow them, convolutions bias and ReLU. What was absorbed is left as dead code. */
export function fuseEpilogues(graph: Graph): Graph {
  const uses = usesOf(graph);
  const chains = new Map<Node, Chain>();
  const chainOf: ChainOf = (value) => {
    if (value === undefined || uses.get(value) !== 1) return undefined;
    if (value.node.op === matmulOp || value.node.op === conv2dOp) return { product: value.node };
    const rows = value.node.op === reshapeOp ? value.node.inputs[0] : undefined;
    return rows && rows.type.shape.at(-1) === value.type.shape.at(-1) ? chainOf(rows) : chains.get(value.node);
  };
  for (const node of graph.nodes) {
    const chain = withBias(node, chainOf) ?? withRelu(node, chainOf) ?? withMask(node, chainOf);
    if (chain) chains.set(node, chain);
  }
  return rewrite(graph, (node, _, tensorOf) => {
    const chain = chains.get(node);
    if (!chain) return undefined;
    const { product, bias, relu = false, mask } = chain;
    const { shape = [] } = node.outputs[0]?.type ?? {};
    const { shape: own = [] } = product.outputs[0]?.type ?? {};
    const inputs = [...product.inputs, ...(bias ? [bias] : [])].map(tensorOf);
    if (mask) inputs.push(reshape(tensorOf(mask), own));
    const given = { bias: bias !== undefined, relu };
    const outputs =
      product.op === conv2dOp
        ? applyAll(conv2dEpilogueOp, inputs, { ...(product.attributes as ConvAttributes), ...given })
        : applyAll(matmulEpilogueOp, inputs, {
            ...(product.attributes as MatmulAttributes),
            ...given,
            mask: mask !== undefined,
          });
    return outputs.map((output) => reshape(output, shape));
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
  if (!chain || chain.product.op === conv2dOp || chain.relu || chain.mask || !mask || !isConstantZero(zero)) return undefined;
  return sameShape(mask.type.shape, product.type.shape) && mask.type.dtype === product.type.dtype
    ? { ...chain, mask }
    : undefined;
}

export function isConstantZero(value: Value | undefined): boolean {
  return value?.node.op === constantOp && constantAttributes(value.node).value === 0;
}
