import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim } from '../../lib/index.js';
import { clusters, smallModel, xorData } from './problems.js';

describe('learning', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('learns XOR from seed %i', async (seed) => {
    const network = nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 2));
    const model = new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optim.adam({ learningRate: 0.05 }), seed });
    await model.fit(xorData(), { epochs: 500, batchSize: 4 });
    const output = (
      await model.predict([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ])
    ).toArray() as number[][];
    expect(output.map(([zero = NaN, one = NaN]) => Number(one > zero))).toEqual([0, 1, 1, 0]);
  });

  it('fits a line by least squares to float64 accuracy', async () => {
    const network = nn.sequential(nn.linear(1, 1, { dtype: 'float64' }));
    const model = new Model(network, { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 0.1 }) });
    const x = Float64Array.from({ length: 50 }, (_, i) => i / 25 - 1);
    await model.fit(
      { x: { data: x, shape: [50, 1] }, y: { data: x.map((v) => 3 * v - 2), shape: [50, 1] } },
      { epochs: 2000, batchSize: 50 },
    );
    const state = await model.stateDict();
    expect(state.get('0.weight')?.item()).toBeCloseTo(3, 10);
    expect(state.get('0.bias')?.item()).toBeCloseTo(-2, 10);
  });

  it('gives history, validation and learning rate under the names of Keras', async () => {
    const all = data.from(clusters(300, 8, 3));
    const model = smallModel({ optimizer: optim.sgd({ learningRate: (step) => 0.1 / (1 + step) }) });
    const history = await model.fit(all, { epochs: 3, batchSize: 64, validation: all.take(100) });
    expect(Object.keys(history.logs).sort()).toEqual(['accuracy', 'learning_rate', 'loss', 'val_accuracy', 'val_loss']);
    expect(history).toMatchObject({ epochs: 3, steps: 15, samples: 900, stopped: false });
    expect(history.logs.learning_rate?.map((rate) => Math.round(0.1 / rate))).toEqual([5, 10, 15]);
    expect(history.logs.loss?.at(-1)).toBeLessThan(history.logs.loss?.[0] ?? 0);
  });

  it('weights the short batch of an epoch by its samples', async () => {
    const all = data.from(clusters(70, 8, 3));
    const still = smallModel({ optimizer: optim.sgd({ learningRate: 0 }) });
    const history = await still.fit(all, { batchSize: 32, shuffle: false });
    const whole = await still.evaluate(all, { batchSize: 70 });
    expect(history.logs.loss?.[0]).toBeCloseTo(whole.loss ?? NaN, 6);
    expect(history.logs.accuracy?.[0]).toBe(whole.accuracy);
  });

  it('trains on uint8 data with scale and shift as on the floats they stand for', async () => {
    const bytes = Uint8Array.from({ length: 64 * 8 }, (_, i) => (i * 37) % 256);
    const y = Int32Array.from({ length: 64 }, (_, i) => i % 3);
    const [a, b] = [smallModel(), smallModel()];
    await a.fit(data.from({ x: { data: bytes, shape: [64, 8] }, y }, { scale: 0.5, shift: -64 }), { epochs: 3 });
    await b.fit({ x: { data: Float32Array.from(bytes, (v) => v * 0.5 - 64), shape: [64, 8] }, y }, { epochs: 3 });
    expect((await a.evaluate({ x: { data: new Float32Array(8), shape: [1, 8] }, y: [0] })).loss).toBe(
      (await b.evaluate({ x: { data: new Float32Array(8), shape: [1, 8] }, y: [0] })).loss,
    );
  });

  it('trains from a stream as from resident data', async () => {
    const { x, y } = clusters(80, 8, 3);
    const stream = data.stream(
      async function* () {
        for (let i = 0; i < 80; i += 32) {
          const end = Math.min(i + 32, 80);
          yield { x: { data: x.data.slice(i * 8, end * 8), shape: [end - i, 8] }, y: y.slice(i, end) };
        }
      },
      { batchSize: 32, x: { shape: [8] }, y: { shape: [] } },
    );
    const [a, b] = [smallModel(), smallModel()];
    const history = await a.fit(stream, { epochs: 2 });
    await b.fit({ x, y }, { epochs: 2, batchSize: 32, shuffle: false });
    expect(history).toMatchObject({ epochs: 2, steps: 6, samples: 160 });
    expect((await a.stateDict()).get('0.weight')?.toArray()).toEqual((await b.stateDict()).get('0.weight')?.toArray());
  });

  it('runs exactly as many steps as asked, through epochs', async () => {
    const model = smallModel();
    const history = await model.fit(clusters(100, 8, 3), { steps: 11, batchSize: 30 });
    expect(history.steps).toBe(11);
    expect([model.steps, model.epochs]).toEqual([11, 2]);
  });
});
