import { afterEach, describe, expect, it } from 'vitest';
import { Model, data, losses, nn, optim, setThreads, info } from '../../lib/index.js';

const wrong = (value: unknown) => value as never;
const threads = info().threads;
afterEach(() => setThreads(threads));

const [samples, height, width, channels] = [24, 6, 5, 3];
const pixels = Uint8Array.from({ length: samples * height * width * channels }, (_, i) => (i * 37) % 251);
const images = { data: pixels, shape: [samples, height, width, channels] };
const labels = Int32Array.from({ length: samples }, (_, i) => i % 2);

const echo = () => new Model(nn.identity(), {});

function classifier() {
  return new Model(nn.sequential(nn.flatten(), nn.linear(height * width * channels, 2)), {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.sgd({ learningRate: 0.1 }),
    seed: 1,
  });
}

async function weightOf(model: Model, name: string): Promise<number[]> {
  const weight = (await model.stateDict()).get(name) ?? expect.fail(`no ${name}`);
  return [...weight.data()];
}

async function trained(dataset: data.Dataset, count: number): Promise<number[]> {
  setThreads(count);
  const model = classifier();
  await model.fit(dataset, { epochs: 2, batchSize: 7, seed: 5 });
  return weightOf(model, '1.weight');
}

describe('scaling by channel', () => {
  it('normalises bytes: (value/255 − mean)/deviation', async () => {
    const normalize = { mean: [0.5, 0.25, 0], deviation: [0.5, 0.25, 1] };
    const seen = (await echo().predict(data.from({ x: images }, { normalize }))).data();
    seen.forEach((value, i) => {
      const channel = i % channels;
      const want = ((pixels[i] ?? NaN) / 255 - normalize.mean[channel]!) / normalize.deviation[channel]!;
      expect(Math.abs(value - want)).toBeLessThan(1e-6 * Math.max(1, Math.abs(want)));
    });
  });

  it('scales columns of a table, and floats', async () => {
    const x = [
      [1, 10],
      [2, 20],
    ];
    const table = data.from({ x }, { scale: [2, 0.5], shift: { x: [0, 1] } });
    expect((await echo().predict(table)).toArray()).toEqual([
      [2, 6],
      [4, 11],
    ]);
    const one = data.from({ x }, { normalize: { mean: 1, deviation: [1, 10] } });
    expect((await echo().predict(one)).toArray()).toEqual(
      [
        [0, 0.9],
        [1, 1.9],
      ].map((row) => row.map(Math.fround)),
    );
  });

  it('scales batches of a stream', async () => {
    const batches = () => [{ x: { data: Uint8Array.of(1, 10, 2, 20), shape: [2, 2] }, y: Int32Array.of(0, 1) }];
    const fields = { batchSize: 2, y: { shape: [] } };
    const model = (): Model =>
      new Model(nn.linear(2, 2), { loss: losses.softmaxCrossEntropy(), optimizer: optim.sgd({ learningRate: 1 }), seed: 1 });
    const [streamed, resident] = [model(), model()];
    await streamed.fit(data.stream(batches, { ...fields, x: { shape: [2], dtype: 'uint8', scale: [2, 0.5], shift: [0, 1] } }));
    await resident.fit(data.from(batches()[0]!, { scale: [2, 0.5], shift: [0, 1] }), { shuffle: false });
    expect(await weightOf(streamed, 'weight')).toEqual(await weightOf(resident, 'weight'));
    expect(() => data.stream(batches, { ...fields, x: { shape: [2], scale: [1, 2, 3] } })).toThrow(
      '[data.stream x] expected 3 channels in the last axis, got the shape [2]',
    );
  });

  it('says what it expects', () => {
    expect(() => data.from({ x: images }, { scale: [1, 2] })).toThrow(
      '[data.from] expected x to have 2 channels in its last axis, got uint8[24,6,5,3]',
    );
    expect(() => data.from({ x: [1, 2] }, { scale: [1, 2] })).toThrow(
      'expected x to have 2 channels in its last axis, got float32[2]',
    );
    expect(() => data.from({ x: images }, { scale: 1, normalize: { mean: 0, deviation: 1 } })).toThrow(
      '[data.from] expected scale and shift, or normalize, got both',
    );
    expect(() => data.from({ x: images }, { normalize: wrong(3) })).toThrow(
      'expected normalize to be { mean, deviation }, got 3',
    );
    expect(() => data.from({ x: images }, { normalize: wrong({ mean: 0, std: 1 }) })).toThrow("unknown option 'std'");
    expect(() => data.from({ x: images }, { normalize: { mean: 0, deviation: [1, 0, 1] } })).toThrow(
      'expected normalize.deviation[1] to be',
    );
  });
});

