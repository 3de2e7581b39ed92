import { dtypes, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Storage } from '../ir/evaluator.js';
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
  /** Where it stands among those that train; undefined where it does not. */
  readonly rank: Rank | undefined;
}

/**
 * The optimiser's group, and the model's step at which it began to train. What shares both lies together, but for matrices of which a step may move only
 * some rows: each of them, numbered from 1, stands alone.
 */
export interface Rank {
  readonly group: number;
  readonly birth: number;
  readonly rowwise: number;
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
  readonly #bufferStorages: readonly Storage[];
  /** Elements of the part that trains, gaps included. */
  readonly trainable: number;
  readonly bytes: number;

  constructor(network: AnyModule, seed: number, rankOf: (name: string, parameter: Parameter) => Rank) {
    initializeParameters(network, seed);
    const named = [...namedParameters(network)];
    this.buffers = namedBuffers(network);
    this.dtype = oneDType(named);
    this.namesInOrder = named.map(([name, parameter]) => ({ name, parameter }));
    const ranked = named.map(([name, parameter]) => ({
      name,
      parameter,
      rank: parameter.trainable ? rankOf(name, parameter) : undefined,
    }));
    const ordered = ranked.sort((a, b) => compare(a.rank, b.rank));
    const entries: FlatEntry[] = [];
    let offset = 0;
    let trainableBytes = 0;
    for (const { name, parameter, rank } of ordered) {
      entries.push({ name, parameter, byteOffset: offset, rank });
      offset += Math.ceil(byteSize(parameter) / alignment) * alignment;
      if (rank) trainableBytes = offset;
    }
    this.entries = entries;
    this.bytes = offset;
    this.trainable = trainableBytes / dtypes[this.dtype].bytes;
    this.parameters = SharedBuffer.allocate(offset);
    this.gradients = SharedBuffer.allocate(trainableBytes);
    for (const entry of entries) moveInto(this.parameters, entry);
    this.#bufferStorages = [...this.buffers.values()].map(({ storage }) => storage);
  }

  get trainableEntries(): readonly FlatEntry[] {
    return this.entries.filter(({ rank }) => rank);
  }

  /** Whether these are the network's parameters and buffers and where they lie: another model may have taken them, and buffers are assigned to. */
  holds(network: AnyModule): boolean {
    const named = [...namedParameters(network)];
    const buffers = [...namedBuffers(network).values()];
    return (
      buffers.length === this.#bufferStorages.length &&
      buffers.every(({ storage }, i) => storage === this.#bufferStorages[i]) &&
      named.length === this.namesInOrder.length &&
      named.every(([name, parameter], i) => {
        const own = this.namesInOrder[i];
        return own?.name === name && own.parameter === parameter && storageOf(parameter).buffer === this.parameters;
      })
    );
  }
}

/** Groups in order, in each what has trained longest first; what does not train last. */
function compare(a: Rank | undefined, b: Rank | undefined): number {
  if (!a || !b) return Number(!a) - Number(!b);
  return a.group - b.group || a.birth - b.birth || a.rowwise - b.rowwise;
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
