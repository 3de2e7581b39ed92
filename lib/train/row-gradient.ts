import { reachable, type Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import type { Trace } from '../ir/trace.js';
import { at } from '../ops/check.js';
import { matmulOp, type MatmulAttributes } from '../ops/matmul.js';
import { sparseRowsOp } from '../ops/sparse.js';
import { roleOf } from '../runtime/jit.js';

/** A gradient that is Xᵀ·slope, for the rows X of a sparse field. */
export interface RowGradient {
  /** [batch, out] */
  readonly slope: Tensor;
  /** The numbers of the traced step's arguments that are X: ranges, columns, values, samples. */
  readonly rows: readonly number[];
}

/**
 * Which of the parameters in `rowwise` the batch moves by rows: their gradient is the product of sparse rows and a slope, and nothing but one product of
 * the same rows reads them. Then rows that the batch does not name need not be up to date.
 */
export function rowGradients(
  trace: Trace,
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  rowwise: readonly Tensor[],
  sums: readonly Tensor[],
): Map<Tensor, RowGradient> {
  const found = new Map<Tensor, RowGradient>();
  parameters.forEach((parameter, i) => {
    const gradient = rowwise.includes(parameter) ? rowGradient(trace, at(gradients, i)) : undefined;
    if (gradient) found.set(parameter, gradient);
  });
  if (found.size === 0) return found;
  const heads = parameters.map((parameter, i) => found.get(parameter)?.slope ?? at(gradients, i));
  const effects = trace.effects.map(({ value }) => value);
  const live = reachable([...[...heads, ...sums].map((head) => trace.valueOf(head)), ...effects]);
  for (const [parameter, { rows }] of found) {
    const value = trace.valueOf(parameter);
    const readers = [...live].filter((node) => node.inputs.includes(value));
    const product = readers.length === 1 ? readers[0] : undefined;
    const isProduct = product?.op === matmulOp && product.inputs[1] === value && sameRows(product.inputs[0], rows);
    if (!isProduct) found.delete(parameter);
  }
  return found;
}

function rowGradient(trace: Trace, gradient: Tensor): RowGradient | undefined {
  const node = trace.valueOf(gradient).node;
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  if (node.op !== matmulOp || !transposeA || transposeB) return undefined;
  const [x, slope] = node.inputs;
  const rows = x && rowsOf(x);
  return rows && slope && { slope: trace.tensorOf(slope), rows };
}

/** The arguments that are a value's sparse rows. */
function rowsOf({ node }: Value): number[] | undefined {
  if (node.op !== sparseRowsOp) return undefined;
  const roles = node.inputs.map((input) => (input.node.op.name === 'input' ? roleOf(input) : undefined));
  const indices = roles.flatMap((role) => (role?.kind === 'argument' ? [role.index] : []));
  return indices.length === node.inputs.length ? indices : undefined;
}

function sameRows(x: Value | undefined, rows: readonly number[]): boolean {
  return x !== undefined && rowsOf(x)?.join() === rows.join();
}
