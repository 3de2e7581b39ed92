import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  concat,
  data,
  jit,
  losses,
  matmul,
  metrics,
  Model,
  nn,
  optim,
  regularizers,
  square,
  sub,
  sum,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  type FitOptions,
  type ModelOptions,
  type Tensor,
} from '../../lib/index.js';
import { signals } from '../../lib/lab/index.js';
import { bits, numbers } from './problems.js';

type Inputs = { readonly left: Tensor; readonly right: Tensor };
type Outputs = { readonly same: Tensor; readonly label: Tensor };

/** Both pictures go through one encoder (Bromley et al. 1993): are they of one class, and of which is the left? */
class Siamese extends nn.Module<Outputs, readonly [Inputs]> {
  readonly encoder: nn.Module;
  readonly same: nn.Module;
  readonly label: nn.Module;

  constructor(readonly dtype: 'float32' | 'float64' = 'float64') {
    super();
    this.encoder = nn.sequential(nn.linear(5, 4, { dtype }), nn.tanh());
    this.same = nn.linear(4, 1, { dtype });
    this.label = nn.linear(8, 3, { dtype });
  }

  forward({ left, right }: Inputs): Outputs {
    const [a, b] = [this.encoder.forward(left), this.encoder.forward(right)];
    return { same: this.same.forward(square(sub(a, b))), label: this.label.forward(concat([a, b], 1)) };
  }
}

const samples = 22;
const draw = numbers(5);
const column = (width: number) => Float64Array.from({ length: samples * width }, () => draw() * 2 - 1);
const left = column(5);
const right = column(5);
const label = Int32Array.from({ length: samples }, () => Math.floor(draw() * 3));
const same = Float64Array.from({ length: samples }, () => Math.round(draw()));
const inputs = { 'x.left': { data: left, shape: [samples, 5] }, 'x.right': { data: right, shape: [samples, 5] } };
const fields = { ...inputs, 'y.same': { data: same, shape: [samples, 1] }, 'y.label': label };

function make(options: Partial<ModelOptions<Outputs>> = {}, network = new Siamese()): Model<Outputs> {
  return new Model(network, {
    loss: { same: losses.sigmoidBinaryCrossEntropy(), label: losses.softmaxCrossEntropy() },
    lossWeights: { same: 0.5 },
    metrics: { label: [metrics.accuracy()] },
    optimizer: optim.sgd({ learningRate: 0.3, momentum: 0.9 }),
    seed: 3,
    ...options,
  });
}

async function weights(model: Model<Outputs>): Promise<number[]> {
  return [...(await model.stateDict()).values()].flatMap((value) => [...value.data()]);
}

function expectNear(a: readonly number[], b: readonly number[], tolerance: number): void {
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => expect(Math.abs(value - (b[i] ?? NaN))).toBeLessThanOrEqual(tolerance));
}

/** The same objective over PyTorch's layouts, written out: [E, loss of same, loss of label]. */
function objective(
  rows: readonly number[],
  [we, be, ws, bs, wl, bl]: readonly Tensor[],
  lambda: number,
): [Tensor, Tensor, Tensor] {
  if (!we || !be || !ws || !bs || !wl || !bl) throw new Error('six parameters');
  const pick = (array: Float64Array, width: number) =>
    tensor(Float64Array.from(rows.flatMap((row) => [...array.subarray(row * width, (row + 1) * width)]))).reshape([
      rows.length,
      width,
    ]);
  const linear = (x: Tensor, w: Tensor, b: Tensor) => matmul(x, transpose(w)).add(b);
  const encode = (array: Float64Array) => tanh(linear(pick(array, 5), we, be));
  const [a, b] = [encode(left), encode(right)];
  const first = losses.sigmoidBinaryCrossEntropy().call(linear(square(sub(a, b)), ws, bs), pick(same, 1));
  const labels = tensor(Int32Array.from(rows, (row) => label[row] ?? 0));
  const second = losses.softmaxCrossEntropy().call(linear(concat([a, b], 1), wl, bl), labels);
  const penalty = [we, be, ws, bs, wl, bl].map((w) => sum(square(w)).mul(lambda)).reduce((p, q) => p.add(q));
  return [first.mul(0.5).add(second).add(penalty), first, second];
}

