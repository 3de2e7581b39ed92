import { apply } from '../ir/apply.js';
import type { Node } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { constantOp, type ConstantAttributes } from '../ops/constant.js';

/** Operations whose result JavaScript's own arithmetic gives exactly, rounded once. */
const exact: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
};

/** A float operation on constants is a constant. */
export function foldConstants(node: Node, inputs: readonly Tensor[]): Tensor | undefined {
  const fold = exact[node.op.name];
  const type = node.outputs[0]?.type;
  if (!fold || !type || inputs.length === 0 || (type.dtype !== 'float32' && type.dtype !== 'float64')) return undefined;
  const values = inputs.map((input) => constantValue(input));
  const [a, b = 0] = values;
  if (a === undefined || values.includes(undefined)) return undefined;
  // Exact for float32 too: a double holds the product of two floats, and sums and quotients rounded twice agree (Figueroa 1995).
  const value = type.dtype === 'float32' ? Math.fround(fold(Math.fround(a), Math.fround(b))) : fold(a, b);
  return apply(constantOp, [], { value, dtype: type.dtype, shape: type.shape });
}

/** The number that fills a tensor, if a constant made it. */
export function constantValue(tensor: Tensor): number | undefined {
  const source = tensor.value?.node;
  return source?.op === constantOp ? constantAttributes(source).value : undefined;
}

export function constantAttributes(node: Node): ConstantAttributes {
  return node.attributes as ConstantAttributes;
}
