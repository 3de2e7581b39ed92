import { checkDType, type DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames } from '../options.js';
import { checkShape, type Shape, type TensorType } from '../shape.js';
import { expectTensor, type TensorLike } from './check.js';

export interface ConstantAttributes extends TensorType {
  readonly value: number;
}

export const constantOp: Op<ConstantAttributes> = defineOp<ConstantAttributes>({
  name: 'constant',
  infer: (_, { value, dtype, shape }) => {
    expectRepresentable('constant', value, dtype);
    return [{ dtype, shape }];
  },
  gradient: 'zero',
  implementation: { kind: 'kernel', lower: (_, __, { value }) => ({ kernel: 'fill', attributes: [value] }) },
});

export interface IotaAttributes extends TensorType {
  readonly start: number;
  readonly step: number;
}

/** out[i] = start + i·step, worked out in double. */
export const iotaOp: Op<IotaAttributes> = defineOp<IotaAttributes>({
  name: 'iota',
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  gradient: 'zero',
  implementation: { kind: 'kernel', lower: (_, __, { start, step }) => ({ kernel: 'iota', attributes: [start, step] }) },
});

/** Refuses numbers that an integer type would change. */
export function expectRepresentable(where: string, value: unknown, dtype: DType): asserts value is number {
  if (typeof value !== 'number') throw new RavineError('dtype', where, `expected a number, got ${describe(value)}`);
  if (dtype === 'float32' || dtype === 'float64') return;
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  if (!Number.isInteger(value) || value < low || value > high)
    throw new RavineError('dtype', where, `expected an integer from ${low} to ${high} for ${dtype}, got ${describe(value)}`);
}

export interface ConstantOptions {
  /** Default 'float32'. */
  readonly dtype?: DType;
}

function dtypeOf(where: string, options: ConstantOptions | undefined): DType {
  checkNames(where, options, ['dtype']);
  return checkDType(where, options?.dtype ?? 'float32');
}

/** A tensor whose elements are all `value`; a scalar unless a shape is given. dtype float32 by default. */
export function constant(value: number, options: ConstantOptions & { readonly shape?: Shape } = {}): Tensor {
  checkNames('constant', options, ['dtype', 'shape']);
  const dtype = checkDType('constant', options.dtype ?? 'float32');
  return apply(constantOp, [], { value, dtype, shape: checkShape('constant', options.shape ?? []) });
}

/** `shape` filled with `value`. dtype float32 by default. */
export function full(shape: Shape, value: number, options?: ConstantOptions): Tensor {
  return apply(constantOp, [], { value, dtype: dtypeOf('full', options), shape: checkShape('full', shape) });
}

/** `shape` filled with 0. dtype float32 by default. */
export function zeros(shape: Shape, options?: ConstantOptions): Tensor {
  return apply(constantOp, [], { value: 0, dtype: dtypeOf('zeros', options), shape: checkShape('zeros', shape) });
}

/** `shape` filled with 1. dtype float32 by default. */
export function ones(shape: Shape, options?: ConstantOptions): Tensor {
  return apply(constantOp, [], { value: 1, dtype: dtypeOf('ones', options), shape: checkShape('ones', shape) });
}

/** Zeros of x's shape and dtype. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}

/** Ones of x's shape and dtype. */
export function onesLike(x: Tensor): Tensor {
  return fullLike(x, 1);
}

/** `value` in x's shape and dtype. */
export function fullLike(x: Tensor, value: number): Tensor {
  expectTensor('fullLike', 'x', x);
  return apply(constantOp, [], { value, dtype: x.dtype, shape: x.shape });
}

/** A number as a tensor of shape []. dtype float32 by default. */
export function scalar(value: number, options?: ConstantOptions): Tensor {
  return apply(constantOp, [], { value, dtype: dtypeOf('scalar', options), shape: [] });
}

/**
 * start, start + step, … below `stop` (above it for a negative step), shape [⌈(stop − start) / step⌉]. `arange(n)` counts 0 … n − 1.
 * dtype float32 by default.
 */
export function arange(start: number, stop?: number, step = 1, options?: ConstantOptions): Tensor {
  const dtype = dtypeOf('arange', options);
  const [first, end] = stop === undefined ? [0, start] : [start, stop];
  if (![first, end, step].every((value) => Number.isFinite(value)) || step === 0)
    throw new RavineError(
      'option',
      'arange',
      `expected finite numbers and a step ≠ 0, got ${[first, end, step].map(describe).join(', ')}`,
    );
  const length = Math.max(0, Math.ceil((end - first) / step));
  if (length > 0)
    [first, first + (length - 1) * step, dtype === 'uint8' ? 0 : step].forEach((value) =>
      expectRepresentable('arange', value, dtype),
    );
  return apply(iotaOp, [], { start: first, step, dtype, shape: checkShape('arange', [length]) });
}

/** The operands as tensors: a number becomes a constant of the dtype of the tensors beside it. */
export function operands<const T extends readonly TensorLike[]>(where: string, ...values: T): { [I in keyof T]: Tensor } {
  const dtype = values.find((value) => typeof value !== 'number')?.dtype ?? 'float32';
  const tensors = values.map((value) => {
    if (typeof value !== 'number') {
      expectTensor(where, 'an operand', value);
      return value;
    }
    expectRepresentable(where, value, dtype);
    return constant(value, { dtype });
  });
  return tensors as { [I in keyof T]: Tensor };
}

/** Whether a symbolic tensor is known to hold zeros only. */
export function isZero(x: Tensor): boolean {
  const { op, attributes } = x.value?.node ?? {};
  return (
    op === constantOp && typeof attributes === 'object' && attributes !== null && 'value' in attributes && attributes.value === 0
  );
}
