import { internal } from '../errors.js';
import type { Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import type { InputTypes } from '../optim/optimizer.js';
import type { PartRequest } from '../passes/compile.js';
import type { Place } from '../passes/memory.js';
import type { LoopSpec, NativeBinding } from '../runtime/addon.js';
import { roleOf } from '../runtime/jit.js';
import { Program } from '../runtime/program.js';
import { SlotTable } from '../runtime/slots.js';
import { SharedBuffer, byteSize, storageOf, type BufferStorage } from '../runtime/storage.js';
import type { TensorType } from '../shape.js';
import type { Control } from './control.js';
import type { FlatParameters } from './flat.js';
import type { Lazy, UpdateRange } from './layout.js';
import type { RowwiseRange } from './rowwise.js';
import type { BatchSpec, ModelParts } from './session.js';
import { traceEvaluation, tracePrediction, traceTraining, type OutputType, type StepGraph } from './step-graph.js';
import { traceAccumulation, traceFlat, traceLookAhead, tracePrepared, traceUpdate } from './update-graph.js';

/** What every program of a model is bound to. */
export interface Memory {
  readonly flat: FlatParameters;
  /** What trains, by the optimisers that update it. */
  readonly ranges: readonly UpdateRange[];
  /** The optimisers' state, a flat buffer for each name. */
  readonly state: ReadonlyMap<string, SharedBuffer>;
  /** What optimisers prepare for their updates, a flat buffer for each name. */
  readonly prepared: ReadonlyMap<string, SharedBuffer>;
  readonly control: Control;
  /** Where the gradient is taken, for optimisers that look ahead. */
  readonly lookAhead: SharedBuffer | undefined;
  /** Sums of gradients, where a step has several batches; made when first asked for. */
  readonly accumulated: Lazy;
  /** Matrices whose rows may see steps late. */
  readonly rowwise: readonly RowwiseRange[];
}

/** A program for batches of one size, and the slots that a session fills. */
export interface StepProgram {
  readonly program: Program;
  readonly parts: number;
  /** Where a step has several batches: which parts run when. */
  readonly phases?: Phases;
  /** Parts for matrices whose rows see steps late: before a loop, and before somebody is to see the parameters. */
  readonly late?: Required<Pick<LoopSpec, 'begin' | 'settle'>>;
  /** Slots of the fields in order, then that of the sample numbers where rows are gathered. */
  readonly argumentSlots: readonly number[];
  readonly sums: readonly TensorType[];
  /** Of a prediction: what it gives, and the slots for it. */
  readonly outputs: readonly (OutputType & { readonly slot: number })[];
}

export type Phases = Pick<NonNullable<LoopSpec['accumulate']>, 'first' | 'next' | 'shortened' | 'update'>;

/** Buffers of a session for a program's open slots. */
export interface Bound {
  readonly arguments: readonly BufferStorage[];
  /** For each of the step's outputs. */
  readonly outputs?: readonly SharedBuffer[];
  readonly arena: SharedBuffer;
  /** Takes the place of buffers that the program was compiled for: copies of the parameters, say. */
  readonly replace?: ReadonlyMap<SharedBuffer, SharedBuffer>;
}

export function bindStep(step: StepProgram, bound: Bound): NativeBinding {
  const fill = new Map<number, SharedBuffer>();
  const offsets = new Map<number, number>();
  step.argumentSlots.forEach((slot, i) => {
    const storage = bound.arguments[i];
    internal(storage !== undefined, 'an argument without a buffer');
    fill.set(slot, storage.buffer);
    offsets.set(slot, storage.byteOffset);
  });
  step.outputs.forEach(({ slot }, i) => {
    const buffer = bound.outputs?.[i];
    internal(buffer !== undefined, 'an output without a buffer');
    fill.set(slot, buffer);
  });
  return step.program.bind(fill, { arena: bound.arena, offsets, ...(bound.replace && { replace: bound.replace }) });
}

export function buildTraining(parts: ModelParts, memory: Memory, spec: BatchSpec): StepProgram {
  const { flat, control } = memory;
  // Where a step has several batches, gradients are added up, all of them; what is prepared may read every parameter.
  const whole = spec.share !== undefined || memory.ranges.some(({ optimizer }) => optimizer.prepared);
  const candidates = whole ? [] : memory.rowwise;
  const step = traceTraining(
    parts,
    flat,
    spec,
    candidates.map(({ parameter }) => parameter),
  );
  const slots = new SlotTable();
  const late = candidates.filter(({ parameter }) => step.rowwise.has(parameter));
  const { inputs, argumentSlots } = placeInputs(slots, step, control, { memory, late });
  const gradients = flat.trainableEntries.map(({ parameter, byteOffset }) => {
    const slope = step.rowwise.get(parameter)?.slope;
    return slope
      ? slots.inBuffer(SharedBuffer.allocate(byteSize(slope)), 0, byteSize(slope), true)
      : slots.inBuffer(flat.gradients, byteOffset, byteSize(parameter), true);
  });
  const byRows = late.map((range) => {
    const found = step.rowwise.get(range.parameter);
    const slope = gradients[flat.trainableEntries.findIndex(({ parameter }) => parameter === range.parameter)];
    internal(found !== undefined && slope !== undefined, 'a gradient by rows is missing');
    const rows = found.rows.map((index) => {
      const at = step.graph.inputs.findIndex((value) => isArgument(value, index));
      const [place, value] = [inputs[at], step.graph.inputs[at]];
      internal(place !== undefined && value !== undefined, 'rows without a place');
      return { place, type: value.type };
    });
    return range.parts(slots, memory, rows, { place: slope, type: found.slope });
  });
  const forward = {
    graph: step.graph,
    inputs,
    outputs: [...gradients, ...placeSums(slots, step, control), ...placeEffects(slots, step)],
  };
  const dense = memory.ranges.filter((range) => !late.some((other) => other.range === range));
  const lookAhead = memory.lookAhead ? dense.map((range) => lookAheadPart(slots, memory, range)) : [];
  const gradientsOfStep = spec.share === undefined ? memory.flat.gradients : memory.accumulated.get();
  const accumulation = spec.share === undefined ? [] : accumulationParts(slots, memory, spec.share);
  const prepared = memory.ranges.flatMap((range) => preparedPart(slots, parts.network, memory, range, step.input));
  const updates = [...prepared, ...updateParts(slots, parts, memory, gradientsOfStep, dense)];
  const stepParts = [
    ...byRows.map(({ catchUp }) => catchUp),
    ...lookAhead,
    forward,
    ...accumulation,
    ...updates,
    ...byRows.map((part) => part.step),
  ];
  const [begin, settle] = [byRows.map((part) => part.begin), byRows.map((part) => part.settle)];
  const program = new Program([...stepParts, ...begin, ...settle], slots);
  return {
    program,
    ...(accumulation.length > 0 && { phases: phasesOf(lookAhead.length, updates.length) }),
    ...(late.length > 0 && {
      late: {
        begin: begin.map((_, i) => stepParts.length + i),
        settle: settle.map((_, i) => stepParts.length + begin.length + i),
      },
    }),
    parts: stepParts.length,
    argumentSlots,
    sums: step.sums,
    outputs: [],
  };
}

export function buildEvaluation(parts: ModelParts, memory: Memory, spec: BatchSpec): StepProgram {
  const step = traceEvaluation(parts, memory.flat, spec);
  const slots = new SlotTable();
  const { inputs, argumentSlots } = placeInputs(slots, step, memory.control);
  const program = new Program(
    [{ graph: step.graph, inputs, outputs: [...placeSums(slots, step, memory.control), ...placeEffects(slots, step)] }],
    slots,
  );
  return { program, parts: 1, argumentSlots, sums: step.sums, outputs: [] };
}

export function buildPrediction(parts: ModelParts, memory: Memory, spec: BatchSpec): StepProgram {
  const step = tracePrediction(parts, memory.flat, spec);
  const slots = new SlotTable();
  const { inputs, argumentSlots } = placeInputs(slots, step, memory.control);
  const places = step.outputs.map(({ type }) => slots.openFor(type, true));
  const program = new Program([{ graph: step.graph, inputs, outputs: [...places, ...placeEffects(slots, step)] }], slots);
  const outputs = step.outputs.map((output, i) => ({ ...output, slot: places[i]?.slot ?? -1 }));
  return { program, parts: 1, argumentSlots, sums: [], outputs };
}

export function placeInputs(
  slots: SlotTable,
  { graph }: Pick<StepGraph, 'graph'>,
  control: Control,
  training?: { readonly memory: Memory; readonly late: readonly RowwiseRange[] },
): { inputs: Place[]; argumentSlots: number[] } {
  const argumentSlots: number[] = [];
  const placeOf = (value: Value): Place => {
    const role = roleOf(value);
    if (role.kind === 'captured')
      return (training && whereTrained(slots, role.tensor, training)) ?? slots.ofTensor(role.tensor, false);
    if (role.kind === 'random') return slots.inBuffer(control.buffer, control.randomOffset, byteSize(value.type), false);
    const place = slots.openFor(value.type, false);
    argumentSlots[role.index] = place.slot;
    return place;
  };
  return { inputs: graph.inputs.map(placeOf), argumentSlots };
}

function isArgument(value: Value, index: number): boolean {
  const role = roleOf(value);
  return role.kind === 'argument' && role.index === index;
}

/** A trainable parameter's place where the gradient is taken, if that is another. */
function whereTrained(
  slots: SlotTable,
  tensor: Tensor,
  { memory, late }: { readonly memory: Memory; readonly late: readonly RowwiseRange[] },
): Place | undefined {
  const range = late.find(({ parameter }) => parameter === tensor);
  if (range) return range.rows(slots, memory);
  const { flat, lookAhead } = memory;
  const { buffer, byteOffset } = storageOf(tensor);
  const trains = byteOffset < flat.gradients.native.byteLength && buffer === flat.parameters;
  return lookAhead && trains ? slots.inBuffer(lookAhead, byteOffset, byteSize(tensor), false) : undefined;
}

export function placeSums(slots: SlotTable, { sums }: StepGraph, control: Control): Place[] {
  return sums.map((type, i) => slots.inBuffer(control.buffer, control.sumOffset(i), byteSize(type), true));
}

export function placeEffects(slots: SlotTable, { effects }: StepGraph): Place[] {
  return effects.map((target) => slots.ofTensor(target, true));
}

/** The optimisers' parts of a step: a pass over each range, after what is done to all gradients at once. */
function updateParts(
  slots: SlotTable,
  { optimizer }: ModelParts,
  memory: Memory,
  gradientsOfStep: SharedBuffer,
  ranges: readonly UpdateRange[],
): PartRequest[] {
  const { flat } = memory;
  const change = optimizer?.changeGradients?.bind(optimizer);
  const updates = ranges.map((range) => updatePart(slots, memory, range, gradientsOfStep));
  if (!change) return updates;
  const gradients = rangePlacer(slots, flat, { begin: 0, elements: flat.trainable })(gradientsOfStep, true);
  return [{ graph: traceFlat(flat.dtype, flat.trainable, change), inputs: [gradients], outputs: [gradients] }, ...updates];
}

/** a ← share·g; a ← a + share·g; a ← scale·a, for steps whose samples are not those of a whole one. */
function accumulationParts(slots: SlotTable, { flat, control, accumulated }: Memory, share: number): PartRequest[] {
  const place = rangePlacer(slots, flat, { begin: 0, elements: flat.trainable });
  const [a, g] = [place(accumulated.get(), true), place(flat.gradients, false)];
  const scale = slots.inBuffer(control.buffer, control.scaleOffset, byteSize({ dtype: flat.dtype, shape: [] }), false);
  const { begin, add, shorten } = traceAccumulation(flat.dtype, flat.trainable, share);
  return [
    { graph: begin, inputs: [g], outputs: [a] },
    { graph: add, inputs: [a, g], outputs: [a] },
    { graph: shorten, inputs: [a, scale], outputs: [a] },
  ];
}

/** Parts in order: look-ahead, forward and backward, the three of accumulation, update. */
function phasesOf(lookAhead: number, updates: number): Phases {
  const count = (length: number, from = 0): number[] => Array.from({ length }, (_, i) => from + i);
  return {
    first: count(lookAhead + 2),
    next: [lookAhead, lookAhead + 2],
    shortened: [lookAhead + 3],
    update: count(updates, lookAhead + 4),
  };
}

/** What tells the loop which parts to run when, where a step has several batches. */
export function accumulation(
  { phases }: StepProgram,
  { batches, samples }: { readonly batches: number; readonly samples: number },
  control: Control,
): Pick<LoopSpec, 'accumulate'> {
  return phases ? { accumulate: { ...phases, batches, samples, scale: control.scale() } } : {};
}

/** Where the elements of a range lie in a flat buffer. */
function rangePlacer(
  slots: SlotTable,
  { dtype }: FlatParameters,
  { begin, elements }: Pick<UpdateRange, 'begin' | 'elements'>,
): (buffer: SharedBuffer | undefined, writable: boolean) => Place {
  const offset = byteSize({ dtype, shape: [begin] });
  return (buffer, writable) => {
    internal(buffer !== undefined, 'a flat buffer is missing');
    return slots.inBuffer(buffer, offset, byteSize({ dtype, shape: [elements] }), writable);
  };
}

function updatePart(
  slots: SlotTable,
  { flat, state, prepared, control }: Memory,
  range: UpdateRange,
  gradientsOfStep: SharedBuffer,
): PartRequest {
  const { optimizer, firstScalar } = range;
  const place = rangePlacer(slots, flat, range);
  const width = byteSize({ dtype: flat.dtype, shape: [] });
  const scalars = optimizer.scalars.map((_, i) =>
    slots.inBuffer(control.buffer, control.scalarOffset(firstScalar + i), width, false),
  );
  const parameters = place(flat.parameters, true);
  const states = optimizer.state.map((name) => place(state.get(name), true));
  const given = (optimizer.prepared ?? []).map((name) => place(prepared.get(name), false));
  return {
    graph: traceUpdate(flat.dtype, range),
    inputs: [parameters, place(gradientsOfStep, false), ...states, ...scalars, ...given],
    outputs: [parameters, ...states],
  };
}

/** What an optimiser prepares, each tensor to its parameter's place in a flat buffer. */
function preparedPart(
  slots: SlotTable,
  network: ModelParts['network'],
  { flat, prepared, control }: Memory,
  range: UpdateRange,
  input: InputTypes,
): PartRequest[] {
  const names = range.optimizer.prepared ?? [];
  if (names.length === 0 || range.entries.length === 0) return [];
  const graph = tracePrepared(network, range, input);
  const { inputs, argumentSlots } = placeInputs(slots, { graph }, control);
  internal(argumentSlots.length === 0, 'an argument of what is prepared');
  const outputs = names.flatMap((name) =>
    range.entries.map(({ parameter, byteOffset }) => {
      const buffer = prepared.get(name);
      internal(buffer !== undefined, 'a flat buffer is missing');
      return slots.inBuffer(buffer, byteOffset, byteSize({ dtype: flat.dtype, shape: parameter.shape }), true);
    }),
  );
  return [{ graph, inputs, outputs }];
}

function lookAheadPart(slots: SlotTable, { flat, state, lookAhead }: Memory, range: UpdateRange): PartRequest {
  const place = rangePlacer(slots, flat, range);
  return {
    graph: traceLookAhead(flat.dtype, range),
    inputs: [place(flat.parameters, false), ...range.optimizer.state.map((name) => place(state.get(name), false))],
    outputs: [place(lookAhead, true)],
  };
}
