import { describe, expect, it } from 'vitest';
import { AbortError, data, losses, Model, nn, optim, type ModelMinimizeOptions } from '../../lib/index.js';
import { clusters, numbers, smallModel } from './problems.js';

const draw = numbers(9);
const samples = 60;
const x = Float64Array.from({ length: samples * 3 }, () => draw() - 0.5);
const y = Float64Array.from({ length: samples }, (_, i) => 2 * (x[3 * i] ?? 0) - (x[3 * i + 2] ?? 0) + 0.5);
const line = data.from({ x: { data: x, shape: [samples, 3] }, y: { data: y, shape: [samples, 1] } });
const linear = () =>
  new Model(nn.sequential(nn.linear(3, 1, { dtype: 'float64' })), {
    loss: losses.meanSquaredError(),
    optimizer: optim.sgd({ learningRate: 0.1 }),
  });
const deep = () =>
  new Model(
    nn.sequential(nn.linear(3, 4, { dtype: 'float64' }), nn.tanh(), nn.dropout(0.5), nn.linear(4, 1, { dtype: 'float64' })),
    { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 0.1 }), seed: 3 },
  );

describe('minimize on a model', () => {
  const methods: ModelMinimizeOptions[] = (['gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-cg'] as const).map((method) => ({
    method,
    maxIterations: 2000,
  }));

  it.each(methods)('$method finds the least squares of a linear network, in one chunk and in many', async (options) => {
    for (const chunkSize of [samples, 25]) {
      const model = linear();
      const result = await model.minimize(line, { ...options, chunkSize });
      expect(result).toMatchObject({ reason: 'gradient', converged: true });
      const state = await model.stateDict();
      expect(state.get('0.bias')?.item()).toBeCloseTo(0.5, 7);
      [2, 0, -1].forEach((weight, i) => expect(state.get('0.weight')?.data()[i]).toBeCloseTo(weight, 7));
      expect((await model.evaluate(line)).loss).toBeCloseTo(result.value, 12);
    }
  });

  it('lowers the loss of a deep network with dropout off, to the same point in chunks', async () => {
    const [once, chunked] = [deep(), deep()];
    const before = (await once.evaluate(line)).loss ?? NaN;
    const options = { method: 'newton-cg', maxIterations: 3 } as const;
    const [a, b] = [await once.minimize(line, options), await chunked.minimize(line, { ...options, chunkSize: 7 })];
    expect(a.value).toBeLessThan(before / 2);
    expect(b.value).toBeCloseTo(a.value, 8);
    expect((await once.evaluate(line)).loss).toBeCloseTo(a.value, 12);
    expect(a).toMatchObject({ reason: 'iterations', converged: false, iterations: 3 });
  });

  it('tells a callback of each iteration, and can be aborted; with all frozen it has nothing to do', async () => {
    const model = deep();
    const values: number[] = [];
    const abort = new AbortController();
    const error: unknown = await model
      .minimize(line, {
        signal: abort.signal,
        callback: async ({ iteration, value }) => {
          values.push(value);
          expect((await model.evaluate(line)).loss).toBeCloseTo(value, 12);
          if (iteration === 3) abort.abort();
        },
      })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AbortError);
    expect(values.length).toBe(3);
    expect((await model.evaluate(line)).loss).toBeCloseTo(values[2] ?? NaN, 12);
    const frozen = deep();
    frozen.network.freeze();
    await expect(frozen.minimize(line)).rejects.toThrow('expected parameters that train, got none');
  });

  it('refuses what it cannot minimise', async () => {
    await expect(new Model(nn.sequential(nn.linear(3, 1))).minimize(line)).rejects.toThrow('expected a model with a loss');
    await expect(linear().minimize(line, { chunkSize: 0 })).rejects.toThrow('chunkSize');
    await expect(linear().minimize(line, JSON.parse('{"chunksize":1}') as object)).rejects.toThrow("did you mean 'chunkSize'?");
    await expect(linear().minimize(line, JSON.parse('{"callback":3}') as object)).rejects.toThrow(
      '[minimize] expected callback to be a function, got 3',
    );
    const { x: inputs, y: labels } = clusters(10, 8, 3);
    const wide = smallModel();
    await expect(wide.minimize({ x: inputs, y: labels.map(() => 7) })).rejects.toThrow('label 7');
    expect((await wide.minimize({ x: inputs, y: labels }, { maxIterations: 5 })).iterations).toBe(5);
  });
});
