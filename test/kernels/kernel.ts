import { expect } from 'vitest';
import type { Addon, NativeFault } from '../../lib/runtime/addon.js';
import { encode, randomWords, type CodeValue } from '../runtime/code.js';
import { addonsByIsa } from './addons.js';

export type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;
export type DTypeName = 'float32' | 'float64' | 'int32' | 'uint8';

export interface KernelCase {
  readonly kernel: string;
  readonly inputs?: readonly Elements[];
  readonly outputs: readonly { readonly dtype: DTypeName; readonly elements: number }[];
  readonly attributes: readonly number[];
  /** The last output lies over this input; or each output over the input that stands here for it. */
  readonly over?: number | readonly (number | undefined)[] | undefined;
}

export interface KernelResult {
  readonly outputs: readonly Elements[];
  readonly fault: NativeFault | null;
}

const guardBytes = 64;
const guard = 0xa5;
const intactGuards = Buffer.alloc(2 * guardBytes, guard);
const threadCounts = [1, 3];

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
export const epsilon = { float32: 2 ** -23, float64: 2 ** -52, int32: 0, uint8: 0 };

/** Below these numbers a result may be flushed to zero. */
export const smallest = { float32: 2 ** -126, float64: 2 ** -1022, int32: 0, uint8: 0 };

export function dtypeOf(array: Elements): DTypeName {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  return array instanceof Int32Array ? 'int32' : 'uint8';
}

export function arrayOf(dtype: DTypeName, values: ArrayLike<number>): Elements {
  return arrays[dtype].from(values);
}

/** Numbers from `low` to `high`, whole ones for whole types; the same in every run. */
export function uniform(dtype: DTypeName, elements: number, seed: number, low = -1, high = 1): Elements {
  const next = randomWords(seed * 7919 + elements);
  return arrayOf(
    dtype,
    Array.from({ length: elements }, () => low + (next() / 2 ** 32) * (high - low)),
  );
}

/** Puts infinities, NaN, ±1000 and both zeros at some places. */
export function sprinkle(array: Elements, seed: number): Elements {
  const special = [Infinity, -Infinity, NaN, 1000, -1000, 0, -0];
  const next = randomWords(seed);
  for (let i = 0; i < array.length; i++) if (next() % 29 === 0) array[i] = special[next() % special.length] ?? 0;
  return array;
}

export function withinTolerance(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected) || Number.isNaN(actual)) return Number.isNaN(expected) && Number.isNaN(actual);
  return actual === expected || Math.abs(actual - expected) <= tolerance;
}

/** Every element equals `expected(i)` up to `tolerance(i, expected)`. */
export function expectElements(
  actual: Elements | undefined,
  expected: (i: number) => number,
  tolerance: (i: number, expected: number) => number = () => 0,
): void {
  if (actual === undefined) throw new Error('no such output');
  for (let i = 0; i < actual.length; i++) {
    const value: number = actual[i] ?? NaN;
    const wanted: number = expected(i);
    if (!withinTolerance(value, wanted, tolerance(i, wanted))) expect.fail(`element ${i}: expected ${wanted}, got ${value}`);
  }
}

/** Runs the kernel with every instruction set and 1 and 3 threads: all have to give the same bits and leave the guards alone. */
export function runKernel(test: KernelCase): KernelResult {
  let first: KernelResult | undefined;
  for (const [isa, addon] of addonsByIsa()) {
    for (const threads of threadCounts) {
      addon.setThreads(threads);
      const result = runOnce(addon, test);
      first ??= result;
      expect(result.fault).toEqual(first.fault);
      for (const [i, output] of result.outputs.entries()) expectSameBits(output, first.outputs[i], `${isa}, ${threads} threads`);
    }
  }
  if (first === undefined) throw new Error('no instruction set');
  return first;
}

const bytesOf = (array: Elements) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** NaN is NaN, whatever its payload. */
function expectSameBits(actual: Elements, expected: Elements | undefined, where: string): void {
  if (expected !== undefined && bytesOf(actual).equals(bytesOf(expected))) return;
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected?.[i])) expect.fail(`${where}, element ${i}: ${actual[i]} is not ${expected?.[i]}`);
  }
}

function runOnce(addon: Addon, { kernel, inputs = [], outputs, attributes, over }: KernelCase): KernelResult {
  const code: CodeValue[] = inputs.map((array, slot) => ({
    slot,
    offset: guardBytes,
    dtype: dtypeOf(array),
    elements: array.length,
  }));
  const sizes = inputs.map((array) => array.byteLength);
  for (const [i, { dtype, elements }] of outputs.entries()) {
    const below = typeof over === 'object' ? over[i] : i === outputs.length - 1 ? over : undefined;
    const slot = below ?? sizes.length;
    if (slot === sizes.length) sizes.push(elements * arrays[dtype].BYTES_PER_ELEMENT);
    code.push({ slot, offset: guardBytes, dtype, elements });
  }
  const slots = sizes.map((size) => ({ bytes: size + 2 * guardBytes }));
  const buffers = slots.map(({ bytes }) => addon.createBuffer(bytes));
  for (const buffer of buffers) buffer.write(new Uint8Array(buffer.byteLength).fill(guard), 0);
  for (const [i, array] of inputs.entries()) buffers[i]?.write(array, guardBytes);

  const values = code.map((_, i) => i);
  const instruction = { kernel, inputs: values.slice(0, inputs.length), outputs: values.slice(inputs.length), attributes };
  const binding = addon.createProgram(encode({ slots, values: code, instructions: [instruction] })).bind(buffers);
  const fault = binding.run(0);
  binding.dispose();

  const results = outputs.map(({ dtype, elements }, i) => {
    const array = new arrays[dtype](elements);
    buffers[code[inputs.length + i]?.slot ?? -1]?.read(array, guardBytes);
    return array;
  });
  for (const buffer of buffers) {
    const bytes = new Uint8Array(buffer.byteLength);
    buffer.read(bytes, 0);
    const guards = Buffer.concat([bytes.subarray(0, guardBytes), bytes.subarray(bytes.length - guardBytes)]);
    expect(guards.equals(intactGuards)).toBe(true);
    buffer.dispose();
  }
  return { outputs: results, fault };
}
