import { upload, type BufferStorage } from './storage.js';

/** The random words of successive calls: seed, call, first sample's place; low words first. */
export class RandomWords {
  #call = 0;

  constructor(private readonly seed: number) {}

  next(): BufferStorage {
    const call = this.#call++;
    const words = [this.seed, call, 0].flatMap((number) => [number % 2 ** 32, Math.floor(number / 2 ** 32)]);
    return upload(Int32Array.from(Uint32Array.from(words)), 'int32', [6]);
  }
}
