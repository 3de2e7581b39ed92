import { apply } from '../ir/apply.js';
import { defineOp, type GradientRule, type KernelCall, type Op, type OpSpec } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames } from '../options.js';
import { checkAxes, sizeOf, type Shape, type TensorType } from '../shape.js';
import { at, expectDType, expectShape, expectTensor, type Accepted } from './check.js';
import { broadcastTo } from './broadcast.js';
import { eq, select } from './compare.js';
import { onesLike } from './constant.js';
import { div, mul } from './elementwise.js';
import { identity } from './identity.js';
import { pairwiseProduct } from './product.js';
import { reshape } from './reshape.js';
import { transpose } from './transpose.js';

export interface ReduceAttributes {
  /** Axes that go, one contiguous block in order. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export interface ReduceOptions {
  /** Axes that go; negative ones count from the end. Default: all. */
  readonly axis?: number | readonly number[];
  /** Keeps them with length 1. Default false. */
  readonly keepDims?: boolean;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): Shape {
  return keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** [outer, length, inner] of a reduction. */
function blocks(shape: Shape, { axes }: ReduceAttributes): readonly [number, number, number] {
  const [first, last] = [at(axes, 0), at(axes, axes.length - 1)];
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, last + 1)), sizeOf(shape.slice(last + 1))];
}

function reduceCall(kind: string, inputs: readonly TensorType[], attributes: ReduceAttributes): KernelCall {
  return {
    kernel: 'reduce',
    attributes: [-1, ...blocks(at(inputs, 0).shape, attributes)],
    names: [{ at: 0, list: 'reductions', name: kind }],
  };
}

/** Rules that reductions have in common; `empty`: defined for no elements. */
function rulesOf(name: string, { accepts, empty, index = false }: { accepts: Accepted; empty: boolean; index?: boolean }) {
  return {
    name,
    infer: (inputs: readonly TensorType[], attributes: ReduceAttributes): readonly TensorType[] => {
      const x = at(inputs, 0);
      expectDType(name, 'x', x, accepts);
      expectShape(empty || blocks(x.shape, attributes)[1] > 0, name, 'at least one element to choose from', [x]);
      return [{ dtype: index ? 'int32' : x.dtype, shape: reducedShape(x.shape, attributes) }];
    },
    implementation: { kind: 'kernel', lower: (inputs, _, attributes) => reduceCall(name, inputs, attributes) },
  } satisfies Partial<OpSpec<ReduceAttributes>>;
}

/** A reduced tensor with its axes back, of length 1. */
function withAxes(reduced: Tensor, x: Tensor, { axes }: ReduceAttributes): Tensor {
  return reshape(reduced, reducedShape(x.shape, { axes, keepDims: true }));
}

export const sumOp: Op<ReduceAttributes> = defineOp<ReduceAttributes>({
  ...rulesOf('sum', { accepts: 'numeric', empty: true }),
  gradient: ({ inputs, cotangents, attributes }) => {
    const x = at(inputs, 0);
    return [broadcastTo(withAxes(at(cotangents, 0), x, attributes), x.shape)];
  },
});

// Elements that share the extreme value get equal parts of the gradient.
const extremeGradient: GradientRule<ReduceAttributes> & object = ({ inputs, outputs, cotangents, attributes }) => {
  const x = at(inputs, 0);
  const ties = eq(x, withAxes(at(outputs, 0), x, attributes));
  const count = sum(select(ties, onesLike(x), 0), { axis: attributes.axes, keepDims: true });
  return [select(ties, div(withAxes(at(cotangents, 0), x, attributes), count), 0)];
};

const maxOp = defineOp<ReduceAttributes>({ ...rulesOf('max', { accepts: 'numeric', empty: false }), gradient: extremeGradient });
const minOp = defineOp<ReduceAttributes>({ ...rulesOf('min', { accepts: 'numeric', empty: false }), gradient: extremeGradient });
const argmaxOp = defineOp<ReduceAttributes>({
  ...rulesOf('argmax', { accepts: 'numeric', empty: false, index: true }),
  gradient: 'zero',
});
const argminOp = defineOp<ReduceAttributes>({
  ...rulesOf('argmin', { accepts: 'numeric', empty: false, index: true }),
  gradient: 'zero',
});

