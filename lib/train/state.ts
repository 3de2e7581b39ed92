import { RavineError } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import type { BufferStorage } from '../runtime/storage.js';
import { allocate, byteSize, storageOf } from '../runtime/storage.js';
import type { Engine } from './engine.js';
import type { Copies } from './evaluate.js';

/** Parameters and buffers by PyTorch's names: `0.weight`, `body.1.running_mean`. */
export type StateDict = ReadonlyMap<string, Tensor>;

interface Entry {
  readonly tensor: Tensor;
  readonly external: TensorType;
  toExternal(inner: Tensor): Tensor;
  fromExternal(outer: Tensor): Tensor;
}

/** What a model's state is made of. */
function entriesOf(engine: Engine): Map<string, Entry> {
  const { flat } = engine.memory;
  const same = (tensor: Tensor): Tensor => tensor;
  const parameters = flat.namesInOrder.map(({ name, parameter }): [string, Entry] => {
    const { dtype, layout } = parameter;
    const external = { dtype, shape: layout?.externalShape ?? parameter.shape };
    return [
      name,
      {
        tensor: parameter,
        external,
        toExternal: (inner) => (layout ? layout.toExternal(inner) : inner),
        fromExternal: (outer) => (layout ? layout.fromExternal(outer) : outer),
      },
    ];
  });
  const buffers = [...flat.buffers].map(([name, buffer]): [string, Entry] => [
    name,
    { tensor: buffer, external: buffer, toExternal: same, fromExternal: same },
  ]);
  return new Map([...parameters, ...buffers]);
}

/** Copies of a model's state; of `copies` where it has been copied already. */
export function collectState(engine: Engine, copies: Copies): StateDict {
  return new Map(
    [...entriesOf(engine)].map(([name, entry]) => [name, tidy(() => entry.toExternal(copyOf(entry.tensor, copies)))]),
  );
}

function copyOf(tensor: Tensor, copies: Copies): Tensor {
  const { buffer, byteOffset } = storageOf(tensor);
  const copy = allocate(tensor);
  copy.buffer.native.copyFrom((copies.get(buffer) ?? buffer).native, byteOffset, 0, byteSize(tensor));
  return new Tensor({ dtype: tensor.dtype, shape: tensor.shape }, { storage: copy });
}

/** Checks the whole of a state before any of it is taken over. */
export function applyState(engine: Engine, state: StateDict): void {
  const entries = entriesOf(engine);
  checkState(entries, state);
  tidy(() => {
    const inner = [...entries].map(([name, entry]) => {
      const outer = state.get(name);
      return [entry, outer && entry.fromExternal(outer)] as const;
    });
    for (const [{ tensor }, source] of inner) if (source) overwrite(tensor, source);
  });
}

function overwrite(target: Tensor, source: Tensor): void {
  const to: BufferStorage = storageOf(target);
  const from = storageOf(source);
  to.buffer.native.copyFrom(from.buffer.native, from.byteOffset, to.byteOffset, byteSize(target));
}

function checkState(entries: ReadonlyMap<string, Entry>, state: StateDict): void {
  const map: unknown = state;
  if (!(map instanceof Map)) throw new RavineError('format', 'loadStateDict', 'expected a Map of tensors by name');
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
    throw new RavineError('format', 'loadStateDict', `not the state of this network: ${faults.join('; ')}`, {
      help: 'nothing was loaded',
    });
}
