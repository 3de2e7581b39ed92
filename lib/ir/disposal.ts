/** Where this library's files lie, as a stack shows them: by URL or by path. */
const own = new URL('..', import.meta.url).href;
const ownFolders = [own, own.replace('file://', '')];

/** The call that disposes what is disposed while it runs. */
let running: Error | undefined;

/** Runs `fn`; what it disposes was disposed by this call, of that name. */
export function disposing(name: string, fn: () => void): void {
  const outer = running;
  running ??= siteOf(name);
  try {
    fn();
  } finally {
    running = outer;
  }
}

/** Stands for the call that disposes something now. */
export function disposal(): Error {
  return running ?? siteOf('dispose()');
}

/** An error that is not thrown, of few frames: at most so many are this library's. Its stack is not written out unless somebody asks. */
function siteOf(name: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 7;
  const site = new Error(name);
  Error.stackTraceLimit = limit;
  return site;
}

/** ` by tidy() at main.js:7:3`: the first line of the stack that is not this library's. */
export function describeDisposal(by: Error | undefined): string {
  if (!by) return '';
  const [, ...lines] = by.stack?.split('\n') ?? [];
  const line = lines.find((one) => !ownFolders.some((folder) => one.includes(folder)));
  const place = /\(?([^\s(]+:\d+:\d+)\)?$/u.exec(line ?? '')?.[1];
  return ` by ${by.message}${place === undefined ? '' : ` at ${place}`}`;
}
