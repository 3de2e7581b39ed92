import { describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import type { LoopProgress, LoopSpec } from '../../lib/runtime/addon.js';
import { training } from './step.js';

const endless: Partial<LoopSpec> = { epochs: 2 ** 50, progressMs: 0 };

describe('progress', () => {
  test('comes while the loop runs, in order, and ends with it', async () => {
    const t = training(1000, 8);
    const seen: LoopProgress[] = [];
    const loop = addon().startLoop(t.spec(endless), (progress) => {
      seen.push(progress);
      if (seen.length === 20) loop.stop();
    });
    const result = await loop.done;
    expect(result.reason).toBe('stopped');
    const told = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toHaveLength(told);
    for (const [i, progress] of seen.entries()) {
      expect(progress.steps).toBe(progress.epoch * 125 + progress.batch);
      expect(progress.steps).toBeGreaterThan(seen[i - 1]?.steps ?? 0);
      expect(progress.metrics).toHaveLength(1);
    }
    expect(result.steps).toBeGreaterThanOrEqual(seen.at(-1)?.steps ?? Infinity);
    t.dispose();
  });

  test('is never queued: after JavaScript was busy there is one event', async () => {
    const t = training(1000, 8);
    let events = 0;
    let steps = 0;
    const loop = addon().startLoop(t.spec(endless), (progress) => {
      events++;
      ({ steps } = progress);
    });
    // The thread of JavaScript stays here while the loop goes on; its steps are counted, not the time.
    const instructions = addon().counters().instructions;
    while (addon().counters().instructions < instructions + 4 * 200_000);
    expect(events).toBe(0);
    await new Promise(setImmediate);
    expect(events).toBeLessThanOrEqual(2);
    expect(events).toBeGreaterThanOrEqual(1);
    expect(steps).toBeGreaterThan(100_000);
    loop.stop();
    await loop.done;
    t.dispose();
  });

  test.each([new Error('mine'), 'a string', undefined, null, 7])(
    'that throws %s rejects the loop, at a step boundary',
    async (thrown) => {
      const t = training(1000, 8);
      const before = addon().counters().liveLoops;
      let calls = 0;
      const loop = addon().startLoop(t.spec(endless), () => {
        calls++;
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever is thrown has to come out
        throw thrown;
      });
      const outcome = await loop.done.then(
        () => 'resolved',
        (reason: unknown) => ({ reason }),
      );
      expect(outcome).toEqual({ reason: thrown });
      expect(calls).toBe(1);
      expect(addon().counters().liveLoops).toBe(before);
      expect(t.full.run(0)).toBeNull();
      t.dispose();
    },
  );

  test('is a function or null', () => {
    const t = training(10, 5);
    // @ts-expect-error: no function
    expect(() => addon().startLoop(t.spec(), 5)).toThrow('[ravine] onProgress: expected a function or null');
    t.dispose();
  });
});

describe('snapshots', () => {
  test('hold the state after a whole number of steps', async () => {
    const t = training(64, 8, new Float32Array(64).fill(1));
    const copy = addon().createBuffer(4);
    const table = Float64Array.of(-1 / 8);
    const scalars = t.spec().scalars;
    if (!scalars) throw new Error('no scalars');
    const loop = addon().startLoop(t.spec({ ...endless, steps: 2 ** 23, scalars: { ...scalars, table } }), null);
    let last = -1;
    for (let round = 0; round < 50; round++) {
      const { steps } = await loop.snapshot([{ source: t.weight, target: copy, bytes: 4 }]);
      const weight = new Float32Array(1);
      copy.read(weight, 0);
      // Each step adds exactly one.
      expect(weight[0]).toBe(steps);
      expect(steps).toBeGreaterThanOrEqual(last);
      last = steps;
    }
    loop.stop();
    const { steps } = await loop.done;
    expect(await loop.snapshot([{ source: t.weight, target: copy, bytes: 4 }])).toMatchObject({ steps });
    copy.dispose();
    t.dispose();
  });

  test('that are asked for as the loop ends resolve', async () => {
    const t = training(64, 8);
    const copy = addon().createBuffer(4);
    for (let round = 0; round < 200; round++) {
      const loop = addon().startLoop(t.spec({ steps: round % 5 }), null);
      const taken = await Promise.all([loop.snapshot([{ source: t.weight, target: copy, bytes: 4 }]), loop.snapshot([])]);
      for (const { steps } of taken) expect(steps).toBeLessThanOrEqual(round % 5);
      await loop.done;
    }
    copy.dispose();
    t.dispose();
  });

  test('are refused where they do not fit', async () => {
    const t = training(64, 8);
    const loop = addon().startLoop(t.spec(), null);
    const copy = addon().createBuffer(4);
    expect(() => loop.snapshot([{ source: t.arena, target: copy, bytes: 8 }])).toThrow('[snapshot] copies[0].bytes');
    expect(() => loop.snapshot([{ source: copy, target: copy, bytes: 4 }])).toThrow('expected two buffers');
    // @ts-expect-error: no list
    expect(() => loop.snapshot(5)).toThrow(TypeError);
    await loop.done;
    copy.dispose();
    t.dispose();
  });
});

describe('several loops', () => {
  test('take turns, while JavaScript runs programs and the event loop turns', async () => {
    const all = Array.from({ length: 4 }, () => training(40_000, 20_000));
    const alone = training(40_000, 20_000);
    await addon().startLoop(alone.spec({ epochs: 25 }), null).done;
    const loops = all.map((t) => addon().startLoop(t.spec({ epochs: 25 }), null).done);
    let turns = 0;
    let running = true;
    const done = Promise.all(loops).then((results) => {
      running = false;
      return results;
    });
    const other = training(50_000, 50_000);
    while (running) {
      expect(other.full.run(0)).toBeNull();
      await new Promise(setImmediate);
      turns++;
    }
    expect(turns).toBeGreaterThan(3);
    for (const result of await done) expect(result).toMatchObject({ reason: 'done', steps: 50 });
    for (const t of all) expect(t.weightNow()).toBe(alone.weightNow());
    for (const t of [...all, alone, other]) t.dispose();
  });

  test('of one binding take its steps in turn; a synchronous run finds it busy or free', async () => {
    const t = training(64, 8);
    const loops = [1, 2].map(() => addon().startLoop(t.spec({ epochs: 2000 }), null).done);
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      try {
        t.full.run(0);
      } catch (error) {
        expect(error).toMatchObject({ message: '[run] this binding is running on another thread' });
        refused++;
      }
    }
    expect(refused).toBeLessThanOrEqual(1000);
    for (const result of await Promise.all(loops)) expect(result.steps).toBe(16_000);
    t.dispose();
  });
});
