import { types } from 'node:util';
import { checkDType, dtypes, type DType, type TypedArray } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { checkNames } from '../options.js';
import { checkShape, sizeOf, type Shape } from '../shape.js';
import { flattenNested } from './nested.js';

/** Typed arrays that data may come in; the narrow integers become int32. */
export type NumericArray =
  Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray | Int8Array | Int16Array | Uint16Array;

export type NestedNumbers = readonly (number | NestedNumbers)[];

/** Elements with what a flat array does not say. */
export interface ShapedElements {
  readonly data: NumericArray | NestedNumbers | readonly NumericArray[];
  /** Samples first. Default: that of nested arrays, or one number a sample. */
  readonly shape?: Shape;
  /** Default: the array's own (int32 for a target of bytes); of plain numbers float32, or int32 where a target is a flat list of integers. */
  readonly dtype?: DType;
}

/** What a field of data may be given as. Arrays are copied; a tensor is shared. */
export type Elements = Tensor | NumericArray | NestedNumbers | readonly NumericArray[] | ShapedElements;

export interface ReadElements {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly content: TypedArray | Tensor;
  /** The caller's memory, where all of it belongs to the given array. */
  readonly owned?: ArrayBuffer;
}

const dtypeByTag: ReadonlyMap<string, DType> = new Map([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float64'],
  ['Int32Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int8Array', 'int32'],
  ['Int16Array', 'int32'],
  ['Uint16Array', 'int32'],
]);

/** Checks one field and gives it as one typed array of the library's dtypes, or as the tensor that it is. */
export function readElements(where: string, name: string, value: unknown, isTarget: boolean): ReadElements {
  if (value instanceof Tensor) return { dtype: value.dtype, shape: value.shape, content: value };
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return readArray(where, name, value, undefined, undefined, isTarget);
  if (typeof value !== 'object' || value === null || !('data' in value)) return refuse(where, name, value);
  checkNames(`${where} ${name}`, value, ['data', 'shape', 'dtype']);
  const { data, shape, dtype }: { data: unknown; shape?: unknown; dtype?: unknown } = value;
  if (!Array.isArray(data) && !ArrayBuffer.isView(data)) return refuse(where, `${name}.data`, data);
  return readArray(where, name, data, shape, dtype === undefined ? undefined : checkDType(`${where} ${name}`, dtype), isTarget);
}

function refuse(where: string, name: string, value: unknown): never {
  throw new RavineError(
    'data',
    where,
    `expected ${name} to be a typed array, nested arrays, a tensor or { data, shape }, got ${describe(value)}`,
  );
}

function readArray(
  where: string,
  name: string,
  data: unknown[] | ArrayBufferView,
  given: unknown,
  dtype: DType | undefined,
  isTarget: boolean,
): ReadElements {
  const labels = isTarget && dtype === undefined && ArrayBuffer.isView(data) && dtypeByTag.get(tagOf(data)) === 'uint8';
  const { array, shape } = Array.isArray(data)
    ? readNested(where, name, data, dtype, isTarget)
    : { array: readView(where, name, data, labels ? 'int32' : dtype), shape: undefined };
  const checked = given === undefined ? (shape ?? [array.length]) : checkShape(`${where} ${name}`, given);
  if (sizeOf(checked) !== array.length)
    throw new RavineError(
      'shape',
      where,
      `${name}: shape [${checked.join(',')}] has ${sizeOf(checked)} elements, the data has ${array.length}`,
    );
  const owned =
    !Array.isArray(data) && types.isArrayBuffer(data.buffer) && data.buffer.byteLength === data.byteLength
      ? { owned: data.buffer }
      : {};
  return { dtype: dtypeOf(array), shape: checked, content: array, ...owned };
}

