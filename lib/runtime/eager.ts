import { RavineError, internal } from '../errors.js';
import type { Evaluator } from '../ir/evaluator.js';
import type { Op } from '../ir/op.js';
import { Tensor } from '../ir/tensor.js';
import { Trace, withTrace, withoutTrace } from '../ir/trace.js';
import type { Place } from '../passes/memory.js';
import { formatType, type TensorType } from '../shape.js';
import { Lru } from './lru.js';
import { Program } from './program.js';
import { SlotTable } from './slots.js';
import { BufferStorage, allocate, download, storageOf, upload, type SharedBuffer } from './storage.js';

interface OneOp {
  readonly program: Program;
  readonly inputs: readonly Place[];
  readonly outputs: readonly { readonly place: Place; readonly type: TensorType }[];
}

/** One-op programs by op, attributes and input types; the least recently used ones go. */
const cache = new Lru<string, OneOp>(512);

/** Ops on concrete tensors, one at a time. */
export const eager: Evaluator = {
  upload,
  download,
  apply(op, inputs, attributes) {
    for (const input of inputs) {
      if (input.value)
        throw new RavineError('trace', op.name, `${formatType(input)} belongs to a function that was traced before`, {
          help: 'return values from the traced function instead of keeping them',
        });
    }
    if (op.implementation.kind === 'definition') return withoutTrace(() => op.definition?.(inputs, attributes) ?? []);
    if (op.implementation.kind === 'view') return [viewOf(op, inputs, attributes)];
    return run(op, inputs, attributes);
  },
  share(storage) {
    internal(storage instanceof BufferStorage, 'a tensor of another runtime');
    return new BufferStorage(storage.buffer, storage.byteOffset);
  },
};

function viewOf(op: Op, inputs: readonly Tensor[], attributes: unknown): Tensor {
  const [source] = inputs;
  const [type] = op.infer(inputs, attributes);
  internal(source !== undefined && type !== undefined, `${op.name} is no view`);
  return new Tensor(type, { storage: eager.share(source.storage) });
}

function run(op: Op, inputs: readonly Tensor[], attributes: unknown): readonly Tensor[] {
  const key = `${op.name} ${JSON.stringify(attributes, numbersAsText)} ${inputs.map(formatType).join(' ')}`;
  const one = cache.get(key, () => compileOne(op, inputs, attributes));
  const outputs = one.outputs.map(({ type }) => allocate(type));
  const fill = new Map<number, SharedBuffer>();
  const offsets = new Map<number, number>();
  inputs.forEach((input, i) => fillSlot(one.inputs[i], storageOf(input), fill, offsets));
  outputs.forEach((storage, i) => fillSlot(one.outputs[i]?.place, storage, fill, offsets));
  const binding = one.program.bind(fill, { offsets });
  try {
    const fault = binding.run(0);
    if (fault) throw one.program.faultError(fault);
  } catch (error) {
    outputs.forEach((storage) => storage.dispose());
    throw error;
  } finally {
    binding.dispose();
  }
  return one.outputs.map(({ type }, i) => {
    const storage = outputs[i];
    internal(storage !== undefined, 'an output without memory');
    return new Tensor(type, { storage });
  });
}

function fillSlot(
  place: Place | undefined,
  storage: BufferStorage,
  fill: Map<number, SharedBuffer>,
  offsets: Map<number, number>,
): void {
  internal(place !== undefined, 'an operand without a slot');
  fill.set(place.slot, storage.buffer);
  offsets.set(place.slot, storage.byteOffset);
}

function compileOne(op: Op, inputs: readonly Tensor[], attributes: unknown): OneOp {
  const trace = new Trace();
  const graph = withTrace(trace, () => {
    const symbols = inputs.map((type, index) => trace.input(type, { kind: 'argument', index }));
    return trace.finish(trace.call(op, symbols, attributes));
  });
  const slots = new SlotTable();
  const places = graph.inputs.map((value) => slots.openFor(value.type, false));
  const outputs = graph.outputs.map(({ type }) => ({ type, place: slots.openFor(type, true) }));
  const program = new Program([{ graph, inputs: places, outputs: outputs.map(({ place }) => place) }], slots);
  return { program, inputs: places, outputs };
}

/** JSON keeps neither NaN nor ±∞ nor −0 apart. */
function numbersAsText(_: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `#${Object.is(value, -0) ? '-0' : String(value)}`
    : value;
}