describe('a network of two inputs, two outputs and one encoder', () => {
  it('has each shared parameter once, and trains as the step written by hand does', async () => {
    const model = make({ regularizer: regularizers.l2(0.01) });
    expect([...(await model.stateDict()).keys()]).toEqual(
      ['encoder.0', 'same', 'label'].flatMap((at) => [`${at}.weight`, `${at}.bias`]),
    );
    let parameters = [...(await model.stateDict()).values()];
    let velocity = parameters.map((w) => w.mul(0));
    const sums = [0, 0, 0];
    for (let epoch = 0; epoch < 2; epoch++)
      for (let begin = 0; begin < samples; begin += 8) {
        const rows = Array.from({ length: Math.min(8, samples - begin) }, (_, i) => begin + i);
        const step = jit(valueAndGrad((w: readonly Tensor[]) => objective(rows, w, 0.01)[0]));
        const values = objective(rows, parameters, 0.01);
        if (epoch === 1) values.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value.item() * rows.length));
        const [, slopes] = await step(parameters);
        velocity = velocity.map((v, i) => v.mul(0.9).sub(slopes[i]!.mul(0.3)));
        parameters = parameters.map((w, i) => w.add(velocity[i]!));
      }
    const { logs } = await model.fit(fields, { epochs: 2, batchSize: 8, shuffle: false });
    expectNear(
      await weights(model),
      parameters.flatMap((w) => [...w.data()]),
      1e-14,
    );
    expect(Object.keys(logs)).toEqual(['loss', 'same_loss', 'label_loss', 'label_accuracy', 'learning_rate']);
    expectNear(
      [logs.loss, logs.same_loss, logs.label_loss].map((log) => log?.[1] ?? NaN),
      sums.map((value) => value / samples),
      1e-14,
    );
  });

  it('reports Keras’ logs: in all, by output, and of the validation', async () => {
    const model = make();
    const before = await model.evaluate(fields, { batchSize: 7 });
    expect(Object.keys(before)).toEqual(['loss', 'same_loss', 'label_loss', 'label_accuracy']);
    expect(before.loss).toBeCloseTo(0.5 * (before.same_loss ?? NaN) + (before.label_loss ?? NaN), 14);
    const still = make({ optimizer: optim.sgd({ learningRate: 0 }) });
    const { logs } = await still.fit(fields, { batchSize: 5, accumulate: 2, validation: fields });
    for (const [name, value] of Object.entries(before)) {
      expect(logs[name]?.[0]).toBeCloseTo(value, 13);
      expect(logs[`val_${name}`]?.[0]).toBeCloseTo(value, 13);
    }
  });

  it('predicts a record, in batches, beside a layer’s features', async () => {
    const model = make();
    const whole = await model.predict(inputs);
    const parts = await model.predict(data.from(fields), { batchSize: 5 });
    expect(Object.keys(whole)).toEqual(['same', 'label']);
    expect([whole.same.shape, whole.label.shape]).toEqual([
      [samples, 1],
      [samples, 3],
    ]);
    const direct = model.network.forward({
      left: tensor(left).reshape([samples, 5]),
      right: tensor(right).reshape([samples, 5]),
    });
    for (const name of ['same', 'label'] as const) {
      expectNear([...whole[name].data()], [...direct[name].data()], 1e-14);
      expectNear([...parts[name].data()], [...direct[name].data()], 1e-14);
    }
    const features: Tensor = await model.predict(inputs, { layer: 'encoder' });
    expect(features.shape).toEqual([samples, 4]);
  });

  const gradientDescent: FitOptions[] = [
    { batchSize: samples },
    { batchSize: 6, accumulate: 4 },
    { batchSize: 'all', chunkSize: 9 },
  ];
  it('takes one step however it is cut', async () => {
    const steps = await Promise.all(
      gradientDescent.map(async (options) => {
        const model = make();
        await model.fit(fields, { shuffle: false, ...options });
        return weights(model);
      }),
    );
    for (const step of steps) expectNear(step, steps[0] ?? [], 1e-14);
  });

  it('trains from a stream to the bits of resident data, weights of samples included', async () => {
    const own = Float32Array.from({ length: samples }, (_, i) => i % 3);
    const all = Float32Array.from({ length: samples }, (_, i) => (i % 5) / 2);
    const weighted = { ...fields, sampleWeight: all, 'sampleWeight.same': own };
    const stream = data.stream(
      function* () {
        for (let i = 0; i < samples; i += 8) {
          const end = Math.min(samples, i + 8);
          const rows = (array: Float64Array, width: number) => ({
            data: array.slice(i * width, end * width),
            shape: [end - i, width],
          });
          yield {
            'x.left': rows(left, 5),
            'x.right': rows(right, 5),
            'y.same': rows(same, 1),
            'y.label': label.slice(i, end),
            sampleWeight: all.slice(i, end),
            'sampleWeight.same': own.slice(i, end),
          };
        }
      },
      {
        batchSize: 8,
        'x.left': { shape: [5], dtype: 'float64' },
        'x.right': { shape: [5], dtype: 'float64' },
        'y.same': { shape: [1], dtype: 'float64' },
        'y.label': { shape: [] },
        sampleWeight: { shape: [] },
        'sampleWeight.same': { shape: [] },
      },
    );
    const [resident, streamed, plain] = [make(), make(), make()];
    const options = { epochs: 2, accumulate: 2 };
    const expected = await resident.fit(weighted, { ...options, batchSize: 8, shuffle: false });
    const got = await streamed.fit(stream, options);
    expect(got.logs).toEqual(expected.logs);
    expect(await weights(streamed)).toEqual(await weights(resident));
    await plain.fit(fields, { ...options, batchSize: 8, shuffle: false });
    expect(await weights(plain)).not.toEqual(await weights(resident));
    // The own weights are those of `same`, the others of `label`.
    const [logs, one, other] = [
      await make().evaluate(weighted),
      await make().evaluate({ ...fields, sampleWeight: own }),
      await make().evaluate({ ...fields, sampleWeight: all }),
    ];
    expect([logs.same_loss, logs.label_loss]).toEqual([one.same_loss, other.label_loss]);
  });

  it('minimises, is inspected, saved, loaded and resumed', async () => {
    const model = make({ regularizer: regularizers.l2(0.01) });
    const { value } = await model.minimize(fields, { method: 'lbfgs', chunkSize: 9, maxIterations: 30 });
    expect((await model.evaluate(fields)).loss).toBeCloseTo(value, 12);
    const { loss, layers } = await model.inspect(fields);
    expect(loss).toBeCloseTo(value, 12);
    expect([...layers.keys()]).toContain('encoder.1');
    const seen = signals(model, fields).layers;
    // The encoder runs once for each input.
    expect(seen.map(({ path }) => path)).toEqual(['encoder.0', 'encoder.1', 'encoder.0', 'encoder.1', 'same', 'label']);
    const folder = mkdtempSync(join(tmpdir(), 'several-'));
    try {
      await model.save(join(folder, 'weights.safetensors'));
      const other = make({ seed: 8 });
      await other.load(join(folder, 'weights.safetensors'));
      expect(await weights(other)).toEqual(await weights(model));
      const abort = new AbortController();
      const [whole, broken, resumed] = [make(), make(), make()];
      await whole.fit(fields, { epochs: 3, batchSize: 4 });
      const stopping = broken.fit(fields, {
        epochs: 3,
        batchSize: 4,
        signal: abort.signal,
        onEpochEnd: () => abort.abort(),
      });
      await expect(stopping).rejects.toThrow('abort');
      await broken.saveCheckpoint(join(folder, 'checkpoint.safetensors'));
      await resumed.loadCheckpoint(join(folder, 'checkpoint.safetensors'));
      await resumed.fit(fields, { epochs: 3, batchSize: 4, resume: true });
      expect(await weights(resumed)).toEqual(await weights(whole));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is summed up with the shapes of its inputs', () => {
    const text = make().summary({ left: [5], right: [5] });
    expect(text).toContain('[batch, 4]');
    expect(text).toContain(`${5 * 4 + 4 + 4 + 1 + 8 * 3 + 3} parameters`);
  });

  it('may leave outputs out, and name some with metrics alone', async () => {
    const one = make({ loss: { same: losses.sigmoidBinaryCrossEntropy() }, lossWeights: {}, metrics: {} });
    const { logs } = await one.fit({ ...inputs, 'y.same': fields['y.same'] });
    expect(Object.keys(logs)).toEqual(['loss', 'same_loss', 'learning_rate']);
    const measured = make({ loss: { same: losses.sigmoidBinaryCrossEntropy() }, lossWeights: {} });
    expect(Object.keys(await measured.evaluate(fields))).toEqual(['loss', 'same_loss', 'label_accuracy']);
    const bare = new Model(new Siamese(), { metrics: { label: [metrics.accuracy()] } });
    expect(Object.keys(await bare.evaluate({ ...inputs, 'y.label': label }))).toEqual(['label_accuracy']);
  });
});

