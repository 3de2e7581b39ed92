import type { Tensor } from '../ir/tensor.js';
import type { Tree } from '../ir/tree.js';
import { Buffer } from './buffer.js';
import { callModule } from './call.js';
import { Parameter } from './parameter.js';
import { noStandIns, standInFor, standInsWithin, type StandIns } from './stand-ins.js';
import { fingerprint } from './version.js';

export type Member = AnyModule | Parameter | Buffer;
/** A module whatever its forward takes and gives. */
export type AnyModule = Module<Tree, readonly Tree[]>;

/**
 * A layer, or a network of them: fields that hold parameters, buffers and other modules (also in arrays and plain objects), and a
 * `forward` made of ops.
 */
export abstract class Module<Output extends Tree = Tensor, Inputs extends readonly Tree[] = readonly Tensor[]> {
  constructor() {
    // An own function, so that what runs inside knows the module's path: op streams, errors and summaries use it.
    const forward = this.forward.bind(this);
    const paths = (): Map<AnyModule, string> => pathsIn(this);
    Object.defineProperty(this, 'forward', {
      value: (...inputs: Inputs): Output => callModule(this, paths, forward, inputs),
      configurable: true,
      writable: true,
    });
  }

  abstract forward(...inputs: Inputs): Output;

  /** Modules that run in the place of others while this one does, and are listed in their place: what `fold` merged. */
  get standIns(): StandIns {
    return noStandIns;
  }

  /** What the module holds, by name, in the order of its fields; a member without a name stands at the module's own path. */
  *members(): IterableIterator<[string, Member]> {
    for (const [name, value] of Object.entries(this)) yield* membersIn(name, value, new Set());
  }

  /** Excludes the parameters of this module and of those in it from training. */
  freeze(): this {
    return this.#setTrainable(false);
  }

  unfreeze(): this {
    return this.#setTrainable(true);
  }

  /** A text that changes with any option, child or freeze in the tree: what was traced before is then stale. */
  get stateVersion(): string {
    return fingerprint(walk(this));
  }

  /** The module with the options that tell it from others: `linear(784, 512)`. */
  toString(): string {
    const { name } = this.constructor;
    return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  }

  #setTrainable(trainable: boolean): this {
    for (const [, member] of walk(this)) if (member instanceof Parameter) member.trainable = trainable;
    return this;
  }
}

/** All that lies in a module, with paths from it as PyTorch has them: `body.1.bias`. What is reached twice goes by its first path. */
export function* walk(root: AnyModule): IterableIterator<[string, Member]> {
  const seen = new Set<Member>();
  function* visit(member: Member, path: string, standIns: StandIns): IterableIterator<[string, Member]> {
    if (seen.has(member)) return;
    seen.add(member);
    yield [path, member];
    if (!(member instanceof Module)) return;
    const within = standInsWithin(standIns, member);
    for (const [name, child] of membersUnder(member, within)) yield* visit(child, joinPath(path, name), within);
  }
  yield* visit(root, '', noStandIns);
}

/** What a module holds, where others may stand for it. */
export function* membersUnder(module: AnyModule, standIns: StandIns): IterableIterator<[string, Member]> {
  for (const [name, member] of module.members()) yield [name, member instanceof Module ? standInFor(member, standIns) : member];
}

/** `body` and `1.bias`: `body.1.bias`. */
export function joinPath(path: string, name: string): string {
  return path === '' || name === '' ? path + name : `${path}.${name}`;
}

function pathsIn(root: AnyModule): Map<AnyModule, string> {
  const paths = new Map<AnyModule, string>();
  for (const [path, member] of walk(root)) if (member instanceof Module) paths.set(member, path);
  return paths;
}

function* membersIn(name: string, value: unknown, above: ReadonlySet<unknown>): IterableIterator<[string, Member]> {
  if (value instanceof Module || value instanceof Parameter || value instanceof Buffer) yield [name, value];
  else if (isContainer(value) && !above.has(value)) {
    const within = new Set(above).add(value);
    for (const [key, child] of Object.entries(value)) yield* membersIn(`${name}.${key}`, child, within);
  }
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
