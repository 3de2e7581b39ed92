import { internal } from '../errors.js';
import type { Instruction, Memory } from './lower.js';

/** Bytes in a buffer that a program is bound to. Slot 0 is the arena. */
export interface Place {
  readonly slot: number;
  readonly offset: number;
}

export const arenaSlot = 0;
const alignment = 64;

/** First instruction that writes a memory and last one that touches it. */
interface Life {
  readonly memory: Memory;
  readonly first: number;
  last: number;
}

/**
 * Gives every memory without a place one in the arena. Greedy by size (Pisarchyk & Lee 2020, arXiv 2001.03288): the largest first, at the lowest
 * offset that no memory alive at the same time holds. An output of the same size takes over a dying input's place where the kernel allows it.
 */
export function planMemory(
  instructions: readonly Instruction[],
  fixed: ReadonlyMap<Memory, Place>,
): { places: Map<Memory, Place>; arenaBytes: number } {
  const lives = livesOf(instructions, fixed);
  const groups = joinInPlace(instructions, lives);
  const placed: { life: Life; offset: number }[] = [];
  const places = new Map<Memory, Place>(fixed);
  let arenaBytes = 0;
  for (const group of groups.sort((a, b) => b.life.memory.bytes - a.life.memory.bytes || a.life.first - b.life.first)) {
    const offset = lowestGap(group.life, placed);
    placed.push({ life: group.life, offset });
    arenaBytes = Math.max(arenaBytes, offset + group.life.memory.bytes);
    for (const memory of group.members) places.set(memory, { slot: arenaSlot, offset });
  }
  return { places, arenaBytes };
}

function livesOf(instructions: readonly Instruction[], fixed: ReadonlyMap<Memory, Place>): Map<Memory, Life> {
  const lives = new Map<Memory, Life>();
  instructions.forEach((instruction, at) => {
    for (const memory of instruction.outputs) {
      if (!fixed.has(memory)) lives.set(memory, { memory, first: at, last: at });
    }
    for (const memory of instruction.inputs) {
      const life = lives.get(memory);
      internal(life !== undefined || fixed.has(memory), `${instruction.origin} reads what nothing wrote`);
      if (life) life.last = at;
    }
  });
  return lives;
}

interface Group {
  readonly life: Life;
  readonly members: Memory[];
}

/** Joins an output with an input that dies there: one place, lived in one after the other. */
function joinInPlace(instructions: readonly Instruction[], lives: ReadonlyMap<Memory, Life>): Group[] {
  const groupOf = new Map<Memory, Group>();
  for (const life of lives.values()) groupOf.set(life.memory, { life: { ...life }, members: [life.memory] });
  instructions.forEach((instruction, at) => {
    const taken = new Set<Group>();
    for (const [o, i] of instruction.call.inPlace ?? []) {
      const output = instruction.outputs[o];
      const input = instruction.inputs[i];
      const from = input && groupOf.get(input);
      const to = output && groupOf.get(output);
      if (!from || !to || from === to || taken.has(from) || taken.has(to)) continue;
      if (from.life.last !== at || to.life.first !== at || input.bytes !== output.bytes || input.bytes !== from.life.memory.bytes)
        continue;
      from.life.last = to.life.last;
      from.members.push(...to.members);
      for (const memory of to.members) groupOf.set(memory, from);
      taken.add(from);
    }
  });
  return [...new Set(groupOf.values())];
}

function lowestGap(life: Life, placed: readonly { life: Life; offset: number }[]): number {
  const alive = placed
    .filter((other) => other.life.first <= life.last && life.first <= other.life.last)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const other of alive) {
    if (offset + life.memory.bytes <= other.offset) break;
    offset = Math.max(offset, Math.ceil((other.offset + other.life.memory.bytes) / alignment) * alignment);
  }
  return offset;
}
