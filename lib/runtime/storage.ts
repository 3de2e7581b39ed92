import { dtypes, type DType, type TypedArray } from '../dtype.js';
import { RavineError, internal } from '../errors.js';
import type { Storage } from '../ir/evaluator.js';
import type { Tensor } from '../ir/tensor.js';
import { sizeOf, type Shape, type TensorType } from '../shape.js';
import type { NativeBuffer } from './addon.js';
import { addon } from './native.js';

/** Native memory that several tensors may lie in; freed when the last of them is disposed, or collected. */
export class SharedBuffer {
  #references = 0;

  private constructor(readonly native: NativeBuffer) {}

  static allocate(bytes: number): SharedBuffer {
    try {
      return new SharedBuffer(addon().createBuffer(bytes));
    } catch (error) {
      throw new RavineError('memory', 'tensor', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references === 0) this.native.dispose();
  }
}

/** Part of a buffer: where one tensor's elements lie. */
export class BufferStorage implements Storage {
  #disposed = false;

  constructor(
    readonly buffer: SharedBuffer,
    readonly byteOffset: number,
  ) {
    buffer.retain();
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.buffer.release();
  }
}

export function storageOf(tensor: Tensor): BufferStorage {
  const { storage } = tensor;
  internal(storage instanceof BufferStorage, 'a tensor of another runtime');
  return storage;
}

export function byteSize(type: TensorType): number {
  return sizeOf(type.shape) * dtypes[type.dtype].bytes;
}

/** Fresh, zeroed memory for one tensor. */
export function allocate(type: TensorType): BufferStorage {
  return new BufferStorage(SharedBuffer.allocate(byteSize(type)), 0);
}

export function upload(data: TypedArray, dtype: DType, shape: Shape): BufferStorage {
  const storage = allocate({ dtype, shape });
  if (data.byteLength > 0) storage.buffer.native.write(data, 0);
  return storage;
}

export function download(storage: Storage, dtype: DType, elements: number): TypedArray {
  internal(storage instanceof BufferStorage, 'a tensor of another runtime');
  const array = new dtypes[dtype].array(elements);
  if (elements > 0) storage.buffer.native.read(array, storage.byteOffset);
  return array;
}
