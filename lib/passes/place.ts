import type { Graph } from '../ir/graph.js';
import { copyInstruction, newMemory, type Instruction, type Lowered, type Memory } from './lower.js';
import type { Place } from './memory.js';

/** Where a graph's inputs lie and its outputs have to go. */
export interface Placement {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

/**
 * Fixes inputs and outputs to their places and adds copies where an output can't be made there: when it is an input itself, when two
 * outputs share a memory, or when its place still holds an input that is read later.
 */
export function placeEnds(
  graph: Graph,
  lowered: Lowered,
  placement: Placement,
): { instructions: Instruction[]; fixed: Map<Memory, Place> } {
  const fixed = new Map<Memory, Place>();
  graph.inputs.forEach((value, i) => {
    const place = placement.inputs[i];
    if (place) fixed.set(lowered.memoryOf(value), place);
  });
  const inputs = new Map(fixed);
  const copies: Instruction[] = [];
  graph.outputs.forEach((value, i) => {
    const place = placement.outputs[i];
    if (!place) return;
    const memory = lowered.memoryOf(value);
    if (samePlace(inputs.get(memory), place)) return;
    if (!fixed.has(memory) && writableAt(memory, place, inputs, lowered.instructions)) {
      fixed.set(memory, place);
      return;
    }
    const target = newMemory(value.type);
    fixed.set(target, place);
    copies.push(copyInstruction(memory, target));
  });
  return { instructions: [...lowered.instructions, ...copies], fixed };
}

export function samePlace(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.slot === b.slot && a.offset === b.offset;
}

/** No input under the place is read after the memory is written; read by the writer itself only where it may work in place. */
function writableAt(
  memory: Memory,
  place: Place,
  inputs: ReadonlyMap<Memory, Place>,
  instructions: readonly Instruction[],
): boolean {
  const writer = instructions.findIndex((instruction) => instruction.outputs.includes(memory));
  if (writer < 0) return false;
  for (const [input, at] of inputs) {
    const overlaps = at.slot === place.slot && at.offset < place.offset + memory.bytes && place.offset < at.offset + input.bytes;
    if (!overlaps) continue;
    const reader = instructions.findLastIndex((instruction) => instruction.inputs.includes(input));
    if (reader > writer) return false;
    if (reader === writer && !(samePlace(at, place) && worksInPlace(instructions[writer], memory, input))) return false;
  }
  return true;
}

function worksInPlace(instruction: Instruction | undefined, output: Memory, input: Memory): boolean {
  return (instruction?.call.inPlace ?? []).some(
    ([o, i]) => instruction?.outputs[o] === output && instruction.inputs[i] === input,
  );
}
