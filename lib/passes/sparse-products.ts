import type { Graph, Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { matmulOp, type MatmulAttributes } from '../ops/matmul.js';
import { sparseProduct, sparseProductTransposed, sparseRowsOp } from '../ops/sparse.js';
import { rewrite } from './rewrite.js';

/** Products with the dense rows of a sparse matrix, X·W and Xᵀ·Y, are taken from its entries: X is made only where something else asks for it. */
export function sparseProducts(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === sparseRowsOp)) return graph;
  return rewrite(graph, (node, inputs, tensorOf) => {
    const [rows, other] = node.op === matmulOp ? node.inputs : [];
    const [, right] = inputs;
    if (rows?.node.op !== sparseRowsOp || other?.type.shape.length !== 2 || right === undefined) return undefined;
    const { transposeA, transposeB } = node.attributes as MatmulAttributes;
    if (transposeB) return undefined;
    const sources = sourcesOf(rows, tensorOf);
    if (!sources) return undefined;
    return [transposeA ? sparseProductTransposed(sources, right, rows.type.shape[1] ?? 0) : sparseProduct(sources, right)];
  });
}

function sourcesOf({ node }: Value, tensorOf: (old: Value) => Tensor): [Tensor, Tensor, Tensor, Tensor] | undefined {
  const [ranges, columns, values, samples] = node.inputs.map(tensorOf);
  return ranges && columns && values && samples ? [ranges, columns, values, samples] : undefined;
}
