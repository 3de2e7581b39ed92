import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import type { LoopSpec } from '../../lib/runtime/addon.js';
import { floats } from './code.js';
import { permutation, philox4x32 } from './philox.js';
import { gatheredOrder, places, training, type Training } from './step.js';

const start = (spec: LoopSpec) => addon().startLoop(spec, null);

/** The order in which one epoch takes the samples. */
async function orderOf(t: Training, more: Partial<LoopSpec>): Promise<number[]> {
  const target = addon().createBuffer(t.data.byteLength);
  await start(t.spec({ ...more, collect: [{ source: t.arena, sourceOffset: places.batch, rowBytes: 4, target }] })).done;
  const order = gatheredOrder(target, t.data);
  target.dispose();
  return order;
}

let before = addon().counters();
beforeEach(() => {
  before = addon().counters();
});
afterEach(() => {
  const after = addon().counters();
  expect([after.liveBytes, after.liveBuffers, after.liveLoops]).toEqual([before.liveBytes, before.liveBuffers, before.liveLoops]);
});

describe('the order of samples', () => {
  // Known answers of the generator's authors (kat_vectors of Random123).
  test('Philox4x32-10 gives the published words', () => {
    const hex = (words: number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');
    expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(hex(philox4x32([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    const [pi, key] = [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
    ];
    expect(hex(philox4x32(pi, key))).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });

  test.each([
    [1, 1],
    [2, 1],
    [10, 4],
    [1000, 32],
    [4099, 64],
  ])('%i samples in batches of %i: the documented permutation, another one each epoch', async (samples, batch) => {
    const t = training(samples, batch);
    for (const firstEpoch of [0, 1, 5, 2 ** 40]) {
      expect(await orderOf(t, { firstEpoch, seed: 2 ** 40 + 3 })).toEqual(permutation(samples, 2 ** 40 + 3, firstEpoch));
    }
    expect(await orderOf(t, { epochs: 3, seed: 1 })).toEqual(permutation(samples, 1, 2));
    expect(await orderOf(t, { shuffle: false })).toEqual(Array.from({ length: samples }, (_, i) => i));
    t.dispose();
  });
});

describe('a loop', () => {
  test('runs the short batch last, or drops it', async () => {
    const t = training(10, 4);
    const whole = await start(t.spec({ epochs: 2 })).done;
    expect(whole).toMatchObject({ reason: 'done', steps: 6, epoch: 2, batch: 0, fault: null });
    const sum = t.data.reduce((a, b) => a + b, 0);
    expect(whole.metrics).toHaveLength(2);
    for (const row of whole.metrics) expect(row).toBeCloseTo(sum, 5);
    const { last, ...withoutLast } = t.spec({ epochs: 2, shuffle: false });
    expect(last).toBeDefined();
    const dropped = await start(withoutLast).done;
    expect(dropped.steps).toBe(4);
    expect(dropped.metrics[1]).toBeCloseTo(
      t.data.subarray(0, 8).reduce((a, b) => a + b, 0),
      5,
    );
    t.dispose();
  });

  test('weighs means by the samples of their batch', async () => {
    const t = training(
      10,
      4,
      Float32Array.from({ length: 10 }, (_, i) => i + 1),
    );
    const metric = { buffer: t.arena, byteOffset: places.gradient, dtype: 'float32' } as const;
    const metrics = [
      { ...metric, mean: true },
      { ...metric, mean: false },
    ];
    const result = await start(t.spec({ shuffle: false, metrics })).done;
    expect([...result.metrics]).toEqual([4 * (1 + 2 + 3 + 4) + 4 * (5 + 6 + 7 + 8) + 2 * (9 + 10), 55]);
    t.dispose();
  });

  test('writes a row of scalars and the random words before each step', async () => {
    const t = training(4, 1, Float32Array.of(1, 10, 100, 1000));
    const scalars = t.spec().scalars;
    if (!scalars) throw new Error('no scalars');
    const result = await start(
      t.spec({ shuffle: false, scalars: { ...scalars, table: Float64Array.of(-1, -2, -3, -4) }, firstStep: 2 ** 33 }),
    ).done;
    expect(result.steps).toBe(4);
    expect(t.weightNow()).toBe(1 + 20 + 300 + 4000);
    const words = new Int32Array(6);
    t.arena.read(words, places.random);
    expect([...words]).toEqual([7, 0, 3, 2, 0, 0]);
    t.dispose();
  });

  test('ends after the steps it was given, in the middle of an epoch or at its end', async () => {
    const t = training(10, 4);
    expect(await start(t.spec({ epochs: 3, steps: 4 })).done).toMatchObject({ reason: 'done', steps: 4, epoch: 1, batch: 1 });
    const result = await start(t.spec({ epochs: 3, steps: 3 })).done;
    expect(result).toMatchObject({ steps: 3, epoch: 1, batch: 0 });
    expect(result.metrics).toHaveLength(1);
    expect(await start(t.spec({ epochs: 3, steps: 0 })).done).toMatchObject({ reason: 'done', steps: 0, epoch: 0, batch: 0 });
    t.dispose();
  });

  test('stopped and continued gives the bits of an uninterrupted one', async () => {
    const straight = training(1003, 16);
    await start(straight.spec({ epochs: 40 })).done;
    const broken = training(1003, 16);
    let [firstEpoch, firstBatch, firstStep, pieces] = [0, 0, 0, 0];
    while (firstEpoch < 40) {
      const loop = start(broken.spec({ epochs: 40 - firstEpoch, firstEpoch, firstBatch, firstStep, steps: 1 + (pieces % 97) }));
      if (pieces % 3 === 0) loop.stop();
      const result = await loop.done;
      [firstEpoch, firstBatch, firstStep, pieces] = [
        firstEpoch + result.epoch,
        result.batch,
        firstStep + result.steps,
        pieces + 1,
      ];
    }
    expect(pieces).toBeGreaterThan(40);
    expect(firstStep).toBe(40 * 63);
    expect(broken.weightNow()).toBe(straight.weightNow());
    straight.dispose();
    broken.dispose();
  });

  test('stops within a step, and a second stop does no harm', async () => {
    const t = training(1000, 8);
    const loop = start(t.spec({ epochs: 1e12 }));
    expect(addon().counters().liveLoops).toBe(before.liveLoops + 1);
    await new Promise(setImmediate);
    loop.stop();
    loop.stop();
    const result = await loop.done;
    expect(result.reason).toBe('stopped');
    expect(result.epoch * 125 + result.batch).toBe(result.steps);
    expect(result.metrics).toHaveLength(result.epoch + Number(result.batch > 0));
    loop.stop();
    t.dispose();
  });

  test('ends at a fault without applying the step', async () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => (i === 9 ? NaN : 1));
    const t = training(12, 4, data);
    const result = await start(t.spec({ epochs: 2, shuffle: false })).done;
    expect(result).toMatchObject({ reason: 'fault', steps: 2, epoch: 0, batch: 2 });
    expect(result.fault).toEqual({ fault: 'non-finite', instruction: 2, position: 0, value: NaN });
    expect(t.weightNow()).toBeCloseTo(-0.08, 6);
    expect([...result.metrics]).toEqual([8]);
    t.dispose();
  });

  test('keeps what it is bound to alive, and lets it go at its end', async () => {
    const t = training(100, 8);
    const loop = start(t.spec({ epochs: 1e9 }));
    t.dispose();
    expect(addon().counters().liveBytes).toBeGreaterThan(before.liveBytes);
    loop.stop();
    expect((await loop.done).reason).toBe('stopped');
  });

  test('collects rows of each batch', async () => {
    const t = training(10, 4);
    const targets = [addon().createBuffer(40), addon().createBuffer(40)];
    const collect = targets.map((target) => ({ source: t.arena, sourceOffset: places.batch, rowBytes: 4, target }));
    await start(t.spec({ shuffle: false, collect })).done;
    for (const target of targets) {
      expect(floats(target)).toEqual(t.data);
      target.dispose();
    }
    t.dispose();
  });
});

describe('a loop is refused', () => {
  const t = training(10, 4);
  const scalars = t.spec().scalars;
  const place = { buffer: t.arena, byteOffset: t.arena.byteLength - 8 };
  before = addon().counters();

  test.each<[string, Partial<Record<keyof LoopSpec, unknown>>]>([
    ['full: expected a NativeBinding', { full: {} }],
    ['last: expected a NativeBinding', { last: t.arena }],
    ['parts: expected at most the program', { parts: 3 }],
    ['parts: expected an integer from 1', { parts: 0 }],
    ['samples: expected an integer', { samples: 2 ** 31 }],
    ['batchSize: expected an integer', { batchSize: 0 }],
    ['epochs: expected an integer', { epochs: -1 }],
    ['samples: they do not fill one batch', { samples: 3, last: undefined }],
    ['firstBatch: expected less than the 3', { firstBatch: 3 }],
    ['shuffle: expected a boolean', { shuffle: 1 }],
    ['seed: expected an integer', { seed: -1 }],
    ['seed: expected an integer', { seed: 0.5 }],
    ['indices: expected room for 4 int32', { indices: place }],
    ['random: expected room for 6 int32', { random: place }],
    ['scalars.targets[0] lies outside', { scalars: { ...scalars, targets: [{ byteOffset: 1e6, dtype: 'float32' }] } }],
    [
      'dtype: expected float32, float64 or int32, got uint8',
      { scalars: { ...scalars, targets: [{ byteOffset: 0, dtype: 'uint8' }] } },
    ],
    ['scalars.table: expected 1 row or one for each of 3 steps, got 2', { scalars: { ...scalars, table: new Float64Array(2) } }],
    ['scalars.table: expected rows of 1', { scalars: { ...scalars, table: new Float64Array(0) } }],
    ['metrics: expected an array', { metrics: undefined }],
    ['metrics[0] lies outside', { metrics: [{ buffer: t.arena, byteOffset: 2 ** 50, dtype: 'float64' }] }],
    ['collect[0]: expected batchSize rows', { collect: [{ source: t.weight, sourceOffset: 0, rowBytes: 4, target: t.arena }] }],
    ['collect[0]: expected room', { collect: [{ source: t.arena, sourceOffset: 0, rowBytes: 4, target: t.weight }] }],
    [
      'collect[0]: expected batchSize rows',
      { collect: [{ source: t.arena, sourceOffset: 0, rowBytes: 2 ** 53, target: t.weight }] },
    ],
  ])('%s', (message, change) => {
    const spec = Object.assign({}, t.spec(), change);
    expect(() => start(spec)).toThrow(message);
  });

  test('when its buffers are disposed', () => {
    t.dispose();
    expect(() => start(t.spec())).toThrow('disposed');
    before = addon().counters();
  });
});
