/// <reference lib="esnext.disposable" preserve="true" />
import { RavineError, internal } from '../errors.js';
import type { DType, TypedArrayOf } from '../dtype.js';
import { formatType, sizeOf, type Shape, type TensorType } from '../shape.js';
import { describeDisposal, disposal } from './disposal.js';
import { evaluator, type Storage } from './evaluator.js';
import type { Value } from './graph.js';
import { keepInScope } from './tidy.js';

/**
 * An array of numbers of one dtype. Concrete tensors hold elements in native memory; while a function is traced, tensors are symbolic and stand
 * for what will be computed. Tensors never change; operations give new ones.
 */
export class Tensor implements TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  #storage: Storage | undefined;
  #disposal: Error | undefined;
  readonly #value: Value | undefined;

  /** Made by `tensor()`, by ops and by traces; not by users. */
  constructor(type: TensorType, content: { storage: Storage } | { value: Value } | { lazy: true }) {
    this.dtype = type.dtype;
    this.shape = type.shape;
    if ('storage' in content) {
      this.#storage = content.storage;
      keepInScope(this);
    }
    this.#value = 'value' in content ? content.value : undefined;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The graph's value while a function is traced, undefined for a concrete tensor. */
  get value(): Value | undefined {
    return this.#value;
  }

  /** Native memory of a concrete tensor. */
  get storage(): Storage {
    if (this.#value) throw symbolicRead(this);
    this.#storage ??= this.materialize();
    if (this.#storage?.disposed)
      throw new RavineError('disposed', 'tensor', `${formatType(this)} was disposed${describeDisposal(this.#disposal)}`, {
        help: 'keep it out of tidy(), or dispose it later',
      });
    internal(this.#storage !== undefined, 'a tensor without elements');
    return this.#storage;
  }

  get disposed(): boolean {
    return this.#storage?.disposed ?? false;
  }

  /** Where elements come from at first use; parameters override it. */
  protected materialize(): Storage | undefined {
    return undefined;
  }

  /** Points a parameter at other memory of the same type. */
  protected replaceStorage(storage: Storage): void {
    this.#storage = storage;
  }

  /** A copy of the elements, row-major, as a typed array that V8 owns. */
  data<D extends DType = DType>(): TypedArrayOf[D] {
    return evaluator().download(this.storage, this.dtype, this.size) as TypedArrayOf[D];
  }

  /** The elements as nested arrays; a number for a scalar. */
  toArray(): NestedArray {
    return nest(Array.from(this.data()), this.shape);
  }

  /** The only element of a tensor that has one. */
  item(): number {
    if (this.size !== 1) throw new RavineError('shape', 'item', `expected one element, got ${formatType(this)}`);
    return this.data()[0] ?? NaN;
  }

  /** Frees native memory now instead of when V8 collects the handle. Later use throws. */
  dispose(): void {
    if (this.#value) throw symbolicRead(this);
    if (!this.#storage || this.#storage.disposed) return;
    this.#disposal = disposal();
    this.#storage.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor ${formatType(this)}${this.#value ? ' (symbolic)' : ''}`;
  }

  /** A number where JavaScript wants one: refused, since a traced value has none yet. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw this.#value
      ? symbolicRead(this)
      : new RavineError('trace', 'tensor', `expected a number, got ${formatType(this)}`, {
          help: 'use item(), or methods such as a.add(b)',
        });
  }
}

export type NestedArray = number | readonly NestedArray[];

function symbolicRead(tensor: Tensor): RavineError {
  return new RavineError('trace', 'trace', `the elements of ${formatType(tensor)} are not known while a function is traced`, {
    help: 'use ops such as select() in place of if, or compute it outside of the traced function',
  });
}

function nest(flat: readonly number[], shape: Shape): NestedArray {
  if (shape.length === 0) return flat[0] ?? NaN;
  const [length = 0, ...rest] = shape;
  const step = sizeOf(rest);
  return Array.from({ length }, (_, i) => nest(flat.slice(i * step, (i + 1) * step), rest));
}
