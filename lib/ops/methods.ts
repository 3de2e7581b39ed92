import type { DType } from '../dtype.js';
import { Tensor } from '../ir/tensor.js';
import type { Shape } from '../shape.js';
import type { TensorLike } from './check.js';
import type { ConstantOptions } from './constant.js';
import type { CumsumOptions } from './cumsum.js';
import type { DropoutOptions } from './dropout.js';
import * as ops from './index.js';
import type { GatherOptions } from './indexing.js';
import type { MatmulOptions } from './matmul.js';
import type { ArgOptions, ReduceOptions } from './reduce.js';
import type { VarianceOptions } from './statistics.js';

/** Ops as methods of their first operand: `x.add(1).relu()`. The functions of the same names say more. */
export interface TensorMethods {
  /** −x. */
  neg(): Tensor;
  /** |x|. */
  abs(): Tensor;
  /** −1, 0 or 1. */
  sign(): Tensor;
  /** x². */
  square(): Tensor;
  /** max(x, 0). */
  relu(): Tensor;
  /** eˣ. */
  exp(): Tensor;
  /** Natural logarithm. */
  log(): Tensor;
  /** log(1 + x). */
  log1p(): Tensor;
  /** eˣ − 1. */
  expm1(): Tensor;
  /** √x. */
  sqrt(): Tensor;
  /** 1/√x. */
  rsqrt(): Tensor;
  /** 1/x. */
  reciprocal(): Tensor;
  /** sin x. */
  sin(): Tensor;
  /** cos x. */
  cos(): Tensor;
  /** tanh x. */
  tanh(): Tensor;
  /** 1/(1 + e⁻ˣ). */
  sigmoid(): Tensor;
  /** erf x. */
  erf(): Tensor;
  /** The largest integer ≤ x. */
  floor(): Tensor;
  /** The nearest integer, halves to the even one. */
  round(): Tensor;
  /** x + b, broadcast. */
  add(b: TensorLike): Tensor;
  /** x − b, broadcast. */
  sub(b: TensorLike): Tensor;
  /** x·b, broadcast. */
  mul(b: TensorLike): Tensor;
  /** x/b, broadcast. */
  div(b: TensorLike): Tensor;
  /** xᵇ, broadcast. */
  pow(b: TensorLike): Tensor;
  /** The larger of x and b, broadcast. */
  maximum(b: TensorLike): Tensor;
  /** The smaller of x and b, broadcast. */
  minimum(b: TensorLike): Tensor;
  /** 1 where x = b, else 0 (uint8), broadcast. */
  eq(b: TensorLike): Tensor;
  /** 1 where x ≠ b, else 0 (uint8), broadcast. */
  ne(b: TensorLike): Tensor;
  /** 1 where x < b, else 0 (uint8), broadcast. */
  lt(b: TensorLike): Tensor;
  /** 1 where x ≤ b, else 0 (uint8), broadcast. */
  le(b: TensorLike): Tensor;
  /** 1 where x > b, else 0 (uint8), broadcast. */
  gt(b: TensorLike): Tensor;
  /** 1 where x ≥ b, else 0 (uint8), broadcast. */
  ge(b: TensorLike): Tensor;
  /** a where this condition (uint8) is 1, else b. */
  select(a: TensorLike, b: TensorLike): Tensor;
  /** min(max(x, low), high). */
  clamp(low: number, high: number): Tensor;
  /** The elements in another dtype. */
  cast(dtype: DType): Tensor;
  /** Σx over axes, all of them unless given. */
  sum(options?: ReduceOptions): Tensor;
  /** Σx / n over axes, all of them unless given. */
  mean(options?: ReduceOptions): Tensor;
  /** Product over axes, all of them unless given. */
  prod(options?: ReduceOptions): Tensor;
  /** Largest element over axes, all of them unless given. */
  max(options?: ReduceOptions): Tensor;
  /** Smallest element over axes, all of them unless given. */
  min(options?: ReduceOptions): Tensor;
  /** log Σ exp(x) over axes, all of them unless given. */
  logsumexp(options?: ReduceOptions): Tensor;
  /** Σ (x − mean)² / (n − correction) over axes, all of them unless given. */
  variance(options?: VarianceOptions): Tensor;
  /** Index of the largest element along an axis, the last unless given; int32. */
  argmax(options?: ArgOptions): Tensor;
  /** Index of the smallest element along an axis, the last unless given; int32. */
  argmin(options?: ArgOptions): Tensor;
  /** Running sums along an axis, 0 unless given. */
  cumsum(axis?: number, options?: CumsumOptions): Tensor;
  /** exp(x) / Σ exp(x) along an axis, the last unless given. */
  softmax(axis?: number): Tensor;
  /** x − log Σ exp(x) along an axis, the last unless given. */
  logSoftmax(axis?: number): Tensor;
  /** Matrix product. */
  matmul(b: Tensor, options?: MatmulOptions): Tensor;
  /** The same elements under another shape; one length may be −1. */
  reshape(shape: Shape): Tensor;
  /** Axes from `firstAxis` (0) on become one. */
  flatten(firstAxis?: number): Tensor;
  /** A new axis of length 1. */
  expandDims(axis: number): Tensor;
  /** Without axes of length 1. */
  squeeze(axis?: number | readonly number[]): Tensor;
  /** Repeated along axes of length 1. */
  broadcastTo(shape: Shape): Tensor;
  /** Axes in another order, reversed unless given. */
  transpose(permutation?: readonly number[]): Tensor;
  /** Elements from `starts` up to, without, `ends`, every `steps`-th, along the first axes. */
  slice(starts: readonly number[], ends?: readonly number[], steps?: readonly number[]): Tensor;
  /** Reversed along axes, all of them unless given. */
  flip(axis?: number | readonly number[]): Tensor;
  /** `widths[i]` = [before, after] elements of `value` (0) around axis i. */
  pad(widths: readonly (readonly [number, number])[], value?: number): Tensor;
  /** Rows along an axis (0) by number. */
  gather(indices: Tensor, axis?: number, options?: GatherOptions): Tensor;
  /** 1 at each label, else 0: [...] → [..., classes]. */
  oneHot(classes: number, options?: ConstantOptions): Tensor;
  /** While training, elements are 0 with the given probability, else x/(1 − probability). */
  dropout(probability: number, options?: DropoutOptions): Tensor;
  /** The same elements, taken as constant by differentiation. */
  stopGradient(): Tensor;
  /** The same as `variance`. */
  var(options?: VarianceOptions): Tensor;
}

