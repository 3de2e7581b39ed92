import { RavineError } from '../errors.js';
import { currentTrace } from '../ir/trace.js';
import type { Tree } from '../ir/tree.js';
import type { AnyModule } from './module.js';
import { noStandIns, standInFor, standInsWithin, type StandIns } from './stand-ins.js';

/** Told of each module's call when it returns, inner ones first. */
export type CallObserver = (path: string, module: AnyModule, output: Tree, inputs: readonly Tree[]) => void;

interface Frame {
  /** Paths from the outermost module that runs. */
  readonly paths: ReadonlyMap<AnyModule, string>;
  readonly path: string;
  readonly standIns: StandIns;
}

let frame: Frame | undefined;
let observer: CallObserver | undefined;
const located = new WeakSet<RavineError>();

/** Runs a module's forward, or that of what stands in for it, under its path, seen from the outermost module that runs. */
export function callModule<Output extends Tree, Inputs extends readonly Tree[]>(
  module: AnyModule,
  pathsOf: () => ReadonlyMap<AnyModule, string>,
  forward: (...inputs: Inputs) => Output,
  inputs: Inputs,
): Output {
  const outer = frame;
  const standIn = standInFor(module, outer?.standIns ?? noStandIns);
  if (standIn !== module) return standIn.forward(...inputs) as Output;
  const paths = outer?.paths ?? pathsOf();
  const path = paths.get(module) ?? strangerPath(module, outer);
  frame = { paths, path, standIns: standInsWithin(outer?.standIns ?? noStandIns, module) };
  try {
    const trace = currentTrace();
    const run = (): Output => forward(...inputs);
    const output = trace ? trace.inScope(path, run) : run();
    observer?.(path, module, output, inputs);
    return output;
  } catch (error) {
    if (error instanceof RavineError) locate(error, path);
    throw error;
  } finally {
    frame = outer;
  }
}

/** Tells `observe` of every call while `fn` runs. */
export function observeCalls<T>(observe: CallObserver, fn: () => T): T {
  const outer = observer;
  observer = observe;
  try {
    return fn();
  } finally {
    observer = outer;
  }
}

/** A module that is no field of any other may compute, but parameters in it would not be trained. */
function strangerPath(module: AnyModule, outer: Frame | undefined): string {
  for (const [name] of module.members())
    throw new RavineError(
      'trace',
      'module',
      `${module} is used in a forward but is not found among the fields, so '${name}' would not be trained`,
      {
        help: 'keep it in a field of the module that uses it, also in an array or a plain object',
      },
    );
  return outer?.path ?? '';
}

/** Puts the path of the innermost module before the message, once. */
function locate(error: RavineError, path: string): void {
  if (located.has(error)) return;
  located.add(error);
  if (path === '') return;
  const { message } = error;
  error.message = `${path}: ${message}`;
  if (error.stack !== undefined) error.stack = error.stack.replace(message, () => error.message);
}
