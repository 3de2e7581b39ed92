import { expect, it } from 'vitest';
import { add, jit, matmul, mul, tensor, type Tensor } from '../../lib/index.js';
import { passes } from '../../lib/passes/compile.js';
import { roleOf } from '../../lib/runtime/jit.js';
import { float32, traced } from './graphs.js';

const matrix = tensor([
  [1, 2],
  [3, 4],
]);
const weights = tensor([10, 20]);

/** Fusion runs 2x and weights·x at once, before the product; the graph has the matrix before the weights. */
const f = (x: Tensor): Tensor[] => {
  const double = add(x, x);
  return [matmul(matrix, double), add(double, mul(weights, x))];
};

it('every pass keeps the order of inputs', () => {
  let graph = traced([float32(2)], f);
  const captured = (): unknown[] => graph.inputs.map(roleOf).map((role) => (role.kind === 'captured' ? role.tensor : role.kind));
  expect(captured()).toEqual(['argument', matrix, weights]);
  for (const { name, run } of passes) {
    graph = run(graph);
    const roles = captured();
    expect(roles.length, name).toBe(3);
    expect(roles[1] === matrix && roles[2] === weights, name).toBe(true);
  }
});

it('captured tensors of several sizes are each found', () => {
  const [product, sum] = jit(f).sync(tensor([1, 1]));
  expect(product?.toArray()).toEqual([6, 14]);
  expect(sum?.toArray()).toEqual([12, 22]);
});
