import { checkDType, dtypeOfArray, dtypes, isFloat, type DType, type TypedArray } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { checkNames } from '../options.js';
import { checkShape, sizeOf, type Shape } from '../shape.js';
import { expectRepresentable } from './constant.js';

/** What a tensor is made of: a number, numbers in nested arrays of one shape, or a typed array (also over shared memory). */
export type TensorData =
  number | readonly TensorData[] | Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray;

export interface TensorOptions {
  /** Default: that of the nested arrays; one axis for a typed array. */
  readonly shape?: Shape;
  /** Default: that of a typed array; float32 for numbers. */
  readonly dtype?: DType;
}

/**
 * A tensor with a copy of the data: `tensor([[1, 2], [3, 4]])`, `tensor(new Float32Array(6), { shape: [2, 3] })`. Numbers that the dtype can't hold (a
 * fraction, NaN or something too large for an integer type) are an error.
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
  checkNames('tensor', options, ['shape', 'dtype']);
  const { elements, shape: own } = ArrayBuffer.isView(data) ? fromView(data) : fromNumbers(data);
  const dtype = checkDType('tensor', options.dtype ?? (ArrayBuffer.isView(data) ? dtypeOfArray(data) : 'float32'));
  const shape = options.shape === undefined ? own : checkShape('tensor', options.shape);
  if (sizeOf(shape) !== elements.length)
    throw new RavineError(
      'shape',
      'tensor',
      `expected ${sizeOf(shape)} elements for [${shape.join(',')}], got ${elements.length}`,
    );
  return new Tensor({ dtype, shape }, { storage: evaluator().upload(convert(elements, dtype), dtype, shape) });
}

interface Elements {
  readonly elements: TypedArray;
  readonly shape: Shape;
}

function fromView(view: ArrayBufferView): Elements {
  if (dtypeOfArray(view) === undefined)
    throw new RavineError('dtype', 'tensor', `expected an array of float32, float64, int32 or uint8, got ${describe(view)}`, {
      help: 'convert it first: Float32Array.from(x)',
    });
  refuseDetached(view);
  const elements = isOwned(view) ? view : copyOf(view);
  return { elements, shape: [elements.length] };
}

/** A typed array that may be read where it is. */
function isOwned(view: ArrayBufferView): view is TypedArray {
  return view.buffer instanceof ArrayBuffer && !(view instanceof Uint8ClampedArray);
}

function copyOf(view: ArrayBufferView): TypedArray {
  if (view instanceof Float32Array) return Float32Array.from(view);
  if (view instanceof Float64Array) return Float64Array.from(view);
  if (view instanceof Int32Array) return Int32Array.from(view);
  return Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
}

function refuseDetached(view: ArrayBufferView): void {
  try {
    new Uint8Array(view.buffer, 0, 0);
  } catch (cause) {
    throw new RavineError(
      'data',
      'tensor',
      'expected an array with its memory, got one whose buffer was transferred or detached',
      { cause },
    );
  }
}

function fromNumbers(data: TensorData): Elements {
  const shape: number[] = [];
  for (let level: unknown = data; isList(level); level = level[0]) shape.push(level.length);
  const elements = new Float64Array(sizeOf(shape));
  fill(elements, 0, data, shape, []);
  return { elements, shape };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && dtypeOfArray(value) !== undefined);
}

/** Copies one level of nested arrays to `offset`; refuses what is ragged or no number. */
function fill(into: Float64Array, offset: number, data: unknown, shape: Shape, path: readonly number[]): void {
  const where = `at [${path.join(',')}]`;
  const [length, ...rest] = shape;
  if (length === undefined) {
    if (typeof data !== 'number') throw new RavineError('data', 'tensor', `expected a number ${where}, got ${describe(data)}`);
    into[offset] = data;
    return;
  }
  if (!isList(data) || data.length !== length)
    throw new RavineError(
      'shape',
      'tensor',
      `expected an array of ${length} ${where} as in the places before it, got ${describe(data)}`,
    );
  const step = sizeOf(rest);
  for (let i = 0; i < length; i++) fill(into, offset + i * step, data[i], rest, [...path, i]);
}

function convert(elements: TypedArray, dtype: DType): TypedArray {
  if (elements instanceof dtypes[dtype].array) return elements;
  const converted = new dtypes[dtype].array(elements.length);
  const isExact = isFloat(dtype) || (elements instanceof Uint8Array && dtype === 'int32');
  if (!isExact) elements.forEach((value: number) => expectRepresentable('tensor', value, dtype));
  converted.set(elements);
  return converted;
}