// Differentiated as a tree of products, the gradient needs no division: zeros do no harm, in any derivative.
const prodOp = defineOp<ReduceAttributes>({
  ...rulesOf('prod', { accepts: 'numeric', empty: true }),
  gradient: 'definition',
  definition: (inputs, attributes) => {
    const x = at(inputs, 0);
    return [reshape(pairwiseProduct(reshape(x, blocks(x.shape, attributes))), reducedShape(x.shape, attributes))];
  },
});

/** Calls a reduction; axes that are not neighbours are brought together first. */
function reduce(op: Op<ReduceAttributes>, x: Tensor, options: ReduceOptions | undefined): Tensor {
  const { axes, keepDims } = reduceAttributes(op.name, x, options);
  const [first = 0] = axes;
  if (axes.every((axis, i) => axis === first + i)) return apply(op, [x], { axes, keepDims });
  const rest = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const together = transpose(x, [...rest, ...axes]);
  const reduced = apply(op, [together], { axes: axes.map((_, i) => rest.length + i), keepDims: false });
  return keepDims ? reshape(reduced, reducedShape(x.shape, { axes, keepDims })) : reduced;
}

export function reduceAttributes(
  where: string,
  x: Tensor,
  options: ReduceOptions | undefined,
  more: readonly string[] = [],
): ReduceAttributes {
  expectTensor(where, 'x', x);
  checkNames(where, options, ['axis', 'keepDims', ...more]);
  return { axes: checkAxes(where, options?.axis, x.rank), keepDims: boolean(where, 'keepDims', options?.keepDims ?? false) };
}

/** Sum over axes; 0 of nothing. Floats and int32 (which wraps around). The order of additions is fixed: the same bits on every machine. */
export function sum(x: Tensor, options?: ReduceOptions): Tensor {
  return isNothing('sum', x, options) ? identity(x) : reduce(sumOp, x, options);
}

/** Arithmetic mean over axes: Σx / n; NaN of nothing. Floats. */
export function mean(x: Tensor, options?: ReduceOptions): Tensor {
  expectTensor('mean', 'x', x);
  expectDType('mean', 'x', x, 'float');
  const { axes } = reduceAttributes('mean', x, options);
  return mul(sum(x, options), 1 / countOf(x, axes));
}

/** Elements that a reduction over `axes` joins. */
export function countOf(x: Tensor, axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => at(x.shape, axis)));
}

/** Product over axes; 1 of nothing. Floats and int32 (which wraps around). */
export function prod(x: Tensor, options?: ReduceOptions): Tensor {
  return isNothing('prod', x, options) ? identity(x) : reduce(prodOp, x, options);
}

/** Largest element over axes; NaN if there is one; an error for nothing. Floats and int32. Equal largest elements share the gradient evenly. */
export function max(x: Tensor, options?: ReduceOptions): Tensor {
  return isNothing('max', x, options) ? identity(x) : reduce(maxOp, x, options);
}

/** Smallest element over axes; NaN if there is one; an error for nothing. Floats and int32. Equal smallest elements share the gradient evenly. */
export function min(x: Tensor, options?: ReduceOptions): Tensor {
  return isNothing('min', x, options) ? identity(x) : reduce(minOp, x, options);
}

function isNothing(where: string, x: Tensor, options: ReduceOptions | undefined): boolean {
  const isEmpty = reduceAttributes(where, x, options).axes.length === 0;
  if (isEmpty) expectDType(where, 'x', x, 'numeric');
  return isEmpty;
}

export interface ArgOptions {
  /** The axis that goes. Default −1. */
  readonly axis?: number;
  /** Keeps it with length 1. Default false. */
  readonly keepDims?: boolean;
}

/** Index of the largest element along an axis (the last unless given), int32; the first of equal ones, the first NaN if there is one. */
export function argmax(x: Tensor, options?: ArgOptions): Tensor {
  return reduce(argmaxOp, x, { axis: -1, ...options });
}

/** Index of the smallest element along an axis (the last unless given), int32; the first of equal ones, the first NaN if there is one. */
export function argmin(x: Tensor, options?: ArgOptions): Tensor {
  return reduce(argminOp, x, { axis: -1, ...options });
}
