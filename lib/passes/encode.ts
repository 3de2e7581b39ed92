import { dtypes } from '../dtype.js';
import { internal } from '../errors.js';
import { sizeOf } from '../shape.js';
import type { Instruction, Memory } from './lower.js';
import type { Place } from './memory.js';

/** Numbers of kernels, operations and kinds, as the addon lists them. */
export interface Names {
  kernel(name: string): number;
  code(list: 'elementwise' | 'reductions', name: string): number;
}

export interface Slot {
  /** Bytes that a bound buffer needs to have. */
  readonly bytes: number;
  readonly writable: boolean;
}

/** A list of instructions that runs as one part of a program. */
export interface EncodedPart {
  readonly instructions: readonly Instruction[];
  readonly places: ReadonlyMap<Memory, Place>;
}

const version = 1;

/** A program as the addon reads it; `runtime/addon.ts` gives the format. */
export function encode(parts: readonly EncodedPart[], slots: readonly Slot[], names: Names): Float64Array {
  const values: number[] = [];
  const instructions: number[] = [];
  const ends: number[] = [];
  let count = 0;
  for (const part of parts) {
    const numbers = new Map<Memory, number>();
    const numberOf = (memory: Memory): number => {
      const known = numbers.get(memory);
      if (known !== undefined) return known;
      const place = part.places.get(memory);
      internal(place !== undefined, 'a memory without a place');
      const number = values.length / 4;
      values.push(place.slot, place.offset, dtypes[memory.type.dtype].code, sizeOf(memory.type.shape));
      numbers.set(memory, number);
      return number;
    };
    for (const { call, inputs, outputs } of part.instructions) {
      const attributes = [...call.attributes];
      for (const { at, list, name } of call.names ?? []) attributes[at] = names.code(list, name);
      instructions.push(names.kernel(call.kernel), inputs.length, outputs.length, attributes.length);
      instructions.push(...inputs.map(numberOf), ...outputs.map(numberOf), ...attributes);
    }
    count += part.instructions.length;
    ends.push(count);
  }
  const head = [version, values.length / 4, count, parts.length, slots.length];
  const table = slots.flatMap(({ bytes, writable }) => [bytes, writable ? 1 : 0]);
  return Float64Array.from([...head, ...table, ...ends, ...values, ...instructions]);
}