class Both extends nn.Module<Tensor, readonly [{ readonly a: Tensor; readonly b?: Tensor }]> {
  readonly body = nn.linear(3, 1);
  forward({ a, b }: { readonly a: Tensor; readonly b?: Tensor }): Tensor {
    return this.body.forward(b ? concat([a, b], 1) : a);
  }
}

describe('a network of two inputs and one output', () => {
  const rows = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)] as const);
  const y = rows.map(([p, q, r]) => [p - 2 * q + 3 * r]);
  const options = () => ({ loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 0.2 }), seed: 3 });
  const joined = data.from({ x: rows.map((row) => [...row]), y });

  it('trains and predicts as one that has them joined', async () => {
    const two = data.from({ 'x.a': rows.map(([p, q]) => [p, q]), 'x.b': rows.map(([, , r]) => [r]), y });
    class One extends nn.Module {
      readonly body = nn.linear(3, 1);
      forward(x: Tensor): Tensor {
        return this.body.forward(x);
      }
    }
    const [several, one] = [new Model(new Both(), options()), new Model(new One(), options())];
    const fit = { epochs: 40, batchSize: 6 };
    const [first, second] = [await several.fit(two, fit), await one.fit(joined, fit)];
    expect(first.logs).toEqual(second.logs);
    expect(first.logs.loss?.at(-1)).toBeLessThan(1e-2);
    expect(await bits(several)).toEqual(await bits(one));
    expect((await several.predict(two)).data()).toEqual((await one.predict(joined)).data());
  });

  it('may do without one', async () => {
    const model = new Model(new Both(), options());
    const { logs } = await model.fit({ 'x.a': rows.map((row) => [...row]), y }, { epochs: 40, batchSize: 6 });
    expect(logs.loss?.at(-1)).toBeLessThan(1e-2);
  });
});

