import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim, type FitOptions } from '../../lib/index.js';
import { bits, clusters, numbers, smallModel, wideModel } from './problems.js';

const draw = numbers(3);
const samples = 50;
const x = Float64Array.from({ length: samples * 4 }, () => draw() - 0.5);
const y = Int32Array.from({ length: samples }, () => Math.floor(draw() * 3));
const float64 = data.from({ x: { data: x, shape: [samples, 4] }, y });

function model64(optimizer = optim.sgd({ learningRate: 0.3, momentum: 0.9 }), dropout = 0): Model {
  const linear = (a: number, b: number) => nn.linear(a, b, { dtype: 'float64' });
  const network = nn.sequential(linear(4, 6), nn.tanh(), nn.dropout(dropout), linear(6, 3));
  return new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer });
}

async function trained(options: FitOptions, model = model64()): Promise<number[]> {
  await model.fit(float64, { seed: 5, ...options });
  return [...(await model.stateDict()).values()].flatMap((tensor) => [...tensor.data()]);
}

function expectNear(a: readonly number[], b: readonly number[], tolerance = 1e-12): void {
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => expect(Math.abs(value - (b[i] ?? NaN))).toBeLessThan(tolerance));
}

describe('gradient accumulation', () => {
  it.each([1, 2, 3, 5, 7])(
    'over batches of %i equals the large batch, the unfinished step at an epoch’s end too',
    async (size) => {
      const accumulate = 4;
      const [large, small] = [
        await trained({ epochs: 3, batchSize: size * accumulate }),
        await trained({ epochs: 3, batchSize: size, accumulate }),
      ];
      expectNear(small, large);
    },
  );

  it('drops the same elements as the large batch: a sample’s place in the step keys them', async () => {
    const large = await trained({ epochs: 2, batchSize: 20 }, model64(undefined, 0.5));
    expectNear(await trained({ epochs: 2, batchSize: 5, accumulate: 4 }, model64(undefined, 0.5)), large);
  });

  it('goes with groups, clipping, averages and looking ahead', async () => {
    const { average, clipByGlobalNorm, groups, sgd, adam } = optim;
    for (const optimizer of [
      average(
        clipByGlobalNorm(groups([{ parameters: '0', optimizer: sgd({ learningRate: 0.1 }) }, { optimizer: adam() }]), 0.01),
        { decay: 0.9 },
      ),
      sgd({ learningRate: 0.1, momentum: 0.9, nesterov: 'lookahead' }),
    ])
      expectNear(
        await trained({ epochs: 2, batchSize: 5, accumulate: 3 }, model64(optimizer)),
        await trained({ epochs: 2, batchSize: 15 }, model64(optimizer)),
        1e-11,
      );
  });

  it('counts steps, epochs and learning rates by updates', async () => {
    const model = smallModel({ optimizer: optim.sgd({ learningRate: (step) => 1 / (step + 1) }) });
    const all = data.from(clusters(100, 8, 3));
    const history = await model.fit(all, { epochs: 2, batchSize: 15, accumulate: 3 });
    // 7 batches an epoch: steps of 3, 3 and 1.
    expect(history).toMatchObject({ steps: 6, epochs: 2, samples: 200 });
    expect(history.logs.learning_rate).toEqual([1 / 3, 1 / 6]);
    await model.fit(all, { steps: 4, batchSize: 15, accumulate: 3 });
    expect([model.steps, model.epochs]).toEqual([10, 3]);
  });

  it('gives the logs of the large batch', async () => {
    const still = () => smallModel({ optimizer: optim.sgd({ learningRate: 0 }) });
    const all = data.from(clusters(70, 8, 3));
    const [a, b] = [await still().fit(all, { batchSize: 16, accumulate: 2 }), await still().fit(all, { batchSize: 32 })];
    expect(a.logs.loss?.[0]).toBeCloseTo(b.logs.loss?.[0] ?? NaN, 6);
    expect(a.logs.accuracy).toEqual(b.logs.accuracy);
  });

  it('from a stream equals resident data', async () => {
    const stream = data.stream(
      async function* () {
        for (let i = 0; i < samples; i += 8) {
          const end = Math.min(i + 8, samples);
          yield { x: { data: x.slice(i * 4, end * 4), shape: [end - i, 4] }, y: y.slice(i, end) };
        }
      },
      { batchSize: 8, x: { shape: [4], dtype: 'float64' }, y: { shape: [] } },
    );
    const model = model64();
    const history = await model.fit(stream, { epochs: 2, accumulate: 3 });
    expect(history).toMatchObject({ steps: 6, samples: 100 });
    const got = [...(await model.stateDict()).values()].flatMap((tensor) => [...tensor.data()]);
    expectNear(got, await trained({ epochs: 2, batchSize: 24, shuffle: false }));
  });

  it('aborted and resumed anywhere gives the bits of an uninterrupted run', async () => {
    const all = data.from(clusters(600, 256, 10));
    const make = () => wideModel({ optimizer: optim.average(optim.adam(), { decay: 0.9 }) });
    const options = { epochs: 2, batchSize: 50, accumulate: 5 };
    const whole = make();
    await whole.fit(all, options);
    const expected = await bits(whole);
    for (let attempt = 0; attempt < 4; attempt++) {
      const model = make();
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 2 + attempt * 6);
      const error: unknown = await model.fit(all, { ...options, signal: abort.signal }).catch((reason: unknown) => reason);
      if (error instanceof Error) await model.fit(all, { ...options, resume: true });
      expect(model.steps).toBe(6);
      expect(await bits(model)).toEqual(expected);
    }
  });
});

describe('batches of 1 and of all', () => {
  it('gradient descent over all data, in chunks or at once', async () => {
    const once = await trained({ epochs: 4, batchSize: samples });
    for (const chunkSize of [7, 25, 64]) expectNear(await trained({ epochs: 4, batchSize: 'all', chunkSize }), once);
    const model = model64();
    expect(await model.fit(float64, { epochs: 4, batchSize: 'all', chunkSize: 7 })).toMatchObject({ steps: 4, samples: 200 });
  });

  it('the mean of the N single gradients is the full one', async () => {
    const start = await trained({ epochs: 1 }, model64(optim.sgd({ learningRate: 0 })));
    const move = async (options: FitOptions, subset = float64): Promise<number[]> => {
      const model = model64(optim.sgd({ learningRate: 1 }));
      await model.fit(subset, options);
      const end = [...(await model.stateDict()).values()].flatMap((tensor) => [...tensor.data()]);
      return end.map((value, i) => value - (start[i] ?? NaN));
    };
    const full = await move({ batchSize: 'all' });
    const sum = full.map(() => 0);
    for (let i = 0; i < samples; i++)
      (await move({ batchSize: 1 }, float64.subset([i]))).forEach((g, j) => (sum[j] = (sum[j] ?? 0) + g));
    expectNear(
      sum.map((value) => value / samples),
      full,
      1e-14,
    );
  });

  it('refuses what contradicts', async () => {
    const refused = (options: FitOptions) => expect(smallModel().fit(clusters(10, 8, 3), options)).rejects;
    await refused({ batchSize: 'all', accumulate: 2 }).toThrow("batchSize 'all' without accumulate");
    await refused({ batchSize: 4, chunkSize: 2 }).toThrow("expected chunkSize with batchSize 'all'");
    const stream = data.stream(async function* () {}, { batchSize: 8, x: { shape: [8] }, y: { shape: [] } });
    await expect(smallModel().fit(stream, { batchSize: 'all' })).rejects.toThrow("batchSize 'all' with resident data");
  });
});
