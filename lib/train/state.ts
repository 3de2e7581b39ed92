import { dtypes } from '../dtype.js';
import { RavineError, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import { namedState } from '../nn/naming.js';
import { Parameter } from '../nn/parameter.js';
import { allocate, byteSize, storageOf, type SharedBuffer } from '../runtime/storage.js';
import type { Engine } from './engine.js';
import type { Copies } from './evaluate.js';

/** Parameters and buffers by PyTorch's names: `0.weight`, `body.1.running_mean`. */
export type StateDict = ReadonlyMap<string, Tensor>;

interface Entry {
  readonly type: TensorType;
  readonly place: { readonly buffer: SharedBuffer; readonly byteOffset: number };
  readonly external: TensorType;
  readonly layout: Parameter['layout'];
}

export type Entries = ReadonlyMap<string, Entry>;

/** What a model's state is made of. A tied parameter has an entry for each of its names, all of one place. */
export function entriesOf({ parts }: Engine): Entries {
  return new Map(
    [...namedState(parts.network)].map(([name, tensor]): [string, Entry] => [
      name,
      tensor instanceof Parameter
        ? parameterEntry(tensor, storageOf(tensor))
        : { type: tensor, place: storageOf(tensor), external: tensor, layout: undefined },
    ]),
  );
}

/** What the optimiser keeps of each parameter that trains, by `<state>.<parameter>`. */
export function optimizerEntriesOf({ memory: { flat, state, ranges } }: Engine): Entries {
  const width = dtypes[flat.dtype].bytes;
  return new Map(
    flat.trainableEntries.flatMap(({ name, parameter, byteOffset }) => {
      const range = ranges.find(({ begin, elements }) => byteOffset >= begin * width && byteOffset < (begin + elements) * width);
      return (range?.optimizer.state ?? []).map((kind): [string, Entry] => {
        const buffer = state.get(kind);
        internal(buffer !== undefined, 'a state without a buffer');
        return [`${kind}.${name}`, parameterEntry(parameter, { buffer, byteOffset })];
      });
    }),
  );
}

function parameterEntry(parameter: Parameter, place: Entry['place']): Entry {
  const { dtype, shape, layout } = parameter;
  return { type: { dtype, shape }, place, external: { dtype, shape: layout?.externalShape ?? shape }, layout };
}

/** Copies of a model's state; of `copies` where it has been copied already. */
export function collectState(entries: Entries, copies: Copies): StateDict {
  return new Map(
    [...entries].map(([name, entry]) => [
      name,
      tidy(() => {
        const copy = copyOf(entry, copies);
        return entry.layout?.toExternal(copy) ?? copy;
      }),
    ]),
  );
}

function copyOf({ type, place: { buffer, byteOffset } }: Entry, copies: Copies): Tensor {
  const copy = allocate(type);
  copy.buffer.native.copyFrom((copies.get(buffer) ?? buffer).native, byteOffset, 0, byteSize(type));
  return new Tensor({ dtype: type.dtype, shape: type.shape }, { storage: copy });
}

/** Takes over a state that has been checked. */
export function applyState(entries: Entries, state: StateDict): void {
  tidy(() => {
    const inner = [...entries].map(([name, entry]) => {
      const outer = state.get(name);
      return [entry, outer && (entry.layout?.fromExternal(outer) ?? outer)] as const;
    });
    for (const [{ place }, source] of inner) if (source) overwrite(place, source);
  });
}

function overwrite(to: Entry['place'], source: Tensor): void {
  const from = storageOf(source);
  to.buffer.native.copyFrom(from.buffer.native, from.byteOffset, to.byteOffset, byteSize(source));
}

/** The names, shapes and dtypes of a state have to be those of the entries. */
export function checkState(where: string, entries: Entries, state: StateDict, whose = 'this network'): void {
  const map: unknown = state;
  if (!(map instanceof Map)) throw new RavineError('format', where, 'expected a Map of tensors by name');
  const given = new Set([...entries].flatMap(([name, { place }]) => (state.has(name) ? [place] : [])));
  const missing = [...entries].flatMap(([name, { place }]) => (given.has(place) ? [] : [name]));
  const unexpected = [...state.keys()].filter((name) => !entries.has(name));
  const wrong = [...entries].flatMap(([name, { external }]) => {
    const tensor: unknown = state.get(name);
    if (tensor === undefined) return [];
    if (!(tensor instanceof Tensor)) return [`${name} is not a tensor`];
    const fits = tensor.dtype === external.dtype && sameShape(tensor.shape, external.shape);
    return fits ? [] : [`${name}: expected ${formatType(external)}, got ${formatType(tensor)}`];
  });
  const faults = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(', ')}`] : []),
    ...wrong,
  ];
  if (faults.length === 0) faults.push(...differingTies(entries, state));
  if (faults.length > 0)
    throw new RavineError('format', where, `not the state of ${whose}: ${faults.join('; ')}`, {
      help: 'nothing was loaded',
    });
}

/** Names of one parameter that come with different elements. */
function differingTies(entries: Entries, state: StateDict): string[] {
  const first = new Map<Entry['place'], readonly [string, Tensor]>();
  return [...entries].flatMap(([name, { place }]) => {
    const tensor = state.get(name);
    if (!tensor) return [];
    const [firstName, before] = first.get(place) ?? [name, tensor];
    first.set(place, [firstName, before]);
    if (before === tensor) return [];
    const [one, other] = [before.data(), tensor.data()];
    const same = one.every((value, i) => Object.is(value, other[i]));
    return same ? [] : [`${firstName} and ${name} are one tensor here, and differ there`];
  });
}

/** What `torch.nn.utils.parametrizations.weight_norm` names otherwise than `weight_norm`, under the names that a network has. */
export function inOlderNames(entries: Entries, state: StateDict): StateDict {
  if (!((state as unknown) instanceof Map)) return state;
  return new Map(
    [...state].map(([name, tensor]) => {
      const older = name
        .replace(/parametrizations\.weight\.original0$/, 'weight_g')
        .replace(/parametrizations\.weight\.original1$/, 'weight_v');
      return [entries.has(older) && !state.has(older) ? older : name, tensor];
    }),
  );
}