describe('fields are refused by name', () => {
  const noRight = { 'x.left': fields['x.left'], 'y.same': fields['y.same'], 'y.label': label };
  const noLabel = { ...inputs, 'y.same': fields['y.same'] };
  const fit = (given: data.DataFields) => expect(make().fit(given)).rejects;

  it('where one is missing', async () => {
    await fit(noRight).toThrow("[model] expected data with 'x.right', which the network reads, got x.left");
    await fit(noLabel).toThrow("[fit] expected data with targets 'y.label', got x.left, x.right, y.same");
    await fit({ 'y.same': fields['y.same'], 'y.label': label }).toThrow("[fit] expected data with 'x', got y.same, y.label");
    await expect(make().predict({ 'x.left': inputs['x.left'] })).rejects.toThrow("expected data with 'x.right'");
    const chain = new Model(nn.linear(5, 1, { dtype: 'float64' }), { loss: losses.meanSquaredError() });
    await expect(chain.predict(inputs)).rejects.toThrow(
      "[model] expected data with 'x' for a network that takes one tensor, got x.left, x.right",
    );
    await expect(make().evaluate(noLabel)).rejects.toThrow("[evaluate] expected data with targets 'y.label'");
    await expect(make().minimize(noLabel)).rejects.toThrow("[minimize] expected data with targets 'y.label'");
    await expect(make().inspect(noLabel)).rejects.toThrow("[inspect] expected data with targets 'y.label'");
  });

  it('where one is too many', async () => {
    await fit({ ...fields, 'x.middle': inputs['x.left'] }).toThrow("[fit] the network does not read the input 'middle'");
    await fit({ ...fields, 'y.lable': label }).toThrow(
      "[fit] the model has no loss or metric for 'y.lable'\nhelp: did you mean 'y.label'?",
    );
    await fit({ ...fields, y: label }).toThrow("[fit] the model has no loss or metric for 'y'");
    await fit({ ...fields, 'sampleWeight.all': same }).toThrow("[fit] the model has no loss or metric for 'sampleWeight.all'");
    await fit({ ...fields, x: fields['x.left'] }).toThrow('[fit] expected data with x or with x.<name>, got');
  });

  it('where weights are none', async () => {
    const weights = Float32Array.from({ length: samples }, (_, i) => i - 1);
    await fit({ ...fields, 'sampleWeight.same': weights }).toThrow('[fit] expected finite sample weights ≥ 0, got -1');
    const shape = [samples, 1];
    await fit({ ...fields, sampleWeight: { data: weights, shape } }).toThrow(
      '[fit] expected sampleWeight [samples], got float32[22,1]',
    );
  });

  it('where targets do not suit the loss of their output', async () => {
    await fit({ ...fields, 'y.same': { data: Float64Array.from(same, (v) => v + 1), shape: [samples, 1] } }).toThrow(
      '[sigmoidBinaryCrossEntropy] expected targets in [0, 1]',
    );
  });
});

