import { dtypes, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import type { AnyModule } from '../nn/module.js';
import { initializeParameters, namedBuffers, namedParameters } from '../nn/naming.js';
import type { Parameter } from '../nn/parameter.js';
import type { Buffer } from '../nn/buffer.js';
import { BufferStorage, SharedBuffer, byteSize, storageOf } from '../runtime/storage.js';

/** Each parameter begins on a cache line of its own, so that every kernel's loads are aligned. */
const alignment = 64;

export interface FlatEntry {
  readonly name: string;
  readonly parameter: Parameter;
  readonly byteOffset: number;
}

/**
 * A model's parameters in one buffer, those that train first: an optimiser's step, a norm or a copy is one pass over memory.
 * Gaps between parameters hold zeros, have zero gradients, and so stay zero.
 */
export class FlatParameters {
  readonly dtype: DType;
  /** In the order of memory. */
  readonly entries: readonly FlatEntry[];
  /** In the order of the network's fields. */
  readonly namesInOrder: readonly { readonly name: string; readonly parameter: Parameter }[];
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly parameters: SharedBuffer;
  readonly gradients: SharedBuffer;
  /** Elements of the part that trains, gaps included. */
  readonly trainable: number;
  readonly bytes: number;

  constructor(network: AnyModule, seed: number) {
    initializeParameters(network, seed);
    const named = [...namedParameters(network)];
    this.buffers = namedBuffers(network);
    this.dtype = oneDType(named);
    this.namesInOrder = named.map(([name, parameter]) => ({ name, parameter }));
    const ordered = [
      ...named.filter(([, parameter]) => parameter.trainable),
      ...named.filter(([, parameter]) => !parameter.trainable),
    ];
    const entries: FlatEntry[] = [];
    let offset = 0;
    let trainableBytes = 0;
    for (const [name, parameter] of ordered) {
      entries.push({ name, parameter, byteOffset: offset });
      offset += Math.ceil(byteSize(parameter) / alignment) * alignment;
      if (parameter.trainable) trainableBytes = offset;
    }
    this.entries = entries;
    this.bytes = offset;
    this.trainable = trainableBytes / dtypes[this.dtype].bytes;
    this.parameters = SharedBuffer.allocate(offset);
    this.gradients = SharedBuffer.allocate(trainableBytes);
    for (const entry of entries) moveInto(this.parameters, entry);
  }

  /** The part of a flat buffer that trains, as one tensor. */
  flatTensor(buffer: SharedBuffer): Tensor {
    return new Tensor({ dtype: this.dtype, shape: [this.trainable] }, { storage: new BufferStorage(buffer, 0) });
  }

  /** Elements of each parameter that trains, with the gap after it. */
  get segments(): readonly number[] {
    const width = dtypes[this.dtype].bytes;
    const begins = this.trainableEntries.map(({ byteOffset }) => byteOffset / width);
    return begins.map((begin, i) => (begins[i + 1] ?? this.trainable) - begin);
  }

  get trainableEntries(): readonly FlatEntry[] {
    return this.entries.filter(({ parameter }) => parameter.trainable);
  }
}

/** Copies a parameter's elements to their place and lets the parameter lie there. */
function moveInto(buffer: SharedBuffer, { parameter, byteOffset }: FlatEntry): void {
  const from = storageOf(parameter);
  buffer.native.copyFrom(from.buffer.native, from.byteOffset, byteOffset, byteSize(parameter));
  parameter.adopt(new BufferStorage(buffer, byteOffset));
  from.dispose();
}

function oneDType(named: readonly (readonly [string, Parameter])[]): DType {
  const [first] = named;
  for (const [name, parameter] of named) {
    if (first && parameter.dtype !== first[1].dtype)
      throw new RavineError(
        'dtype',
        'model',
        `expected one dtype for all parameters, got ${first[1].dtype} for '${first[0]}' and ${parameter.dtype} for '${name}'`,
      );
  }
  return first?.[1].dtype ?? 'float32';
}
