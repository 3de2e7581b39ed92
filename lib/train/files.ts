import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../io/safetensors.js';
import { checkNames, oneOf } from '../options.js';
import { firstNonFinite } from '../runtime/finite.js';
import { upload } from '../runtime/storage.js';
import type { StateDict } from './state.js';

export interface SaveOptions {
  /** Texts that go along in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  /** What happens where a tensor of the file has NaN or infinity in it. Default 'warn'; 'refuse' throws, and nothing is loaded. */
  readonly nonFinite?: 'allow' | 'warn' | 'refuse';
}

/** Writes a state as safetensors, atomically. */
export async function saveFile(path: string, state: StateDict, options: SaveOptions = {}): Promise<void> {
  checkNames('save', options, ['metadata']);
  checkPath('save', path);
  await writeSafetensors(path, stored(state), new Map(Object.entries({ format: 'pt', ...options.metadata })), 'save');
}

/** As files hold it. */
export function stored(state: StateDict): Map<string, StoredTensor> {
  return new Map([...state].map(([name, tensor]) => [name, { dtype: tensor.dtype, shape: tensor.shape, data: tensor.data() }]));
}

export async function loadFile(
  where: string,
  path: string,
  options: LoadOptions = {},
): Promise<{ tensors: StateDict; metadata: ReadonlyMap<string, string> }> {
  checkNames(where, options, ['nonFinite']);
  const policy = oneOf(where, 'nonFinite', options.nonFinite ?? 'warn', ['allow', 'warn', 'refuse']);
  checkPath(where, path);
  const { tensors: read, metadata } = await readSafetensors(path, { where });
  const tensors = new Map(
    [...read].map(([name, { dtype, shape, data }]) => [
      name,
      new Tensor({ dtype, shape }, { storage: upload(data, dtype, shape) }),
    ]),
  );
  try {
    if (policy !== 'allow') checkFinite(where, path, tensors, policy);
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
  return { tensors, metadata };
}

function checkFinite(where: string, path: string, tensors: StateDict, policy: 'warn' | 'refuse'): void {
  for (const [name, tensor] of tensors) {
    const found = firstNonFinite(tensor);
    if (!found) continue;
    const message = `${path}: tensor ${describe(name)} has ${found.value} at element ${found.position}`;
    if (policy === 'refuse')
      throw new RavineError('data', where, message, { help: "load it all the same with { nonFinite: 'allow' }" });
    process.emitWarning(`[${where}] ${message}`, 'RavineWarning');
    return;
  }
}

export function checkPath(where: string, path: unknown): void {
  if (typeof path !== 'string' || path === '')
    throw new RavineError('option', where, `expected the path of a file, got ${describe(path)}`);
}