describe('losses and metrics are refused', () => {
  const refused = (options: object) => expect(() => make(options));
  const mse = losses.meanSquaredError();

  it('where they are not by output', async () => {
    await expect(
      make({ loss: mse as never, lossWeights: undefined as never, metrics: [] as never }).fit({ ...inputs, y: label }),
    ).rejects.toThrow("[model] expected losses and metrics by the network's outputs, which are same, label");
    refused({ loss: mse }).toThrow('[model] expected lossWeights with losses by output, got one loss');
    refused({ loss: mse, lossWeights: undefined }).toThrow('[model] expected metrics to be a list of metrics');
    refused({ metrics: [metrics.accuracy()] }).toThrow('[model] expected metrics by output, got a list');
    const chain = nn.linear(2, 1);
    const model = new Model(chain, { loss: { a: mse } as never, optimizer: optim.adam() });
    await expect(model.fit({ x: [[1, 2]], 'y.a': [[1]] })).rejects.toThrow(
      '[model] expected a network of the outputs a, got one that returns a tensor',
    );
  });

  it('where a name is no output', async () => {
    const misspelt = make({ loss: { sam: mse } as never, lossWeights: {}, metrics: {} });
    await expect(misspelt.fit({ ...inputs, 'y.sam': same })).rejects.toThrow(
      "[model] expected an output 'sam' of the network, got same, label",
    );
    refused({ lossWeights: { sam: 1 } }).toThrow("[model lossWeights] unknown option 'sam'\nhelp: did you mean 'same'?");
    refused({ lossWeights: { same: -1 } }).toThrow('[model] expected lossWeights.same to be a finite number ≥ 0, got -1');
    refused({ loss: {}, lossWeights: {}, metrics: {} }).toThrow('[model] expected a loss for an output, got none');
    refused({ loss: { same: 'mse' } }).toThrow('[model] expected loss.same to be a loss, got "mse"');
    refused({ loss: 'mse' }).toThrow('[model] expected loss to be a loss, or losses by output, got "mse"\nhelp: loss: losses.');
    refused({ loss: losses.meanSquaredError }).toThrow(
      'help: meanSquaredError makes losses: call it, loss: losses.meanSquaredError()',
    );
    refused({ loss: mse, optimizer: 'adam' }).toThrow('[model] expected an optimizer, got "adam"\nhelp: new Model(network, {');
    refused({ loss: mse, optimizer: optim.adam }).toThrow('[model] expected an optimizer, got function adam');
    refused({ metrics: { label: [metrics.accuracy()], val: [metrics.accuracy()] } }).toThrow(
      "[model] expected another name than 'val_accuracy' for a log",
    );
    refused({ metrics: { label: metrics.accuracy() } }).toThrow('[model] expected metrics.label to be a list of metrics');
    refused({ metrics: { label: [metrics.accuracy(), metrics.accuracy()] } }).toThrow(
      "a name of its own for each log, got 'label_accuracy' twice",
    );
  });

  it('where the network returns something else', async () => {
    class Pair extends nn.Module<readonly Tensor[]> {
      readonly body = nn.linear(2, 1);
      forward(x: Tensor) {
        return [this.body.forward(x), x];
      }
    }
    await expect(new Model(new Pair() as never).predict([[1, 2]])).rejects.toThrow(
      '[model] expected the network to return a tensor or several by name',
    );
    class Sum extends nn.Module<{ readonly a: Tensor; readonly total: Tensor }> {
      forward(x: Tensor) {
        return { a: x, total: sum(x) };
      }
    }
    await expect(new Model(new Sum()).predict([[1, 2]])).rejects.toThrow(
      "[predict] expected 'total' to have an output for each of 1 samples, got float32[]",
    );
  });

  it('in a stream as in resident data', async () => {
    const shapes = { 'x.left': { shape: [5] }, 'x.right': { shape: [5] } } as const;
    const stream = (more: object) => data.stream(() => [], { batchSize: 4, ...shapes, ...more });
    await expect(make().fit(stream({ 'y.same': { shape: [1] } }))).rejects.toThrow("[fit] expected data with targets 'y.label'");
    expect(() => stream({ 'z.left': { shape: [1] } })).toThrow("[data.stream] unknown option 'z.left'");
    expect(() => stream({ sampleWeight: { shape: [1] } })).toThrow(
      '[data.stream sampleWeight] expected one number a sample, shape [], got [1]',
    );
    const batch = { x: [[1, 2]], y: [[1]], sampleWeight: Float32Array.of(-1) };
    const weighted = data.stream(() => [batch], {
      batchSize: 1,
      x: { shape: [2] },
      y: { shape: [1], dtype: 'float32' },
      sampleWeight: { shape: [] },
    });
    const model = new Model(nn.linear(2, 1), { loss: mse, optimizer: optim.adam() });
    await expect(model.fit(weighted)).rejects.toThrow('[fit] expected sampleWeight to be finite and ≥ 0, got -1 in batch 0');
  });
});

describe('outputs that are one tensor, or an input', () => {
  it('are each given', async () => {
    class Twice extends nn.Module<{ readonly a: Tensor; readonly b: Tensor; readonly x: Tensor }> {
      readonly body = nn.linear(2, 2);
      forward(x: Tensor) {
        const a = this.body.forward(x);
        return { a, b: a, x };
      }
    }
    const { a, b, x } = await new Model(new Twice()).predict(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { batchSize: 2 },
    );
    expect(a.data()).toEqual(b.data());
    expect([...x.data()]).toEqual([1, 2, 3, 4, 5, 6]);
    a.dispose();
    expect(b.data().length).toBe(6);
  });
});