declare module '../ir/tensor.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merged into the class
  interface Tensor extends TensorMethods {}
}

type Method<M extends keyof TensorMethods> = (x: Tensor, ...rest: Parameters<TensorMethods[M]>) => Tensor;

const functions: { readonly [M in keyof TensorMethods]: Method<M> } = {
  neg: ops.neg,
  abs: ops.abs,
  sign: ops.sign,
  square: ops.square,
  relu: ops.relu,
  exp: ops.exp,
  log: ops.log,
  log1p: ops.log1p,
  expm1: ops.expm1,
  sqrt: ops.sqrt,
  rsqrt: ops.rsqrt,
  reciprocal: ops.reciprocal,
  sin: ops.sin,
  cos: ops.cos,
  tanh: ops.tanh,
  sigmoid: ops.sigmoid,
  erf: ops.erf,
  floor: ops.floor,
  round: ops.round,
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  pow: ops.pow,
  maximum: ops.maximum,
  minimum: ops.minimum,
  eq: ops.eq,
  ne: ops.ne,
  lt: ops.lt,
  le: ops.le,
  gt: ops.gt,
  ge: ops.ge,
  select: ops.select,
  clamp: ops.clamp,
  cast: ops.cast,
  sum: ops.sum,
  mean: ops.mean,
  prod: ops.prod,
  max: ops.max,
  min: ops.min,
  logsumexp: ops.logsumexp,
  variance: ops.variance,
  argmax: ops.argmax,
  argmin: ops.argmin,
  cumsum: ops.cumsum,
  softmax: ops.softmax,
  logSoftmax: ops.logSoftmax,
  matmul: ops.matmul,
  reshape: ops.reshape,
  flatten: ops.flatten,
  expandDims: ops.expandDims,
  squeeze: ops.squeeze,
  broadcastTo: ops.broadcastTo,
  transpose: ops.transpose,
  slice: ops.slice,
  flip: ops.flip,
  pad: ops.pad,
  gather: ops.gather,
  oneHot: ops.oneHot,
  dropout: ops.dropout,
  stopGradient: ops.stopGradient,
  var: ops.variance,
};

for (const [name, fn] of Object.entries<(x: Tensor, ...rest: never[]) => Tensor>(functions)) {
  const value = function (this: Tensor, ...rest: never[]): Tensor {
    return fn(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}