describe('augmentation', () => {
  const options: data.AugmentOptions = { randomCrop: { padding: 2 }, horizontalFlip: true, shift: [0, 1] };

  it('leaves evaluation and prediction alone, but for the middle of a smaller window', async () => {
    const plain = data.from({ x: images, y: labels }, { scale: 1 / 255 });
    const augmented = data.augment(plain, options);
    expect((await echo().predict(augmented)).toArray()).toEqual((await echo().predict(plain)).toArray());
    const model = classifier();
    expect(await model.evaluate(augmented)).toEqual(await model.evaluate(plain));
    const middle = await echo().predict(data.augment(plain, { randomCrop: { size: [2, 3] } }));
    expect(middle.shape).toEqual([samples, 2, 3, channels]);
    const value = (y: number, x: number) => pixels[(y * width + x) * channels]! / 255;
    expect(middle.data()[0]).toBeCloseTo(value(2, 1), 6);
  });

  it('gives the same bits for any number of threads, and others than without', async () => {
    const plain = data.from({ x: images, y: labels }, { scale: 1 / 255 });
    const augmented = data.augment(plain, options);
    const once = await trained(augmented, 1);
    expect(await trained(augmented, 3)).toEqual(once);
    expect(await trained(plain, 1)).not.toEqual(once);
    expect(await trained(data.augment(plain, { ...options, horizontalFlip: 0 }), 1)).not.toEqual(once);
  });

  it('does nothing where nothing is asked for', async () => {
    const plain = data.from({ x: images, y: labels }, { scale: 1 / 255 });
    expect(await trained(data.augment(plain, {}), 2)).toEqual(await trained(plain, 2));
  });

  it('survives splitting and taking', async () => {
    const [first] = data.augment(data.from({ x: images, y: labels }), { randomCrop: { size: 4 } }).split(0.5);
    expect((await echo().predict(first.take(3))).shape).toEqual([3, 4, 4, channels]);
  });

  it('says what it expects', () => {
    const plain = data.from({ x: images, y: labels });
    const flat = data.from({ x: { data: pixels, shape: [samples, height * width * channels] }, y: labels });
    expect(() => data.augment(wrong({ x: images }), {})).toThrow('[data.augment] expected a data set in memory, got a Object');
    expect(() => data.augment(flat, {})).toThrow(
      "[data.augment] expected 'x' to be images [samples, height, width, channels] of uint8 or floats, got uint8[24,90]",
    );
    expect(() => data.augment(plain, { field: 'z' })).toThrow("[data.augment] expected a field 'z', got x, y");
    expect(() => data.augment(plain, { randomCrop: { size: 8 } })).toThrow('expected randomCrop.size of at most 6, got 8');
    expect(() => data.augment(plain, { randomCrop: { size: [1, 2, 3] as never } })).toThrow(
      'expected randomCrop.size to be a number or [rows, columns]',
    );
    expect(() => data.augment(plain, { horizontalFlip: 2 })).toThrow('expected horizontalFlip to be a number in [0, 1], got 2');
    expect(() => data.augment(plain, { shift: -1 })).toThrow('expected shift to be an integer ≥ 0, got -1');
    expect(() => data.augment(plain, wrong({ flip: true }))).toThrow("unknown option 'flip'");
  });
});
