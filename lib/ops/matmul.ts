import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames } from '../options.js';
import { broadcastShapes, sameShape, sizeOf, type Shape, type TensorType } from '../shape.js';
import { broadcastTo } from './broadcast.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor } from './check.js';
import { reshape } from './reshape.js';

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batchA: Shape;
  readonly batchB: Shape;
}

/** m, n, k of op(a)[m, k] · op(b)[k, n]; refuses operands that don't meet. */
function sizesOf(a: TensorType, b: TensorType, { transposeA, transposeB }: MatmulAttributes): Sizes {
  expectShape(a.shape.length >= 2 && b.shape.length >= 2, 'matmul', 'matrices', [a, b]);
  const [rows, columns] = transposeA ? [-1, -2] : [-2, -1];
  const [inner, last] = transposeB ? [-1, -2] : [-2, -1];
  const [m = 0, k = 0] = [a.shape.at(rows), a.shape.at(columns)];
  const [kB = 0, n = 0] = [b.shape.at(inner), b.shape.at(last)];
  const [axisA, axisB] = [a.shape.length + columns, b.shape.length + inner];
  expectShape(k === kB, 'matmul', `a.shape[${axisA}] = b.shape[${axisB}]`, [a, b]);
  return { m, n, k, batchA: a.shape.slice(0, -2), batchB: b.shape.slice(0, -2) };
}

/** y = op(a) · op(b) for each matrix of the batch; op transposes where asked. Batches are equal, or one of them is a single matrix. */
export const matmulOp: Op<MatmulAttributes> = defineOp<MatmulAttributes>({
  name: 'matmul',
  infer: (inputs, attributes) => {
    const [a, b] = [at(inputs, 0), at(inputs, 1)];
    const dtype = expectSameDType('matmul', inputs);
    expectDType('matmul', 'a', a, 'float');
    const { m, n, batchA, batchB } = sizesOf(a, b, attributes);
    const fits = sameShape(batchA, batchB) || sizeOf(batchA) === 1 || sizeOf(batchB) === 1;
    expectShape(fits, 'matmul', 'equal batches, or one matrix on one side', inputs);
    return [{ dtype, shape: [...broadcastShapes('matmul', batchA, batchB), m, n] }];
  },
  // With y = a·b: ∂a = dy·bᵀ, ∂b = aᵀ·dy, each transposed back where its operand is stored transposed.
  gradient: ({ inputs, cotangents, attributes: { transposeA, transposeB } }) => {
    const [a, b, dy] = [at(inputs, 0), at(inputs, 1), at(cotangents, 0)];
    return [
      transposeA ? matmul(b, dy, { transposeA: transposeB, transposeB: true }) : matmul(dy, b, { transposeB: !transposeB }),
      transposeB ? matmul(dy, a, { transposeA: true, transposeB: transposeA }) : matmul(a, dy, { transposeA: !transposeA }),
    ];
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, attributes) => {
      const { m, n, k, batchA, batchB } = sizesOf(at(inputs, 0), at(inputs, 1), attributes);
      const [countA, countB] = [sizeOf(batchA), sizeOf(batchB)];
      const batch = countA === 1 ? countB : countA;
      const [stepA, stepB] = [countA === 1 ? 0 : m * k, countB === 1 ? 0 : k * n];
      const [transposeA, transposeB] = [Number(attributes.transposeA), Number(attributes.transposeB)];
      return { kernel: 'matmul', attributes: [batch, m, n, k, transposeA, transposeB, stepA, stepB, 0, 0, 0] };
    },
  },
});

export interface MatmulOptions {
  /** a is stored [k, m]. Default false. */
  readonly transposeA?: boolean;
  /** b is stored [n, k]. Default false. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product [..., m, k] · [..., k, n] → [..., m, n]; the axes before the last two are broadcast. A vector as a is a row, as b a column, and its
 * axis is gone from the result: [k] · [k] → []. Equal dtypes, floats.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  expectTensor('matmul', 'a', a);
  expectTensor('matmul', 'b', b);
  checkNames('matmul', options, ['transposeA', 'transposeB']);
  const transposeA = boolean('matmul', 'transposeA', options.transposeA ?? false);
  const transposeB = boolean('matmul', 'transposeB', options.transposeB ?? false);
  expectShape(a.rank > 0 && b.rank > 0, 'matmul', 'vectors or matrices', [a, b], 'mul(a, b) multiplies by a scalar');
  if (a.rank > 1 && b.rank > 1) return batched(a, b, { transposeA, transposeB });
  const [length, other] =
    a.rank === 1 ? [a.size, b.shape.at(b.rank === 1 || transposeB ? -1 : -2)] : [b.size, a.shape.at(transposeA ? -2 : -1)];
  expectShape(length === other, 'matmul', 'a vector as long as the axis that it meets', [a, b]);
  const rows = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
  const columns = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
  const product = batched(rows, columns, { transposeA, transposeB });
  return reshape(product, [
    ...product.shape.slice(0, -2),
    ...(a.rank === 1 ? [] : product.shape.slice(-2, -1)),
    ...(b.rank === 1 ? [] : product.shape.slice(-1)),
  ]);
}

/** Many small products of one matrix become one large one; batches that only partly agree are made equal. */
function batched(a: Tensor, b: Tensor, attributes: MatmulAttributes): Tensor {
  const { m, k, batchA, batchB } = sizesOf(a, b, attributes);
  if (batchA.length > 0 && batchB.length === 0 && !attributes.transposeA) {
    const product = apply(matmulOp, [reshape(a, [sizeOf(batchA) * m, k]), b], attributes);
    return reshape(product, [...batchA, m, at(product.shape, 1)]);
  }
  if (sameShape(batchA, batchB) || sizeOf(batchA) === 1 || sizeOf(batchB) === 1) return apply(matmulOp, [a, b], attributes);
  const fits = batchA.every(
    (length, axis) => [1, length].includes(batchB[axis - batchA.length + batchB.length] ?? 1) || length === 1,
  );
  expectShape(fits, 'matmul', 'batches that broadcast', [a, b]);
  const batch = broadcastShapes('matmul', batchA, batchB);
  return apply(
    matmulOp,
    [broadcastTo(a, [...batch, ...a.shape.slice(-2)]), broadcastTo(b, [...batch, ...b.shape.slice(-2)])],
    attributes,
  );
}
