import { describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import type { NativeBinding, NativeBuffer, NativeFeed } from '../../lib/runtime/addon.js';
import { encode } from './code.js';
import { training } from './step.js';

interface Entry {
  readonly buffer: NativeBuffer;
  readonly binding: NativeBinding;
}

/** Entries whose program adds −(sum of the entry's numbers) to a weight: w ← w − 1·Σx. */
function fed(entries: number, batch: number) {
  const weight = addon().createBuffer(8);
  const out = addon().createBuffer(64);
  out.write(Float32Array.of(-1), 32);
  const code = encode({
    slots: [{ bytes: batch * 4, writable: false }, { bytes: 64 }, { bytes: 8 }],
    values: [
      { slot: 0, elements: batch },
      { slot: 1, elements: 1 },
      { slot: 1, offset: 32, elements: 1 },
      { slot: 2, elements: 1 },
    ],
    instructions: [
      { kernel: 'reduce', inputs: [0], outputs: [1], attributes: [addon().reductions.indexOf('sum'), 1, batch, 1] },
      { kernel: 'sgd_step', inputs: [3, 1, 2], outputs: [3], attributes: [0, 0, 0, 0, 0, 0] },
    ],
  });
  const program = addon().createProgram(code);
  const ring: Entry[] = Array.from({ length: entries }, () => {
    const buffer = addon().createBuffer(batch * 4);
    return { buffer, binding: program.bind([buffer, out, weight]) };
  });
  const feed = addon().createFeed(entries);
  const spec = {
    full: program.bind([ring[0]?.buffer ?? weight, out, weight]),
    parts: 1,
    samples: 0,
    batchSize: batch,
    epochs: 1000,
    firstBatch: 0,
    firstEpoch: 0,
    firstStep: 0,
    shuffle: false,
    seed: 0,
    metrics: [{ buffer: out, byteOffset: 0, dtype: 'float32', mean: false }],
    feed,
  } as const;
  return { ring, feed, spec };
}

async function put(feed: NativeFeed, ring: readonly Entry[], value: number, batch: number): Promise<number> {
  const number = await feed.acquire();
  const entry = ring[number];
  if (!entry) return number;
  entry.buffer.write(new Float32Array(batch).fill(value), 0);
  feed.submit(number, entry.binding, batch);
  return number;
}

describe('a feed', () => {
  test('gives its batches in the order of submission, epoch by epoch', async () => {
    const { ring, feed, spec } = fed(3, 4);
    const loop = addon().startLoop(spec, null);
    for (let epoch = 0; epoch < 3; epoch++) {
      for (let i = 0; i < 50; i++) await put(feed, ring, epoch * 50 + i, 4);
      if (epoch < 2) feed.end(false);
    }
    feed.end(true);
    const result = await loop.done;
    expect(result).toMatchObject({ reason: 'done', steps: 150, epoch: 3, batch: 0 });
    const sums = [0, 1, 2].map((epoch) => 4 * (50 * 50 * epoch + (49 * 50) / 2));
    expect([...result.metrics]).toEqual(sums);
    expect(await feed.acquire()).toBe(-1);
  });

  test('ends with the epochs that were asked for, and with nothing at all', async () => {
    const one = fed(2, 4);
    const loop = addon().startLoop({ ...one.spec, epochs: 1 }, null);
    await put(one.feed, one.ring, 1, 4);
    one.feed.end(false);
    expect(await loop.done).toMatchObject({ reason: 'done', steps: 1, epoch: 1 });
    const none = fed(2, 4);
    const empty = addon().startLoop(none.spec, null);
    none.feed.end(true);
    const result = await empty.done;
    expect(result).toMatchObject({ reason: 'done', steps: 0, epoch: 0 });
    expect(result.metrics).toHaveLength(0);
  });

  test('waits for entries, and everybody waiting learns of the end', async () => {
    const { ring, feed, spec } = fed(2, 4);
    expect([await feed.acquire(), await feed.acquire()]).toEqual([0, 1]);
    const waiting = [feed.acquire(), feed.acquire(), feed.acquire()];
    const loop = addon().startLoop(spec, null);
    feed.submit(1, (ring[1] as Entry).binding, 4);
    expect(await waiting[0]).toBe(1);
    loop.stop();
    expect(await Promise.all(waiting)).toEqual([1, -1, -1]);
    expect((await loop.done).reason).toBe('stopped');
    feed.submit(0, (ring[0] as Entry).binding, 4);
    feed.end(true);
  });

  test('answers a snapshot while it waits', async () => {
    const { feed, spec } = fed(2, 4);
    const loop = addon().startLoop(spec, null);
    expect(await loop.snapshot([])).toMatchObject({ steps: 0, epoch: 0, batch: 0 });
    feed.end(true);
    await loop.done;
  });

  test('is refused where it is misused', async () => {
    const { ring, feed, spec } = fed(2, 4);
    const { binding } = ring[0] as Entry;
    expect(() => feed.submit(0, binding, 4)).toThrow('[submit] entry 0 was not acquired');
    await feed.acquire();
    expect(() => feed.submit(2, binding, 4)).toThrow(RangeError);
    expect(() => feed.submit(0, binding, 0)).toThrow(RangeError);
    // @ts-expect-error: no binding
    expect(() => feed.submit(0, feed, 4)).toThrow(TypeError);
    // @ts-expect-error: no boolean
    expect(() => feed.end()).toThrow(TypeError);
    const loop = addon().startLoop(spec, null);
    expect(() => addon().startLoop(spec, null)).toThrow('another loop has it');
    loop.stop();
    await loop.done;
    for (const entries of [0, 1025, NaN]) expect(() => addon().createFeed(entries)).toThrow(RangeError);
  });

  test('rejects the loop where a batch is bound to a program of fewer parts', async () => {
    const { ring, feed, spec } = fed(2, 4);
    const t = training(8, 4);
    const loop = addon().startLoop({ ...spec, full: t.full, parts: 2 }, null);
    feed.submit(await feed.acquire(), (ring[0] as Entry).binding, 4);
    await expect(loop.done).rejects.toThrow('fewer parts');
    expect(await feed.acquire()).toBe(-1);
    t.dispose();
  });
});
