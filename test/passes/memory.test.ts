import { describe, expect, it } from 'vitest';
import type { KernelCall } from '../../lib/ir/op.js';
import type { Instruction, Memory } from '../../lib/passes/lower.js';
import { planMemory } from '../../lib/passes/memory.js';
import { exp, mul, neg } from '../../lib/ops/elementwise.js';
import { matmul } from '../../lib/ops/matmul.js';
import { sum } from '../../lib/ops/reduce.js';
import { optimize } from '../../lib/passes/compile.js';
import { lower } from '../../lib/passes/lower.js';
import { placeEnds } from '../../lib/passes/place.js';
import { encode } from '../../lib/passes/encode.js';
import { float32, traced } from './graphs.js';
import { numbers } from '../train/problems.js';

const memory = (bytes: number): Memory => ({ type: { dtype: 'uint8', shape: [bytes] }, bytes });
const call = (inputs: Memory[], outputs: Memory[], inPlace: KernelCall['inPlace'] = []): Instruction => ({
  call: { kernel: 'k', attributes: [], ...(inPlace && { inPlace }) },
  inputs,
  outputs,
  origin: 'k',
});

describe('memory plan', () => {
  it('gives no two memories that live at once the same bytes, for random programs', () => {
    const draw = numbers(3);
    for (let round = 0; round < 300; round++) {
      const made: Memory[] = [];
      const program: Instruction[] = [];
      for (let i = 0; i < 25; i++) {
        const inputs = Array.from(
          { length: Math.min(made.length, Math.floor(draw() * 3)) },
          () => made[Math.floor(draw() * made.length)] as Memory,
        );
        const output = memory(1 + Math.floor(draw() * 5) * 100);
        program.push(call(inputs, [output], draw() < 0.5 ? inputs.map((_, j) => [0, j] as const) : []));
        made.push(output);
      }
      expectDisjoint(program, planMemory(program, new Map()).places);
    }
  });

  it('reuses what has died, and works in place where a kernel may', () => {
    const [a, b, c] = [memory(1000), memory(1000), memory(1000)];
    const chain = [call([], [a]), call([a], [b]), call([b], [c])];
    expect(planMemory(chain, new Map()).arenaBytes).toBe(2024);
    const inPlace = [call([], [a]), call([a], [b], [[0, 0]]), call([b], [c], [[0, 0]])];
    expect(planMemory(inPlace, new Map()).arenaBytes).toBe(1000);
  });

  it('does not work in place over what is read later', () => {
    const [a, b] = [memory(10), memory(10)];
    const program = [call([], [a]), call([a], [b], [[0, 0]]), call([a, b], [memory(10)])];
    expectDisjoint(program, planMemory(program, new Map()).places);
  });
});

/** Bytes that an instruction reads were written by their owner last. */
function expectDisjoint(program: readonly Instruction[], places: ReadonlyMap<Memory, { offset: number }>): void {
  const owner = new Map<number, Memory>();
  const bytesOf = (m: Memory): number[] => Array.from({ length: m.bytes }, (_, i) => (places.get(m)?.offset ?? 0) + i);
  for (const instruction of program) {
    for (const input of instruction.inputs) expect(bytesOf(input).every((byte) => owner.get(byte) === input)).toBe(true);
    for (const output of instruction.outputs) for (const byte of bytesOf(output)) owner.set(byte, output);
  }
}

describe('ends of a program', () => {
  const places = (...slots: number[]) => slots.map((slot) => ({ slot, offset: 0 }));

  it('are written where they have to be, without a copy', () => {
    const graph = optimize(traced([float32(4, 4), float32(4, 4)], (a, b) => matmul(a, b)));
    const { instructions } = placeEnds(graph, lower(graph), { inputs: places(1, 2), outputs: places(3) });
    expect(instructions.map((instruction) => instruction.call.kernel)).toEqual(['matmul']);
  });

  it('are updated in place by kernels that may, and through a copy by others', () => {
    const elementwise = optimize(traced([float32(4)], (w) => mul(w, 2)));
    const updated = placeEnds(elementwise, lower(elementwise), { inputs: places(1), outputs: places(1) });
    expect(updated.instructions.map((instruction) => instruction.call.kernel)).toEqual(['elementwise']);
    const product = optimize(traced([float32(4, 4)], (w) => matmul(w, w)));
    const copied = placeEnds(product, lower(product), { inputs: places(1), outputs: places(1) });
    expect(copied.instructions.map((instruction) => instruction.call.kernel)).toEqual(['matmul', 'strided']);
  });

  it('are copied when they are inputs, or when their place is still read', () => {
    const swap = optimize(traced([float32(4), float32(4)], (a, b) => [neg(b), exp(a)]));
    const { instructions } = placeEnds(swap, lower(swap), { inputs: places(1, 2), outputs: places(1, 2) });
    expect(instructions.map((instruction) => instruction.call.kernel)).toContain('strided');
    const same = optimize(traced([float32(4)], (a) => a));
    expect(placeEnds(same, lower(same), { inputs: places(1), outputs: places(2) }).instructions).toHaveLength(1);
    expect(placeEnds(same, lower(same), { inputs: places(1), outputs: places(1) }).instructions).toHaveLength(0);
  });
});

describe('encoding', () => {
  it('writes slots, parts, values and instructions as the addon reads them', () => {
    const graph = optimize(traced([float32(4)], (a) => sum(a)));
    const { instructions, fixed } = placeEnds(graph, lower(graph), {
      inputs: [{ slot: 1, offset: 64 }],
      outputs: [{ slot: 2, offset: 0 }],
    });
    const plan = planMemory(instructions, fixed);
    const names = { kernel: () => 7, code: () => 5 };
    const slots = [16, 80, 4].map((bytes, i) => ({ bytes, writable: i !== 1 }));
    expect([...encode([{ instructions, places: plan.places }], slots, names)]).toEqual([
      ...[1, 2, 1, 1, 3], // version, values, instructions, parts, slots
      ...[16, 1, 80, 0, 4, 1], // slots
      1, // the part's end
      ...[1, 64, 0, 4, 2, 0, 0, 1], // values
      ...[7, 1, 1, 4, 0, 1], // kernel, inputs, outputs, attributes; input, output
      ...[5, 1, 4, 1], // kind outer length inner
    ]);
  });
});
