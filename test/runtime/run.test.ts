import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import type { NativeBinding } from '../../lib/runtime/addon.js';
import { bufferOf, encode, floats, randomWords } from './code.js';

let before = addon().counters();
beforeEach(() => {
  before = addon().counters();
});
afterEach(() => {
  expect(addon().counters().liveBytes).toBe(before.liveBytes);
});

/** c = aᵀ·a of a [rows, columns] matrix, then its running sum and its total: several chunks each, and a sum over all of it. */
function wide(rows: number, columns: number) {
  const next = randomWords(3);
  const a = bufferOf(Float32Array.from({ length: rows * columns }, () => next() / 2 ** 32 - 0.5));
  const squares = columns * columns;
  const out = addon().createBuffer((2 * squares + 16) * 4);
  const sum = addon().reductions.indexOf('sum');
  const code = encode({
    slots: [{ bytes: a.byteLength, writable: false }, { bytes: out.byteLength }],
    values: [
      { slot: 0, elements: rows * columns },
      { slot: 1, elements: squares },
      { slot: 1, offset: squares * 4, elements: squares },
      { slot: 1, offset: squares * 8, elements: 1 },
    ],
    instructions: [
      { kernel: 'matmul', inputs: [0, 0], outputs: [1], attributes: [1, columns, columns, rows, 1, 0, 0, 0, 0, 0, 0] },
      { kernel: 'cumsum', inputs: [1], outputs: [2], attributes: [columns, columns, 1, 0, 0] },
      { kernel: 'reduce', inputs: [2], outputs: [3], attributes: [sum, 1, squares, 1] },
    ],
  });
  const binding = addon().createProgram(code).bind([a, out]);
  const dispose = () => {
    for (const handle of [a, out, binding]) handle.dispose();
  };
  return { binding, out, dispose };
}

describe('threads', () => {
  const threads = addon().info().threads;
  afterAll(() => addon().setThreads(threads));

  test('1, 2, 3 and 5 give the same bits, and share the work', async () => {
    const { binding, out, dispose } = wide(512, 256);
    const results = [];
    for (const count of [1, 2, 3, 5]) {
      addon().setThreads(count);
      expect(addon().info().threads).toBe(count);
      const shared = addon().counters().sharedInstructions;
      for (let round = 0; round < 20; round++) {
        out.write(new Uint8Array(out.byteLength), 0);
        expect(round % 2 ? binding.run(0) : await binding.runAsync(0)).toBeNull();
        results.push(Buffer.from(floats(out).buffer).toString('latin1'));
      }
      if (count === 1) expect(addon().counters().sharedInstructions).toBe(shared);
      // On a machine that is busy elsewhere the caller may be done before a worker wakes: in many runs one takes part.
      for (let more = 0; count > 1 && more < 5000 && addon().counters().sharedInstructions === shared; more++) binding.run(0);
      if (count > 1) expect(addon().counters().sharedInstructions).toBeGreaterThan(shared);
    }
    expect(new Set(results).size).toBe(1);
    dispose();
  });

  test('are 1 to 256', () => {
    for (const count of [0, 257, 1.5, NaN]) expect(() => addon().setThreads(count)).toThrow(RangeError);
    // @ts-expect-error: no number
    expect(() => addon().setThreads('2')).toThrow(TypeError);
  });

  test('many more than there are cores come to an end', () => {
    const { binding, dispose } = wide(256, 256);
    addon().setThreads(32);
    for (let round = 0; round < 50; round++) expect(binding.run(0)).toBeNull();
    addon().setThreads(threads);
    expect(binding.run(0)).toBeNull();
    dispose();
  });
});

/** check_finite over `x`, then fill: the fill must not happen after a fault. */
function checked(x: Float32Array): { binding: NativeBinding; filled: () => number; dispose: () => void } {
  const input = bufferOf(x);
  const out = addon().createBuffer(4);
  const code = encode({
    slots: [{ bytes: x.byteLength, writable: false }, { bytes: 4 }],
    values: [
      { slot: 0, elements: x.length },
      { slot: 1, elements: 1 },
    ],
    instructions: [
      { kernel: 'fill', outputs: [1], attributes: [1] },
      { kernel: 'check_finite', inputs: [0] },
      { kernel: 'fill', outputs: [1], attributes: [2] },
      { kernel: 'fill', outputs: [1], attributes: [3] },
    ],
    parts: [0, 3, 4],
  });
  const binding = addon().createProgram(code).bind([input, out]);
  const dispose = () => {
    for (const handle of [input, out, binding]) handle.dispose();
  };
  return { binding, filled: () => floats(out)[0] ?? NaN, dispose };
}

describe('parts and faults', () => {
  test('parts run alone, also an empty one', () => {
    const { binding, filled, dispose } = checked(new Float32Array(4));
    const run = addon().counters().instructions;
    expect(binding.run(0)).toBeNull();
    expect(filled()).toBe(0);
    expect(binding.run(2)).toBeNull();
    expect(filled()).toBe(3);
    expect(binding.run(1)).toBeNull();
    expect(filled()).toBe(2);
    expect(addon().counters().instructions - run).toBe(4);
    dispose();
  });

  test('a fault ends the part, is reported with the smallest position, and is forgotten by the next run', async () => {
    const x = new Float32Array(1_000_000);
    for (const i of [999_999, 400_000, 654_321, 131_072]) x[i] = i % 2 ? NaN : Infinity;
    const { binding, filled, dispose } = checked(x);
    for (let round = 0; round < 20; round++) {
      const fault = round % 2 ? binding.run(1) : await binding.runAsync(1);
      expect(fault).toEqual({ fault: 'non-finite', instruction: 1, position: 131_072, value: Infinity });
      expect(filled()).toBe(1);
    }
    expect(binding.run(2)).toBeNull();
    dispose();
  });
});

describe('runAsync', () => {
  test('many at once all resolve, and their bindings may be disposed meanwhile', async () => {
    const all = Array.from({ length: 20 }, () => wide(64, 64));
    const runs = all.map(({ binding }) => binding.runAsync(0));
    for (const { binding } of all) binding.dispose();
    expect(await Promise.all(runs)).toEqual(all.map(() => null));
    for (const { dispose } of all) dispose();
  });

  test('refuses what run refuses', () => {
    const { binding, dispose } = wide(8, 8);
    expect(() => binding.runAsync(1)).toThrow('[run] part');
    dispose();
    expect(() => binding.runAsync(0)).toThrow('disposed');
  });
});

test("denormals are flushed in kernels and stay in JavaScript's own arithmetic", async () => {
  const denormal = new Float32Array(100_000).fill(1e-40);
  const x = bufferOf(denormal);
  const out = addon().createBuffer(x.byteLength + 4);
  const code = encode({
    slots: [{ bytes: x.byteLength, writable: false }, { bytes: out.byteLength }],
    values: [
      { slot: 0, elements: denormal.length },
      { slot: 1, elements: denormal.length },
    ],
    instructions: [{ kernel: 'cumsum', inputs: [0], outputs: [1], attributes: [1000, 100, 1, 0, 0] }],
  });
  const binding = addon().createProgram(code).bind([x, out]);
  const tiny = Number.MIN_VALUE;
  const kept = () => tiny / 1 > 0 && (tiny * 3) / 2 > 0 && Math.fround(1e-40) > 0;
  for (let round = 0; round < 10; round++) {
    binding.run(0);
    expect(kept()).toBe(true);
    await binding.runAsync(0);
    expect(kept()).toBe(true);
  }
  expect(floats(out, denormal.length).every((value) => value === 0)).toBe(true);
  for (const handle of [x, out, binding]) handle.dispose();
});
