import { internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { Slot } from '../passes/encode.js';
import { arenaSlot, type Place } from '../passes/memory.js';
import type { TensorType } from '../shape.js';
import { byteSize, storageOf, type SharedBuffer } from './storage.js';

interface Entry {
  readonly buffer: SharedBuffer | undefined;
  bytes: number;
  writable: boolean;
}

/** The buffers that a program is bound to: the arena, those known when it is compiled, and those that each binding names. */
export class SlotTable {
  readonly #entries: Entry[] = [{ buffer: undefined, bytes: 0, writable: true }];
  readonly #byBuffer = new Map<SharedBuffer, number>();

  /** A slot that a binding fills. */
  open(bytes: number, writable: boolean): number {
    this.#entries.push({ buffer: undefined, bytes, writable });
    return this.#entries.length - 1;
  }

  /** Bytes in a buffer that is known now. */
  inBuffer(buffer: SharedBuffer, offset: number, bytes: number, writable: boolean): Place {
    let slot = this.#byBuffer.get(buffer);
    if (slot === undefined) {
      slot = this.#entries.push({ buffer, bytes: 0, writable: false }) - 1;
      this.#byBuffer.set(buffer, slot);
    }
    const entry = this.#entries[slot];
    internal(entry !== undefined, 'a slot is missing');
    entry.bytes = Math.max(entry.bytes, offset + bytes);
    entry.writable ||= writable;
    return { slot, offset };
  }

  /** Where a concrete tensor lies. */
  ofTensor(tensor: Tensor, writable: boolean): Place {
    const storage = storageOf(tensor);
    return this.inBuffer(storage.buffer, storage.byteOffset, byteSize(tensor), writable);
  }

  /** A new open slot that holds one value. */
  openFor(type: TensorType, writable: boolean): Place {
    return { slot: this.open(byteSize(type), writable), offset: 0 };
  }

  get slots(): readonly Slot[] {
    return this.#entries.map(({ bytes, writable }) => ({ bytes, writable }));
  }

  /** Buffers in slot order; `fill` gives those of open slots. */
  buffers(arena: SharedBuffer, fill: ReadonlyMap<number, SharedBuffer>): SharedBuffer[] {
    return this.#entries.map((entry, slot) => {
      const buffer = slot === arenaSlot ? arena : (entry.buffer ?? fill.get(slot));
      internal(buffer !== undefined, `slot ${slot} is not bound`);
      return buffer;
    });
  }
}
