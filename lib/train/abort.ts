/** Awaits native work that `stop` ends early, when the signal fires or has fired. */
export async function stoppedBy<T>(signal: AbortSignal | undefined, stop: () => void, work: Promise<T>): Promise<T> {
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await work;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
