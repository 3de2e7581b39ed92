import { afterEach, describe, expect, it } from 'vitest';
import { AbortError, counters, data, setThreads } from '../../lib/index.js';
import { bits, clusters, smallModel, wideModel } from './problems.js';

afterEach(() => setThreads(2));

describe('the same bits', () => {
  it('with 1, 2, 3 and 5 threads, on a model that more than one works at', async () => {
    const all = data.from(clusters(640, 256, 10));
    const results: Map<string, number[]>[] = [];
    for (const threads of [1, 2, 3, 5]) {
      setThreads(threads);
      const before = counters().sharedInstructions;
      const model = wideModel();
      await model.fit(all, { epochs: 2, batchSize: 128 });
      const shared = counters().sharedInstructions - before;
      if (threads === 1) expect(shared).toBe(0);
      else expect(shared).toBeGreaterThan(0);
      results.push(await bits(model));
      model.dispose();
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  it('from run to run, and not from another seed', async () => {
    const all = data.from(clusters(200, 8, 3));
    const run = async (seed: number): Promise<Map<string, number[]>> => {
      const model = smallModel();
      await model.fit(all, { epochs: 2, seed });
      return bits(model);
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it('in two fits of one epoch as in one of two', async () => {
    const all = data.from(clusters(200, 8, 3));
    const [a, b] = [smallModel(), smallModel()];
    await a.fit(all, { epochs: 2 });
    await b.fit(all, { epochs: 1 });
    await b.fit(all, { epochs: 1 });
    expect(await bits(a)).toEqual(await bits(b));
  });

  it('for a run that was aborted and resumed, wherever it was stopped', async () => {
    const all = data.from(clusters(1000, 256, 10));
    const whole = wideModel();
    await whole.fit(all, { epochs: 3, batchSize: 100 });
    const expected = await bits(whole);
    let stoppedInside = 0;
    for (let attempt = 0; attempt < 12; attempt++) {
      const model = wideModel();
      const abort = new AbortController();
      const wait = attempt / 2;
      let turns = 0;
      const timer = setInterval(() => turns++ >= wait && abort.abort('enough'), 1);
      const error = await model.fit(all, { epochs: 3, batchSize: 100, signal: abort.signal }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      clearInterval(timer);
      if (error) {
        expect(error).toBeInstanceOf(AbortError);
        expect(error).toMatchObject({ code: 'abort', step: model.steps, cause: 'enough' });
        if (model.steps % 10 > 0) stoppedInside++;
        await model.fit(all, { epochs: 3, batchSize: 100, resume: true });
      }
      expect(model.steps).toBe(30);
      expect(await bits(model)).toEqual(expected);
    }
    expect(stoppedInside).toBeGreaterThan(0);
  });

  it('beside predictions, which see whole steps', async () => {
    const all = data.from(clusters(1000, 256, 10));
    const [alone, watched] = [wideModel(), wideModel()];
    await alone.fit(all, { epochs: 3, batchSize: 100 });
    const fit = watched.fit(all, { epochs: 3, batchSize: 100 });
    let running = true;
    void fit.then(() => (running = false));
    const seen: number[] = [];
    let predictions = 0;
    while (running) {
      const output = await watched.predict(all.take(10), { onStep: (step) => seen.push(step) });
      expect([...output.data()].every(Number.isFinite)).toBe(true);
      predictions++;
    }
    await fit;
    expect(predictions).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length).toBe(predictions);
    await watched.evaluate(all, { onStep: (step) => expect(step).toBe(30) });
    await expect(watched.predict(all, { onStep: 3 as never })).rejects.toThrow('onStep to be a function');
    expect(await bits(watched)).toEqual(await bits(alone));
  });
});
