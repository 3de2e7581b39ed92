import { dtypes, isFloat } from '../dtype.js';
import { internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { names } from './names.js';
import { addon } from './native.js';
import { byteSize, storageOf } from './storage.js';

/** The first element that is NaN or infinite, natively and in one pass; undefined if there is none. */
export function firstNonFinite(tensor: Tensor): { readonly position: number; readonly value: number } | undefined {
  if (!isFloat(tensor.dtype) || tensor.size === 0) return undefined;
  const { buffer, byteOffset } = storageOf(tensor);
  // version, values, instructions, parts, slots; slot; part; value; instruction (see `NativeProgram`).
  const code = [
    1,
    1,
    1,
    1,
    1,
    byteSize(tensor),
    0,
    1,
    0,
    0,
    dtypes[tensor.dtype].code,
    tensor.size,
    names().kernel('check_finite'),
    1,
    0,
    0,
    0,
  ];
  const binding = addon().createProgram(Float64Array.from(code)).bind([buffer.native], [byteOffset]);
  try {
    const fault = binding.run(0);
    if (!fault) return undefined;
    internal(fault.fault === 'non-finite', `check_finite raised ${fault.fault}`);
    return { position: fault.position, value: fault.value };
  } finally {
    binding.dispose();
  }
}
