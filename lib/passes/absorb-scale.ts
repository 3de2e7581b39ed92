import { internal } from '../errors.js';
import { applyAll } from '../ir/apply.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { softmaxCrossEntropyOp, type CrossEntropyAttributes } from '../ops/cross-entropy.js';
import { constantOp } from '../ops/constant.js';
import { rewrite } from './rewrite.js';
import { constantAttributes } from './fold.js';
import { usesOf } from './uses.js';

/** slope·c of the fused cross entropy, where nothing else needs the slope: the kernel scales as it writes. */
export function absorbScale(graph: Graph): Graph {
  const uses = usesOf(graph);
  const scales = new Map<Node, { scale: number; product: Node }>();
  for (const node of graph.nodes) {
    if (node.op.name !== 'mul') continue;
    const slope = node.inputs.find(({ node: source, index }) => source.op === softmaxCrossEntropyOp && index === 1);
    const factor = node.inputs.find(({ node: source }) => source.op === constantOp);
    if (!slope || !factor || uses.get(slope) !== 1 || !sameSize(slope, node)) continue;
    scales.set(slope.node, { scale: constantAttributes(factor.node).value, product: node });
  }
  if (scales.size === 0) return graph;
  const slopes = new Map<Node, Tensor>();
  return rewrite(graph, (node, inputs) => {
    const absorbed = scales.get(node);
    if (absorbed) {
      const { scale } = node.attributes as CrossEntropyAttributes;
      const outputs = applyAll(softmaxCrossEntropyOp, inputs, { scale: scale * absorbed.scale });
      const slope = outputs[1];
      internal(slope !== undefined, 'cross entropy without a slope');
      slopes.set(absorbed.product, slope);
      return outputs;
    }
    const slope = slopes.get(node);
    return slope && [slope];
  });
}

function sameSize(value: Value, node: Node): boolean {
  return value.type.shape.join() === node.outputs[0]?.type.shape.join();
}
