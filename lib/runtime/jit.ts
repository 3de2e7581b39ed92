import { internal } from '../errors.js';
import type { Storage } from '../ir/evaluator.js';
import type { Graph, Value } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { Trace, currentTrace, inputOp, withTrace, type InputAttributes } from '../ir/trace.js';
import { flatten, rebuild, type Tree } from '../ir/tree.js';
import type { Place } from '../passes/memory.js';
import { formatType, type TensorType } from '../shape.js';
import type { NativeBinding, NativeFault } from './addon.js';
import { Lru } from './lru.js';
import { Program } from './program.js';
import { boolean, checkNames, nonNegativeInteger } from '../options.js';
import { RandomWords } from './random-words.js';
import { SlotTable } from './slots.js';
import { allocate, storageOf, type BufferStorage, type SharedBuffer } from './storage.js';

export interface JitOptions {
  /** Keys what random ops draw, together with the number of the call. Default 0. */
  readonly seed?: number;
  /** Trace as in training: dropout drops. Default false. */
  readonly training?: boolean;
}

export interface Jitted<A extends unknown[], R> {
  /** Runs on a thread of its own. */
  (...args: A): Promise<R>;
  /** Runs on this thread, and blocks it. */
  sync(...args: A): R;
}

interface Entry<R> {
  readonly program: Program;
  readonly inputs: readonly (Place | undefined)[];
  /** Where the step's random words go, if the function draws any. */
  readonly random: Place | undefined;
  readonly outputs: readonly { readonly place: Place; readonly type: TensorType }[];
  readonly result: R;
  readonly captured: Captured;
}

/** Programs a function may have, one for each structure, shapes and dtypes of its arguments. */
const mostPrograms = 32;

/**
 * Compiles a function of tensors: traced once for each set of shapes and dtypes, then run natively. Captured tensors are inputs by reference;
 * captured JavaScript numbers are constants of the trace.
 */
export function jit<A extends Tree[], R extends Tree>(f: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> {
  checkNames('jit', options, ['seed', 'training']);
  const words = new RandomWords(nonNegativeInteger('jit', 'seed', options.seed ?? 0));
  const training = boolean('jit', 'training', options.training ?? false);
  const cache = new Lru<string, Entry<R>>(mostPrograms, warnOnce(f));
  const prepare = (args: A): { entry: Entry<R>; leaves: Tensor[] } => {
    const { leaves, structure } = flatten('jit', args);
    const key = `${structure} ${leaves.map(formatType).join(' ')}`;
    return {
      leaves,
      entry: cache.get(
        key,
        () => build(f, args, leaves, training),
        ({ captured }) => captured.isCurrent,
      ),
    };
  };
  const sync = (...args: A): R => {
    if (currentTrace()) return f(...args);
    const { entry, leaves } = prepare(args);
    const run = bind(entry, leaves, words);
    return finish(entry, run, run.binding.run(0));
  };
  const later = async (...args: A): Promise<R> => {
    const { entry, leaves } = prepare(args);
    const run = bind(entry, leaves, words);
    return finish(entry, run, await run.binding.runAsync(0));
  };
  return Object.assign(later, { sync });
}

/** Says why a function is slow that is traced at nearly every call. */
function warnOnce(f: { readonly name: string }): () => void {
  let warned = false;
  return () => {
    if (!warned)
      process.emitWarning(
        `[jit] ${f.name || 'a function'} was traced for more than ${mostPrograms} sets of shapes; each trace compiles a program. help: pad the arguments to a few shapes`,
        'RavineWarning',
      );
    warned = true;
  };
}

function build<A extends unknown[], R>(f: (...args: A) => R, args: A, leaves: readonly Tensor[], training: boolean): Entry<R> {
  const trace = new Trace({ training });
  const result = withTrace(trace, () =>
    f(
      ...rebuild(
        args,
        leaves.map((leaf, index) => trace.input(leaf, { kind: 'argument', index })),
      ),
    ),
  );
  const returned = flatten('jit', result).leaves;
  const effects = trace.effects;
  const graph = trace.finish([...returned, ...effects.map(({ value }) => trace.tensorOf(value))]);
  const slots = new SlotTable();
  const targets = effects.map(({ target }) => slots.ofTensor(target, true));
  const inputs = graph.inputs.map((value) => inputPlace(slots, value));
  const outputs = returned.map((type) => ({ type: { dtype: type.dtype, shape: type.shape }, place: slots.openFor(type, true) }));
  const program = new Program([{ graph, inputs, outputs: [...outputs.map(({ place }) => place), ...targets] }], slots);
  const open = graph.inputs.flatMap((value, i) => (roleOf(value).kind === 'argument' ? [inputs[i]] : []));
  const random = inputs[graph.inputs.findIndex((value) => roleOf(value).kind === 'random')];
  return { program, inputs: open, random, outputs, result, captured: new Captured(graph, effects) };
}

/**
 * Tensors that a trace captured, and where they lay: a buffer that is assigned to, or a parameter that a model takes over, moves. A program keeps what was disposed.
 */
export class Captured {
  readonly #storages: ReadonlyMap<Tensor, Storage>;

  constructor({ inputs }: Graph, effects: readonly { readonly target: Tensor }[]) {
    const read = inputs.flatMap((value) => {
      const role = roleOf(value);
      return role.kind === 'captured' ? [role.tensor] : [];
    });
    this.#storages = new Map([...read, ...effects.map(({ target }) => target)].map((tensor) => [tensor, tensor.storage]));
  }

  get isCurrent(): boolean {
    return [...this.#storages].every(([tensor, storage]) => tensor.disposed || tensor.storage === storage);
  }
}

/** The role of a graph's input. */
export function roleOf(value: Value): InputAttributes['role'] {
  internal(value.node.op.name === inputOp.name, 'not an input');
  return (value.node.attributes as InputAttributes).role;
}

function inputPlace(slots: SlotTable, value: Value): Place {
  const role = roleOf(value);
  return role.kind === 'captured' ? slots.ofTensor(role.tensor, false) : slots.openFor(value.type, false);
}

interface Run {
  readonly binding: NativeBinding;
  readonly outputs: readonly BufferStorage[];
}

function bind(entry: Entry<unknown>, leaves: readonly Tensor[], words: RandomWords): Run {
  const fill = new Map<number, SharedBuffer>();
  const offsets = new Map<number, number>();
  const put = (place: Place | undefined, storage: BufferStorage): void => {
    internal(place !== undefined, 'an operand without a slot');
    fill.set(place.slot, storage.buffer);
    offsets.set(place.slot, storage.byteOffset);
  };
  leaves.forEach((leaf, i) => put(entry.inputs[i], storageOf(leaf)));
  const random = entry.random && words.next();
  if (random) put(entry.random, random);
  const outputs = entry.outputs.map(({ type }) => allocate(type));
  outputs.forEach((storage, i) => put(entry.outputs[i]?.place, storage));
  const binding = entry.program.bind(fill, { offsets });
  random?.dispose();
  return { binding, outputs };
}

function finish<R>(entry: Entry<R>, run: Run, fault: NativeFault | null): R {
  run.binding.dispose();
  if (fault) {
    run.outputs.forEach((storage) => storage.dispose());
    throw entry.program.faultError(fault);
  }
  const tensors = entry.outputs.map(({ type }, i) => {
    const storage = run.outputs[i];
    internal(storage !== undefined, 'an output without memory');
    return new Tensor(type, { storage });
  });
  return rebuild(entry.result, tensors);
}