/** One typed array of the library's dtypes. Shared and resizable memory may change at any time: it is copied before it is looked at. */
function readView(where: string, name: string, view: ArrayBufferView, wanted: DType | undefined): TypedArray {
  const dtype = dtypeByTag.get(tagOf(view));
  if (dtype === undefined)
    throw new RavineError('data', where, `expected ${name} to hold float32, float64, int32 or uint8, got ${describe(view)}`, {
      help: 'convert it first: Int32Array.from(labels, Number), Float32Array.from(x)',
    });
  if (isDetached(view)) throw new RavineError('data', where, `${name} is detached: its memory was transferred elsewhere`);
  const array = view as NumericArray;
  const same = tagOf(view).replace('Clamped', '') === dtypes[dtype].array.name;
  if (!same) return convert(where, name, array, wanted ?? dtype);
  const isOwn = types.isArrayBuffer(view.buffer) && !isResizable(view.buffer);
  const plain = isOwn ? (view as TypedArray) : copyOf(array, dtype);
  return wanted === undefined || wanted === dtype ? plain : convert(where, name, plain, wanted);
}

function readNested(
  where: string,
  name: string,
  value: readonly unknown[],
  wanted: DType | undefined,
  isTarget: boolean,
): { array: TypedArray; shape: Shape } {
  const { leaves, shape, ofArrays } = flattenNested(where, name, value);
  if (ofArrays) return { array: joinRows(where, name, leaves as readonly ArrayBufferView[], wanted), shape };
  const numbers = leaves as readonly number[];
  const integers = isTarget && shape.length === 1 && numbers.length > 0 && numbers.every((number) => Number.isInteger(number));
  return { array: convert(where, name, numbers, wanted ?? (integers ? 'int32' : 'float32')), shape };
}

/** Rows given as typed arrays of one type and length. */
function joinRows(where: string, name: string, rows: readonly ArrayBufferView[], wanted: DType | undefined): TypedArray {
  const arrays = rows.map((row, i) => readView(where, `${name}[${i}]`, row, wanted));
  const [first] = arrays;
  if (!first) throw new RavineError('internal', where, 'internal: no rows');
  const dtype = dtypeOf(first);
  const joined = new dtypes[dtype].array(first.length * arrays.length);
  arrays.forEach((row, i) => {
    if (dtypeOf(row) !== dtype)
      throw new RavineError('dtype', where, `${name}: expected rows of one type, got ${dtype} and, in row ${i}, ${dtypeOf(row)}`);
    joined.set(row, i * first.length);
  });
  return joined;
}

/** The same numbers as another type. An integer type takes only what it holds exactly. */
function convert(where: string, name: string, numbers: ArrayLike<number>, dtype: DType): TypedArray {
  const array = copyOf(numbers, dtype);
  if (dtype === 'float32' || dtype === 'float64') return array;
  const changed = array.findIndex((number, i) => number !== numbers[i]);
  if (changed >= 0) throw new RavineError('data', where, `${name}: ${describe(numbers[changed])} at ${changed} is no ${dtype}`);
  return array;
}

function copyOf(numbers: ArrayLike<number>, dtype: DType): TypedArray {
  const array = new dtypes[dtype].array(numbers.length);
  array.set(numbers);
  return array;
}

/** The elements as a tensor: a copy of an array in native memory, another handle on a tensor's own. */
export function toTensor({ dtype, shape, content }: ReadElements): Tensor {
  const storage = content instanceof Tensor ? evaluator().share(content.storage) : evaluator().upload(content, dtype, shape);
  return new Tensor({ dtype, shape }, { storage });
}

function dtypeOf(array: TypedArray): DType {
  return dtypeByTag.get(tagOf(array)) ?? 'float32';
}

/** The class's name, also of an array from another realm. */
function tagOf(view: ArrayBufferView): string {
  return Object.prototype.toString.call(view).slice(8, -1);
}

function isDetached(view: ArrayBufferView): boolean {
  if (view.byteLength > 0 || !types.isArrayBuffer(view.buffer)) return false;
  try {
    return new Uint8Array(view.buffer).length < 0;
  } catch {
    return true;
  }
}

function isResizable(buffer: ArrayBuffer): boolean {
  return 'resizable' in buffer && buffer.resizable === true;
}
