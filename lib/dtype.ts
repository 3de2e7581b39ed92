import { RavineError, describe } from './errors.js';

/** Types of elements. float32 is the working type, float64 works everywhere too, int32 and uint8 carry data and labels. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8';

export type TypedArrayOf = {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
};
export type TypedArray = TypedArrayOf[DType];

interface DTypeFacts<D extends DType> {
  /** The number that programs carry. */
  readonly code: number;
  readonly bytes: number;
  readonly array: new (length: number) => TypedArrayOf[D];
}

export const dtypes: { readonly [D in DType]: DTypeFacts<D> } = {
  float32: { code: 0, bytes: 4, array: Float32Array },
  float64: { code: 1, bytes: 8, array: Float64Array },
  int32: { code: 2, bytes: 4, array: Int32Array },
  uint8: { code: 3, bytes: 1, array: Uint8Array },
};

export function bytesOf(dtype: DType): number {
  return dtypes[dtype].bytes;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

export function checkDType(where: string, dtype: unknown): DType {
  if (typeof dtype === 'string' && Object.hasOwn(dtypes, dtype)) return dtype as DType;
  throw new RavineError('dtype', where, `expected a dtype of ${Object.keys(dtypes).join(', ')}, got ${describe(dtype)}`);
}

/** The dtype of a typed array's elements, if the library has it. */
export function dtypeOfArray(array: ArrayBufferView): DType | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8';
  return undefined;
}
