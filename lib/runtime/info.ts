import { RavineError } from '../errors.js';
import type { NativeCounters, NativeInfo } from './addon.js';
import { addon } from './native.js';

/** What this process runs on: instruction set, threads, provider of matrix products. */
export function info(): NativeInfo {
  return addon().info();
}

/** Counts since load, and what is alive in native memory. */
export function counters(): NativeCounters {
  return addon().counters();
}

/** Threads that kernels use, 1 to 256; takes effect between steps and changes no result. */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new RavineError('option', 'setThreads', `expected 1 to 256 threads, got ${String(threads)}`);
  addon().setThreads(threads);
}
