import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { readSafetensors, writeSafetensors } from '../io/safetensors.js';
import { checkNames } from '../options.js';
import { upload } from '../runtime/storage.js';
import type { StateDict } from './state.js';

export interface SaveOptions {
  /** Texts that go along in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes a state as safetensors, atomically. */
export async function saveFile(path: string, state: StateDict, options: SaveOptions = {}): Promise<void> {
  checkNames('save', options, ['metadata']);
  checkPath('save', path);
  const stored = new Map(
    [...state].map(([name, tensor]) => [name, { dtype: tensor.dtype, shape: tensor.shape, data: tensor.data() }]),
  );
  await writeSafetensors(path, stored, new Map(Object.entries({ format: 'pt', ...options.metadata })), 'save');
}

export async function loadFile(path: string): Promise<StateDict> {
  checkPath('load', path);
  const { tensors } = await readSafetensors(path, { where: 'load' });
  return new Map(
    [...tensors].map(([name, { dtype, shape, data }]) => [
      name,
      new Tensor({ dtype, shape }, { storage: upload(data, dtype, shape) }),
    ]),
  );
}

function checkPath(where: string, path: unknown): void {
  if (typeof path !== 'string' || path === '')
    throw new RavineError('option', where, `expected the path of a file, got ${describe(path)}`);
}
