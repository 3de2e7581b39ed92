import { RavineError, describe, type ErrorCode } from '../errors.js';
import { checkSignal } from '../options.js';
import type { NativeBuffer, SparseJobs } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';

/** What may go along with any long work. */
export interface JobOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Float64Array) => void) | undefined;
}

const codes: readonly string[] = ['data', 'file', 'format', 'memory'] satisfies ErrorCode[];

/** Runs one native job. Its errors become ours, with `prefix` before the message. */
export async function runSparse<Kind extends keyof SparseJobs>(
  where: string,
  spec: { readonly kind: Kind } & SparseJobs[Kind]['spec'],
  { signal, onProgress }: JobOptions = {},
  prefix = '',
): Promise<SparseJobs[Kind]['result']> {
  checkSignal(where, signal);
  const job = addon().startSparse(spec, onProgress ?? null);
  const stop = (): void => job.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await job.done;
  } catch (error) {
    throw asRavineError(where, prefix, error);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function asRavineError(where: string, prefix: string, error: unknown): unknown {
  if (error instanceof RavineError || !(error instanceof Error) || !('code' in error)) return error;
  const code = codes.find((known) => known === error.code);
  return code === undefined ? error : new RavineError(code as ErrorCode, where, `${prefix}${error.message}`);
}

/** The path of a file, as the system will be given it: text, without the zero that would end it early. */
export function checkPath(where: string, path: unknown): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw new RavineError('option', where, `expected the path of a file, got ${describe(path)}`);
}

/** Fresh, zeroed native memory. */
export function allocateBuffer(where: string, bytes: number): NativeBuffer {
  try {
    return addon().createBuffer(bytes);
  } catch (error) {
    throw new RavineError('memory', where, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
