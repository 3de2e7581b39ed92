import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { counters, data } from '../../lib/index.js';
import { clusters, smallModel, wideModel } from './problems.js';

/** Lets V8 collect what earlier tests left behind, and its finalizers run. */
async function settle(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('life of a fit', () => {
  it('holds exactly as much native memory after 10,000 steps as after 1,000', async () => {
    const all = data.from(clusters(400, 8, 3));
    const model = smallModel();
    await model.fit(all, { steps: 1000, batchSize: 32 });
    const before = counters().liveBytes;
    await model.fit(all, { steps: 9000, batchSize: 32 });
    expect(model.steps).toBe(10_000);
    expect(counters().liveBytes).toBe(before);
  });

  it('is back to where it was after 1,000 models made, trained and disposed', async () => {
    const all = data.from(clusters(64, 8, 3));
    const once = async (): Promise<void> => {
      using model = smallModel();
      await model.fit(all, { epochs: 1 });
      (await model.predict(all)).dispose();
    };
    await once();
    await settle();
    const before = counters();
    for (let i = 0; i < 1000; i++) await once();
    const after = counters();
    expect(after.liveBytes).toBe(before.liveBytes);
    expect(after.liveBuffers).toBe(before.liveBuffers);
    expect(after.liveLoops).toBe(0);
  });

  it('lets the event loop turn while steps advance', async () => {
    const all = data.from(clusters(2000, 256, 10));
    const model = wideModel();
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const seen: number[] = [];
    const fit = model.fit(all, { epochs: 6, batchSize: 100, onProgress: ({ step }) => seen.push(step) });
    await fit;
    running = false;
    expect(turns).toBeGreaterThan(model.steps);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('awaits the callback at the end of an epoch, and ends when it returns false', async () => {
    const model = smallModel();
    const order: string[] = [];
    const history = await model.fit(clusters(64, 8, 3), {
      epochs: 10,
      onEpochEnd: async ({ epoch }) => {
        order.push(`begin ${epoch}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        order.push(`end ${epoch} at ${model.steps}`);
        return epoch < 2;
      },
    });
    expect(order).toEqual(['begin 1', 'end 1 at 2', 'begin 2', 'end 2 at 4']);
    expect(history).toMatchObject({ epochs: 2, stopped: true });
  });

  it('rejects with what a callback throws, and can be fitted again', async () => {
    const all = data.from(clusters(2000, 256, 10));
    const model = wideModel();
    const boom = new Error('boom');
    const throwing = (): never => {
      throw boom;
    };
    await expect(model.fit(all, { epochs: 1, onEpochEnd: throwing })).rejects.toBe(boom);
    await expect(model.fit(all, { epochs: 100, onProgress: throwing })).rejects.toBe(boom);
    await expect(model.fit(all, { epochs: 1 })).resolves.toMatchObject({ epochs: 1 });
  });

  it("ends a stream's iterator, and names the batch that is wrong", async () => {
    let returned = 0;
    const model = smallModel();
    const stream = data.stream(
      function* () {
        try {
          for (let i = 0; ; i++)
            yield { x: { data: new Float32Array(i < 3 ? 32 : 30), shape: [4, i < 3 ? 8 : 7] }, y: [0, 1, 2, 0] };
        } finally {
          returned++;
        }
      },
      { batchSize: 4, x: { shape: [8] }, y: { shape: [] } },
    );
    await expect(model.fit(stream)).rejects.toThrow('batch 3');
    expect(returned).toBe(1);
    expect(model.steps).toBe(3);
  });
});
