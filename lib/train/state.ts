import { dtypes } from '../dtype.js';
import { RavineError, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import type { Parameter } from '../nn/parameter.js';
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

/** What a model's state is made of. */
export function entriesOf({ memory: { flat } }: Engine): Entries {
  const parameters = flat.namesInOrder.map(({ name, parameter }): [string, Entry] => [
    name,
    parameterEntry(parameter, storageOf(parameter)),
  ]);
  const buffers = [...flat.buffers].map(([name, buffer]): [string, Entry] => [
    name,
    { type: buffer, place: storageOf(buffer), external: buffer, layout: undefined },
  ]);
  return new Map([...parameters, ...buffers]);
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
  const missing = [...entries.keys()].filter((name) => !state.has(name));
  const unexpected = [...state.keys()].filter((name) => !entries.has(name));
  const wrong = [...entries].flatMap(([name, { external }]) => {
    const given: unknown = state.get(name);
    if (given === undefined) return [];
    if (!(given instanceof Tensor)) return [`${name} is not a tensor`];
    const fits = given.dtype === external.dtype && sameShape(given.shape, external.shape);
    return fits ? [] : [`${name}: expected ${formatType(external)}, got ${formatType(given)}`];
  });
  const faults = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(', ')}`] : []),
    ...wrong,
  ];
  if (faults.length > 0)
    throw new RavineError('format', where, `not the state of ${whose}: ${faults.join('; ')}`, {
      help: 'nothing was loaded',
    });
}
