import { isFloat, type DType } from '../dtype.js';
import { RavineError, describe, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { formatType, type Shape, type TensorType } from '../shape.js';

/** A tensor, or a number that takes the dtype of the tensor beside it. */
export type TensorLike = Tensor | number;

/** Attributes of an op that has none. */
export type None = Readonly<Record<never, never>>;
export const none: None = {};

/** `float32[2,3], float32[3] and int32[]` */
export function formatTypes(types: readonly TensorType[]): string {
  const shown = types.map(formatType);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Refuses shapes: `[matmul] expected a.shape[1] = b.shape[0], got float32[32,784] and float32[512,10]`. */
export function expectShape(
  condition: boolean,
  where: string,
  expected: string,
  types: readonly TensorType[],
  help?: string,
): asserts condition {
  if (!condition)
    throw new RavineError('shape', where, `expected ${expected}, got ${formatTypes(types)}`, help === undefined ? {} : { help });
}

/** Types of elements that an op takes. */
export type Accepted = 'float' | 'numeric' | 'int32' | 'any';

const accepted: {
  readonly [A in Accepted]: { readonly words: string; readonly has: (dtype: DType) => boolean; readonly help?: string };
} = {
  float: { words: 'float32 or float64', has: isFloat, help: "cast it first: cast(x, 'float32')" },
  numeric: { words: 'float32, float64 or int32', has: (dtype) => dtype !== 'uint8', help: "cast it first: cast(x, 'float32')" },
  int32: { words: 'int32', has: (dtype) => dtype === 'int32', help: "cast it first: cast(x, 'int32')" },
  any: { words: 'any dtype', has: () => true },
};

/** Refuses elements of a type that the op does not take. */
export function expectDType(where: string, name: string, type: TensorType, accepts: Accepted): void {
  const { words, has, help } = accepted[accepts];
  if (has(type.dtype)) return;
  throw new RavineError(
    'dtype',
    where,
    `expected ${name} to be ${words}, got ${formatType(type)}`,
    help === undefined ? {} : { help },
  );
}

/** Refuses operands of several types; nothing is cast silently. */
export function expectSameDType(where: string, types: readonly TensorType[]): DType {
  const first = types[0]?.dtype;
  internal(first !== undefined, `${where} without inputs`);
  if (types.some((type) => type.dtype !== first))
    throw new RavineError('dtype', where, `expected equal dtypes, got ${formatTypes(types)}`, {
      help: `cast one of them: cast(x, '${first}')`,
    });
  return first;
}

/** The shape that all operands broadcast to by numpy's rule: axes are matched from the last, 1 stretches. */
export function expectBroadcast(where: string, types: readonly TensorType[]): Shape {
  const rank = Math.max(...types.map((type) => type.shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const { shape } of types) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === 1 || own === length) continue;
      expectShape(length === 1, where, `shapes that broadcast (axis ${axis - rank}: ${length} and ${own} differ)`, types);
      length = own;
    }
    return length;
  });
}

/** Refuses what is no tensor, before its shape is looked at. */
export function expectTensor(where: string, name: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  throw new RavineError('dtype', where, `expected ${name} to be a tensor, got ${describe(value)}`, {
    help: 'tensor(data) makes one of arrays, scalar(x) of a number',
  });
}

/** `Array.isArray` for what may be readonly. */
export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Inputs of a rule, which has checked their number by its type. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  internal(item !== undefined, `input ${index} is missing`);
  return item;
}
