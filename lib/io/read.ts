import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { RavineError } from '../errors.js';
import { chunkBytes, fileError } from './atomic.js';

/** A regular file opened for reading, with its size when it was opened. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly bytes: number;
}

/** Opens a regular file, hands it to `use`, and closes it. Folders, pipes and devices are refused (and a pipe does not block). */
export async function withFile<T>(where: string, path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new RavineError('file', where, `cannot read ${path}: it is not a regular file`);
      return await use({ handle, path, bytes: facts.size });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw await fileError(where, `cannot read ${path}`, error);
  }
}

/** Fills `target` from `position` on, chunk by chunk; `onChunk` sees each. False if the file ends before. */
export async function readInto(
  file: OpenFile,
  target: Uint8Array,
  position: number,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<boolean> {
  for (let offset = 0; offset < target.byteLength;) {
    const length = Math.min(chunkBytes, target.byteLength - offset);
    const { bytesRead } = await file.handle.read(target, offset, length, position + offset);
    if (bytesRead === 0) return false;
    onChunk?.(target.subarray(offset, offset + bytesRead));
    offset += bytesRead;
  }
  return true;
}
