import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RavineError } from '../errors.js';

/** Bytes handed to one system call: a write takes milliseconds, and JavaScript runs in between. */
export const chunkBytes = 4 * 1024 * 1024;

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that at any moment, also after a crash, the path holds the old file or the whole new one: temporary sibling, fsync,
 * rename, fsync of the folder. A symbolic link at the path is replaced, never written through. On failure nothing is left behind.
 */
export async function writeAtomically(where: string, path: string, chunks: Chunks): Promise<void> {
  const target = resolve(path);
  const folder = dirname(target);
  await refuseSpecialFile(where, target);
  const temporary = join(folder, `.ravine-${randomBytes(8).toString('hex')}.tmp`);
  const progress = { bytes: 0 };
  try {
    await writeTemporary(temporary, chunks, progress);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw await fileError(where, `cannot write ${target}`, error, folder, progress.bytes);
  }
  await syncFolder(folder);
}

async function writeTemporary(temporary: string, chunks: Chunks, progress: { bytes: number }): Promise<void> {
  // O_EXCL and O_NOFOLLOW: a file or link that someone else put there is refused; the kernel takes the umask off 0666.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, 0o666);
  try {
    for await (const chunk of chunks) await writeWhole(file, chunk, progress);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, progress: { bytes: number }): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, offset, Math.min(chunkBytes, bytes.byteLength - offset));
    offset += bytesWritten;
    progress.bytes += bytesWritten;
  }
}

/** The rename itself is on disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function refuseSpecialFile(where: string, target: string): Promise<void> {
  const there = await lstat(target).catch(() => undefined);
  if (there === undefined || there.isFile() || there.isSymbolicLink()) return;
  const kind = there.isDirectory() ? 'a folder' : 'not a regular file';
  throw new RavineError('file', where, `cannot write ${target}: it is ${kind}`);
}

/** A `RavineError` with the system's error as its cause (whose `code` says which). An error of ours passes as it is. */
export async function fileError(where: string, what: string, error: unknown, folder?: string, bytes?: number): Promise<Error> {
  if (error instanceof RavineError) return error;
  const code = errorCode(error);
  if (code === undefined) return error instanceof Error ? error : new RavineError('file', where, what, { cause: error });
  const reason =
    code === 'ENOSPC' && folder !== undefined
      ? await spaceLeft(folder, bytes ?? 0)
      : String(error instanceof Error ? error.message : code);
  return new RavineError('file', where, `${what}: ${reason}`, { cause: error });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
    ? error.code
    : undefined;
}

async function spaceLeft(folder: string, bytes: number): Promise<string> {
  const free = await statfs(folder).then(
    (facts) => `${facts.bavail * facts.bsize} bytes are free in ${folder}`,
    () => `${folder} is full`,
  );
  return `ENOSPC: no space left after ${bytes} bytes; now ${free}`;
}
