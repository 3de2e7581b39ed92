import { describe, expect, it } from 'vitest';
import { data, DivergenceError, losses, Model, nn, optim, RavineError, tensor, type FitOptions } from '../../lib/index.js';
import { bits, clusters, smallModel, wideModel } from './problems.js';

async function refusal(promise: Promise<unknown>): Promise<RavineError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RavineError);
  return error as RavineError;
}

describe('bad input changes nothing', () => {
  it('labels out of range: before any update, naming sample and label', async () => {
    const { x, y } = clusters(32, 8, 3);
    for (const label of [3, -1]) {
      const model = smallModel();
      const before = await bits(model);
      const labels = y.slice();
      labels[17] = label;
      const error = await refusal(model.fit({ x, y: labels }, { shuffle: false }));
      expect(error.code).toBe('label');
      expect(error.message).toContain(`label ${label} of sample 17`);
      expect(await bits(model)).toEqual(before);
      expect(model.steps).toBe(0);
    }
  });

  it('NaN and infinity in data: named by row and column', async () => {
    const { x, y } = clusters(32, 8, 3);
    for (const bad of [NaN, Infinity]) {
      const values = x.data.slice();
      values[5 * 8 + 2] = bad;
      const error = await refusal(smallModel().fit({ x: { data: values, shape: [32, 8] }, y }));
      expect(error.message).toContain('row 5, column 2');
    }
  });

  it('divergence: the step is not applied, and the error has step and learning rate', async () => {
    const { x, y } = clusters(64, 8, 3);
    const model = smallModel({ optimizer: optim.sgd({ learningRate: 1e38 }) });
    const error = await refusal(model.fit({ x, y }, { epochs: 50 }));
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error).toMatchObject({ learningRate: 1e38, step: model.steps });
    expect([...(await bits(model)).values()].flat().length).toBeGreaterThan(0);
    expect(error.message).toMatch(
      /^\[fit\] loss is \S+ at step \d+, learning rate 1e\+38, first seen in \S+; the step was not applied/u,
    );
  });

  it('divergence: the error has the first layer that gave NaN or infinity', async () => {
    const { x, y } = clusters(64, 8, 3);
    const network = nn.sequential(nn.linear(8, 16), nn.sequential(nn.relu(), nn.linear(16, 3)));
    const model = new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optim.sgd({ learningRate: 0.1 }) });
    const state = new Map(await model.stateDict());
    state.set('1.1.weight', tensor(new Float32Array(48).fill(3e38), { shape: [3, 16] }));
    model.loadStateDict(state);
    const before = await bits(model);
    expect(await refusal(model.fit({ x, y }))).toMatchObject({ layer: '1.1', step: 0 });
    expect(await bits(model)).toEqual(before);
    const regression = new Model(nn.linear(8, 1), {
      loss: losses.meanSquaredError(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
    const far = { x, y: { data: new Float32Array(64).fill(3e38), shape: [64, 1] } };
    expect(await refusal(regression.fit(far))).toMatchObject({ layer: 'loss' });
    const stream = data.stream(() => [{ x: { data: x.data, shape: [64, 8] }, y: far.y }], {
      batchSize: 64,
      x: { shape: [8] },
      y: { shape: [1], dtype: 'float32' },
    });
    expect((await refusal(regression.fit(stream))).message).toContain('loss is Infinity at step 0, learning rate 0.1; the step');
  });

  it('shapes and dtypes that do not fit', async () => {
    const { x, y } = clusters(32, 8, 3);
    expect((await refusal(smallModel().fit({ x: { data: x.data, shape: [64, 4] }, y: new Int32Array(64) }))).message).toContain(
      '[linear',
    );
    expect((await refusal(smallModel().fit({ x, y: y.slice(1) }))).message).toContain('32 in x and 31 in y');
    expect((await refusal(smallModel().fit({ x: { data: Float64Array.from(x.data), shape: [32, 8] }, y }))).code).toBe('dtype');
    const regression = new Model(nn.sequential(nn.linear(8, 1)), { loss: losses.meanSquaredError(), optimizer: optim.adam() });
    expect((await refusal(regression.fit({ x, y: new Float32Array(32) }))).message).toContain('[32,1]');
  });

  it('empty data', async () => {
    expect(
      (await refusal(smallModel().fit({ x: { data: new Float32Array(0), shape: [0, 8] }, y: new Int32Array(0) }))).message,
    ).toContain('0 samples');
  });

  it('options: each answered by name', async () => {
    const all = data.from(clusters(32, 8, 3));
    const cases: [object, string][] = [
      [{ epocs: 2 }, "did you mean 'epochs'?"],
      [{ epochs: 0 }, 'epochs to be a positive integer, got 0'],
      [{ epochs: 2.5 }, 'epochs to be a positive integer, got 2.5'],
      [{ batchSize: -1 }, 'batchSize to be a positive integer, got -1'],
      [{ batchSize: NaN }, 'batchSize'],
      [{ seed: -1 }, 'seed'],
      [{ shuffle: 'yes' }, 'shuffle to be true or false'],
      [{ epochs: 1, steps: 1 }, 'either epochs or steps'],
      [{ resume: true }, 'interrupted before'],
      [{ signal: {} }, 'AbortSignal'],
      [{ onProgress: 3 }, 'onProgress to be a function'],
      [{ dropLast: true, batchSize: 64 }, '32 samples give no batch of 64'],
    ];
    for (const [options, message] of cases)
      expect((await refusal(smallModel().fit(all, options as FitOptions))).message).toContain(message);
  });

  it('a schedule that gives nonsense', async () => {
    for (const rate of [NaN, -1, Infinity]) {
      const model = smallModel({ optimizer: optim.sgd({ learningRate: () => rate }) });
      expect((await refusal(model.fit(clusters(32, 8, 3)))).message).toContain('learningRate at step 0');
    }
  });

  it('a second fit: refused, and the first goes on undisturbed', async () => {
    const all = data.from(clusters(1000, 256, 10));
    const [alone, disturbed] = [wideModel(), wideModel()];
    await alone.fit(all, { batchSize: 100 });
    const first = disturbed.fit(all, { batchSize: 100 });
    expect((await refusal(disturbed.fit(all))).code).toBe('busy');
    expect((await refusal(disturbed.load('nowhere.safetensors'))).code).toBe('busy');
    expect(() => disturbed.dispose()).toThrow('being fitted');
    expect(() => disturbed.loadStateDict(new Map())).toThrow('being fitted');
    await first;
    expect(await bits(disturbed)).toEqual(await bits(alone));
  });

  it('disposed data and models', async () => {
    const all = data.from(clusters(32, 8, 3));
    all.dispose();
    expect((await refusal(smallModel().fit(all))).code).toBe('disposed');
    const model = smallModel();
    model.dispose();
    model.dispose();
    expect((await refusal(model.predict([[0, 0, 0, 0, 0, 0, 0, 0]]))).code).toBe('disposed');
  });

  it('data disposed while it is trained on is kept until the end', async () => {
    const all = data.from(clusters(1000, 256, 10));
    const model = wideModel();
    const fit = model.fit(all, { epochs: 2, batchSize: 100 });
    all.dispose();
    await expect(fit).resolves.toMatchObject({ epochs: 2 });
  });

  it('a detached array, and one over shared memory', async () => {
    const { x, y } = clusters(32, 8, 3);
    const gone = x.data.slice();
    structuredClone(gone, { transfer: [gone.buffer] });
    expect((await refusal(smallModel().fit({ x: { data: gone, shape: [32, 8] }, y }))).message).toMatch(/detached/);
    const shared = new Float32Array(new SharedArrayBuffer(32 * 8 * 4));
    shared.set(x.data);
    const [a, b] = [smallModel(), smallModel()];
    await a.fit({ x: { data: shared, shape: [32, 8] }, y });
    await b.fit({ x, y });
    expect(await bits(a)).toEqual(await bits(b));
  });

  it('states of another network: everything wrong is named, nothing is loaded', async () => {
    const model = smallModel();
    const before = await bits(model);
    const state = new Map(await model.stateDict());
    state.delete('0.bias');
    state.set('extra', tensor([1]));
    state.set('2.weight', tensor([[1]]));
    expect(() => model.loadStateDict(state)).toThrow(
      /missing 0\.bias; unexpected extra; 2\.weight: expected float32\[3,16\], got float32\[1,1\]/,
    );
    expect(await bits(model)).toEqual(before);
  });

  it('models without what a fit needs', async () => {
    const bare = new Model(nn.sequential(nn.linear(8, 3)));
    expect((await refusal(bare.fit(clusters(32, 8, 3)))).message).toContain('a loss and an optimizer');
    expect(() => new Model({} as never)).toThrow('expected a module');
    expect(() => new Model(nn.sequential(nn.linear(8, 3)), { los: 1 } as never)).toThrow("did you mean 'loss'?");
  });
});
