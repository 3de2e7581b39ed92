import { describe, expect, it } from 'vitest';
import { data, metrics, optim } from '../../lib/index.js';
import { clusters, smallModel } from './problems.js';

/** A stream of one-sample batches, `count` an epoch. */
function singles(count: number): data.StreamDataset {
  return data.stream(
    function* () {
      const x = { data: new Float32Array(8), shape: [1, 8] };
      for (let i = 0; i < count; i++) yield { x, y: [0] };
    },
    { batchSize: 1, x: { shape: [8] }, y: { shape: [] } },
  );
}

describe('a stream', () => {
  it('is refused where an epoch has more steps than scalars were worked out for', async () => {
    const changing = smallModel({ optimizer: optim.adam() });
    await expect(changing.fit(singles(65_537))).rejects.toThrow('expected at most 65536 batches');
    expect(changing.steps).toBe(65_536);
  }, 120_000);
});

describe('a stream to evaluate', () => {
  const { x, y } = clusters(50, 8, 3);
  const weights = Float32Array.from(y, (_, i) => i % 3);
  const resident = data.from({ x, y, sampleWeight: weights });
  const shapes = { x: { shape: [8] }, y: { shape: [] }, sampleWeight: { shape: [] } } as const;

  /** The same rows in batches of 16, the last of 2. */
  const streamOf = (labels: Int32Array = y, end = 50): data.StreamDataset =>
    data.stream(
      async function* () {
        for (let from = 0; from < end; from += 16) {
          await Promise.resolve();
          const to = Math.min(from + 16, end);
          yield {
            x: { data: x.data.slice(8 * from, 8 * to), shape: [to - from, 8] },
            y: labels.slice(from, to),
            sampleWeight: weights.slice(from, to),
          };
        }
      },
      { batchSize: 16, ...shapes },
    );
  const model = () => smallModel({ metrics: [metrics.accuracy(), metrics.weighted(metrics.accuracy())] });

  it('gives what resident data gives, its last batch short', async () => {
    const trained = model();
    await trained.fit(resident, { epochs: 2, batchSize: 16 });
    expect(await trained.evaluate(streamOf())).toEqual(await trained.evaluate(resident, { batchSize: 16 }));
  });

  it('validates a fit, of resident data or of another stream', async () => {
    const [first, second, third] = [model(), model(), model()];
    const options = { epochs: 3, batchSize: 16, shuffle: false };
    const want = await first.fit(resident, { ...options, validation: resident });
    const got = await second.fit(resident, { ...options, validation: streamOf() });
    const both = await third.fit(streamOf(), { epochs: 3, validation: streamOf() });
    for (const key of ['val_accuracy', 'val_weighted_accuracy', 'accuracy']) {
      expect(got.logs[key]).toEqual(want.logs[key]);
      expect(both.logs[key]).toEqual(want.logs[key]);
    }
    for (const { logs } of [got, both])
      logs['val_loss']!.forEach((loss, i) => expect(loss).toBeCloseTo(want.logs['val_loss']![i]!, 5));
  });

  it('sees whole steps beside a fit', async () => {
    const trained = model();
    let step = -1;
    const fit = trained.fit(resident, { epochs: 200, batchSize: 16 });
    const beside = await trained.evaluate(streamOf(), { onStep: (seen) => (step = seen) });
    await fit;
    expect(beside['loss']).toBeGreaterThan(0);
    expect(step).toBeGreaterThanOrEqual(0);
    expect(trained.steps).toBe(800);
  });

  it('is refused before the first step where it does not fit the model, and batch by batch', async () => {
    const trained = model();
    const without = data.stream(() => [], { batchSize: 16, x: { shape: [8] } });
    await expect(trained.fit(resident, { validation: without })).rejects.toThrow("[fit] expected data with targets 'y', got x");
    await expect(trained.evaluate(without)).rejects.toThrow("[evaluate] expected data with targets 'y', got x");
    expect(trained.steps).toBe(0);
    const wrong = streamOf(Int32Array.from(y, (label, i) => (i === 20 ? 7 : label)));
    await expect(trained.evaluate(wrong)).rejects.toThrow('[softmaxCrossEntropy] label 7 of sample 4 is not a class');
    const weighted = data.stream(() => [{ x: { data: x.data.slice(0, 8), shape: [1, 8] }, y: [0], sampleWeight: [-1] }], {
      batchSize: 16,
      ...shapes,
    });
    await expect(trained.evaluate(weighted)).rejects.toThrow(
      '[evaluate] expected sampleWeight to be finite and ≥ 0, got -1 in batch 0',
    );
    const broken = data.stream(
      function* () {
        yield { x: { data: x.data.slice(0, 8), shape: [1, 8] }, y: [0], sampleWeight: Float32Array.of(1) };
        throw new Error('the disk is gone');
      },
      { batchSize: 16, ...shapes },
    );
    await expect(trained.evaluate(broken)).rejects.toThrow('the disk is gone');
    await expect(trained.evaluate(streamOf(y, 0))).rejects.toThrow('0 batches');
    await expect(trained.predict(streamOf() as never)).rejects.toThrow('[predict] expected data that is resident, got a stream');
    expect((await trained.evaluate(streamOf()))['loss']).toBeGreaterThan(0);
  });
});
