import { addon } from '../../lib/runtime/native.js';
import type { NativeBuffer } from '../../lib/runtime/addon.js';

const dtypes = { float32: 0, float64: 1, int32: 2, uint8: 3 } as const;

export interface CodeValue {
  readonly slot: number;
  readonly offset?: number;
  readonly dtype?: keyof typeof dtypes;
  readonly elements: number;
}

export interface CodeInstruction {
  readonly kernel: string;
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
  readonly attributes?: readonly number[];
}

export interface Code {
  readonly slots: readonly { readonly bytes: number; readonly writable?: boolean }[];
  readonly values: readonly CodeValue[];
  readonly instructions: readonly CodeInstruction[];
  /** Ends of the parts; one part of everything unless given. */
  readonly parts?: readonly number[];
}

export function kernelNumber(name: string): number {
  const index = addon().kernels.findIndex((kernel) => kernel.name === name);
  if (index < 0) throw new Error(`no kernel ${name}`);
  return index;
}

/** A program as `createProgram` reads it. */
export function encode({ slots, values, instructions, parts = [instructions.length] }: Code): Float64Array {
  const numbers = [1, values.length, instructions.length, parts.length, slots.length];
  for (const { bytes, writable = true } of slots) numbers.push(bytes, Number(writable));
  numbers.push(...parts);
  for (const { slot, offset = 0, dtype = 'float32', elements } of values) numbers.push(slot, offset, dtypes[dtype], elements);
  for (const { kernel, inputs = [], outputs = [], attributes = [] } of instructions) {
    numbers.push(kernelNumber(kernel), inputs.length, outputs.length, attributes.length, ...inputs, ...outputs, ...attributes);
  }
  return Float64Array.from(numbers);
}

export function floats(buffer: NativeBuffer, elements = buffer.byteLength / 4, byteOffset = 0): Float32Array {
  const target = new Float32Array(elements);
  buffer.read(target, byteOffset);
  return target;
}

/** A buffer that holds a copy of the array. */
export function bufferOf(array: Float32Array | Float64Array | Int32Array | Uint8Array): NativeBuffer {
  const buffer = addon().createBuffer(array.byteLength);
  buffer.write(array, 0);
  return buffer;
}

/** Numbers that are the same in every run: xorshift32. */
export function randomWords(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
