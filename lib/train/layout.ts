import { dtypes, type DType } from '../dtype.js';
import { linearStepOf, type LinearStep } from '../optim/linear.js';
import type { Optimizer } from '../optim/optimizer.js';
import { SharedBuffer, byteSize } from '../runtime/storage.js';
import { Control } from './control.js';
import { FlatParameters, type FlatEntry, type Rank } from './flat.js';
import type { Memory } from './programs.js';
import { RowwiseRange } from './rowwise.js';
import type { ModelParts } from './session.js';

/** Parameters that one optimiser updates in one pass: they lie together and have been trained for as long. */
export interface UpdateRange {
  /** The group's name; undefined where there are no groups. */
  readonly group: string | undefined;
  readonly optimizer: Optimizer;
  /** The model's step at which they began to train. */
  readonly birth: number;
  /** In elements of the flat buffers. */
  readonly begin: number;
  readonly elements: number;
  /** Elements of each parameter, with the gap after it. */
  readonly segments: readonly number[];
  /** The parameters, in the order of memory. */
  readonly entries: readonly FlatEntry[];
  /** The number of its first scalar among all of the step. */
  readonly firstScalar: number;
}

/** A buffer that is made when it is first asked for. */
export class Lazy {
  made: SharedBuffer | undefined;

  constructor(private readonly make: () => SharedBuffer) {}

  get(): SharedBuffer {
    return (this.made ??= this.make());
  }
}

/** A model's memory. What trained before keeps the optimiser's state, and its place in bias corrections. */
export function layOut(
  parts: ModelParts,
  seed: number,
  step: number,
  before?: Memory,
  births?: ReadonlyMap<string, number>,
): Memory {
  const { network, optimizer } = parts;
  const known = new Map(before?.flat.entries.map((entry) => [entry.parameter, entry]));
  const groupOf = optimizer?.groupsIn?.(network);
  let rowwise = 0;
  const flat = new FlatParameters(network, seed, (name, parameter) => {
    const group = groupOf?.(name, parameter) ?? 0;
    const alone = parameter.rowwise && optimizer && linearStep(optimizer, group);
    return { group, birth: births?.get(name) ?? known.get(parameter)?.rank?.birth ?? step, rowwise: alone ? ++rowwise : 0 };
  });
  const ranges = optimizer ? rangesOf(flat, optimizer) : [];
  const bytes = flat.gradients.native.byteLength;
  const state = new Map((optimizer?.state ?? []).map((name) => [name, SharedBuffer.allocate(bytes)]));
  for (const range of ranges) fill(state, range, flat.dtype);
  const preparedNames = new Set(ranges.flatMap((range) => range.optimizer.prepared ?? []));
  const last = ranges.at(-1);
  const control = new Control(last ? last.firstScalar + last.optimizer.scalars.length : 0, flat.dtype);
  const looksAhead = ranges.some((range) => 'evaluateAt' in range.optimizer);
  const memory = {
    flat,
    ranges,
    state,
    prepared: new Map([...preparedNames].map((name) => [name, SharedBuffer.allocate(bytes)])),
    control,
    lookAhead: looksAhead ? SharedBuffer.allocate(bytes) : undefined,
    accumulated: new Lazy(() => SharedBuffer.allocate(bytes)),
    rowwise: optimizer ? rowwiseOf(flat, ranges, optimizer) : [],
  };
  if (before) carryOver(before, memory, known);
  return memory;
}

/** How the optimiser of a group is linear, where nothing is done to all gradients before. */
function linearStep(optimizer: Optimizer, group: number): LinearStep | undefined {
  return optimizer.changeGradients ? undefined : linearStepOf(optimizer.groups?.[group]?.optimizer ?? optimizer);
}

function rowwiseOf(flat: FlatParameters, ranges: readonly UpdateRange[], optimizer: Optimizer): RowwiseRange[] {
  const width = dtypes[flat.dtype].bytes;
  return flat.trainableEntries.flatMap(({ parameter, byteOffset, rank }) => {
    const range = ranges.find(({ begin }) => begin * width === byteOffset);
    const step = rank && rank.rowwise > 0 ? linearStep(optimizer, rank.group) : undefined;
    return range && step ? [new RowwiseRange(parameter, range, step, flat.dtype)] : [];
  });
}

function rangesOf(flat: FlatParameters, optimizer: Optimizer): UpdateRange[] {
  const width = dtypes[flat.dtype].bytes;
  const entries = flat.trainableEntries;
  const beginOf = (i: number): number => (i < entries.length ? (entries[i]?.byteOffset ?? 0) / width : flat.trainable);
  const ranges: UpdateRange[] = [];
  const first: Rank = { group: 0, birth: 0, rowwise: 0 };
  for (let i = 0; i < Math.max(1, entries.length);) {
    const { group, birth, rowwise } = entries[i]?.rank ?? first;
    const joins = (rank: Rank | undefined): boolean => rank?.group === group && rank.birth === birth && rank.rowwise === rowwise;
    let end = i;
    while (joins(entries[end]?.rank)) end++;
    const segments = Array.from({ length: end - i }, (_, k) => beginOf(i + k + 1) - beginOf(i + k));
    const last = ranges.at(-1);
    ranges.push({
      group: optimizer.groups?.[group]?.name,
      optimizer: optimizer.groups?.[group]?.optimizer ?? optimizer,
      birth,
      begin: beginOf(i),
      elements: beginOf(end) - beginOf(i),
      segments,
      entries: entries.slice(i, end),
      firstScalar: last ? last.firstScalar + last.optimizer.scalars.length : 0,
    });
    i = Math.max(end, i + 1);
  }
  return ranges;
}

/** What the state's elements are before the first step, where not 0. */
function fill(state: ReadonlyMap<string, SharedBuffer>, { optimizer, begin, elements }: UpdateRange, dtype: DType): void {
  const { array, bytes } = dtypes[dtype];
  for (const [name, value] of Object.entries(optimizer.initialState ?? {}))
    if (value !== 0 && elements > 0) state.get(name)?.native.write(new array(elements).fill(value), begin * bytes);
}

function carryOver(before: Memory, after: Memory, known: ReadonlyMap<FlatEntry['parameter'], FlatEntry>): void {
  for (const { parameter, byteOffset, rank } of after.flat.entries) {
    const old = known.get(parameter);
    if (!rank || !old?.rank) continue;
    for (const [name, buffer] of after.state) {
      const source = before.state.get(name);
      if (source) buffer.native.copyFrom(source.native, old.byteOffset, byteOffset, byteSize(parameter));
    }
  }
}
