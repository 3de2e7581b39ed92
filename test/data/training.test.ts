import { describe, expect, it } from 'vitest';
import { Model, data, losses, nn, optim } from '../../lib/index.js';

function makeModel(): Model {
  const network = nn.sequential(nn.linear(3, 4), nn.relu(), nn.linear(4, 2));
  return new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optim.sgd({ learningRate: 0.1 }), seed: 7 });
}

const bytes = Uint8Array.from({ length: 50 * 3 }, (_, i) => (i * 37) % 256);
const labels = Int32Array.from({ length: 50 }, (_, i) => i % 2);

async function weightsOf(model: Model): Promise<unknown> {
  return [...(await model.stateDict())].map(([name, tensor]) => [name, [...tensor.data()]]);
}

describe('data in training', () => {
  it('sees bytes with their scale and shift', async () => {
    const x = { data: bytes, shape: [50, 3] };
    const scaled = data.from({ x, y: labels }, { scale: 1 / 128, shift: -1 });
    const floats = { x: { data: Float32Array.from(bytes, (byte) => byte / 128 - 1), shape: [50, 3] }, y: labels };
    // byte / 128 − 1 is exact in float32: the same bits come out.
    expect(await makeModel().evaluate(scaled)).toEqual(await makeModel().evaluate(floats));
    const [one, other] = [makeModel(), makeModel()];
    await one.fit(scaled, { epochs: 3, batchSize: 8 });
    await other.fit(floats, { epochs: 3, batchSize: 8 });
    expect(await weightsOf(one)).toEqual(await weightsOf(other));
  });

  it('stays while a fit runs, though it was disposed', async () => {
    const fields = { x: { data: Float32Array.from(bytes), shape: [50, 3] }, y: labels };
    const [kept, freed] = [makeModel(), makeModel()];
    const options = { epochs: 20, batchSize: 8, onEpochEnd: () => undefined };
    await kept.fit(fields, options);
    const dataset = data.from(fields);
    const fit = freed.fit(dataset, options);
    dataset.dispose();
    await fit;
    expect(await weightsOf(freed)).toEqual(await weightsOf(kept));
    await expect(freed.fit(dataset)).rejects.toThrow('was disposed');
  });

  it('may come from a stream, with the same result', async () => {
    const resident = { x: { data: Float32Array.from(bytes), shape: [50, 3] }, y: labels };
    const [one, other] = [makeModel(), makeModel()];
    await one.fit(resident, { epochs: 2, batchSize: 8, shuffle: false });
    const stream = data.stream(
      async function* () {
        for (let row = 0; row < 50; row += 8) {
          await Promise.resolve();
          yield { x: Float32Array.from(bytes.subarray(3 * row, 3 * (row + 8))), y: labels.subarray(row, row + 8) };
        }
      },
      { batchSize: 8, x: { shape: [3] }, y: { shape: [] } },
    );
    await other.fit(stream, { epochs: 2, batchSize: 8 });
    expect(await weightsOf(other)).toEqual(await weightsOf(one));
  });

  it('ends a fit at a bad batch of a stream, which is named', async () => {
    let ended = false;
    const good = { x: Float32Array.of(1, 2, 3), y: [1] };
    const stream = data.stream(
      function* () {
        try {
          for (let i = 0; i < 7; i++) yield good;
          yield { x: Float32Array.of(1, NaN, 3), y: [1] };
        } finally {
          ended = true;
        }
      },
      { batchSize: 1, x: { shape: [3] }, y: { shape: [] } },
    );
    const model = makeModel();
    await expect(model.fit(stream)).rejects.toThrow(
      '[data.stream batch 7] expected finite numbers, got NaN in x at row 0, column 1',
    );
    expect(ended).toBe(true);
    expect(model.steps).toBe(7);
    await model.fit({ x: [[1, 2, 3]], y: [0] });
    expect(model.steps).toBe(8);
  });
});
