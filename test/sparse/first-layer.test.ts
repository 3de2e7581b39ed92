import { describe, expect, test } from 'vitest';
import { data, losses, Model, nn, optim, SparseMatrix, type FitOptions } from '../../lib/index.js';
import type { Optimizer } from '../../lib/optim/optimizer.js';
import { addon } from '../../lib/runtime/native.js';
import { planted } from './reference.js';

const problem = planted(130, 60, 3);
const y = Int32Array.from(problem.labels);
const sparseRows = await SparseMatrix.fromDense(problem.rows);

function modelOf(first: nn.Module, optimizer: Optimizer): Model {
  return new Model(nn.sequential(first, nn.tanh(), nn.linear(9, 3)), { loss: losses.softmaxCrossEntropy(), optimizer, seed: 3 });
}

function firstOf(model: Model): nn.Linear {
  return (model.network as nn.Sequential<[nn.Linear, nn.Module, nn.Module]>).layers[0];
}

/** A model of sparse rows and one of the same dense rows. */
function pair(make: () => Optimizer): { sparse: Model; dense: Model } {
  return { sparse: modelOf(nn.sparseLinear(60, 9), make()), dense: modelOf(nn.linear(60, 9), make()) };
}

const rows = { sparse: data.from({ x: sparseRows, y }), dense: data.from({ x: problem.rows, y }) };

async function weightsOf(model: Model): Promise<number[]> {
  return [...(await model.stateDict()).values()].flatMap((tensor) => [...tensor.data()]);
}

/** Relative to the largest weight. A float32 holds 24 bits; the dense step rounds in each of the steps in which a row rests. */
async function expectEqual(sparse: Model, dense: Model, tolerance = 2e-6): Promise<void> {
  const [left, right] = [await weightsOf(sparse), await weightsOf(dense)];
  const largest = Math.max(...right.map(Math.abs));
  const worst = Math.max(...left.map((weight, i) => Math.abs(weight - (right[i] ?? NaN))));
  expect(worst / largest).toBeLessThan(tolerance);
}

const forms: [string, () => Optimizer][] = [
  ['plain', () => optim.sgd({ learningRate: 0.3 })],
  ['plain, with weight decay', () => optim.sgd({ learningRate: 0.3, weightDecay: 1e-2 })],
  ['momentum', () => optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2 })],
  ['momentum as in PyTorch', () => optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch', weightDecay: 1e-2 })],
  ['Nesterov', () => optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-2 })],
  [
    'Nesterov as in PyTorch',
    () => optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch', nesterov: true, weightDecay: 1e-2 }),
  ],
  ['dampening', () => optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch', dampening: 0.5, weightDecay: 1e-2 })],
  ['uphill', () => optim.sgd({ learningRate: 0.01, momentum: 0.5, weightDecay: 1e-2, maximize: true })],
  ['a schedule', () => optim.sgd({ learningRate: (step) => 0.3 / (1 + step), momentum: 0.9, weightDecay: 1e-2 })],
];
const others: [string, () => Optimizer][] = [
  ['look-ahead', () => optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: 'lookahead', weightDecay: 1e-2 })],
  ['adam', () => optim.adam({ learningRate: 0.01, weightDecay: 1e-2 })],
  ['clipped gradients', () => optim.clipByGlobalNorm(optim.sgd({ learningRate: 0.3, momentum: 0.9 }), 0.1)],
  ['an average', () => optim.average(optim.sgd({ learningRate: 0.1, momentum: 0.9 }), { decay: 0.9 })],
  [
    'groups',
    () =>
      optim.groups([
        { parameters: '0.weight', optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2 }) },
        { optimizer: optim.adam({ learningRate: 0.01 }) },
      ]),
  ],
];

describe('a sparse first layer trains as linear does on the dense rows', () => {
  test.each([...forms, ...others])('%s', async (_name, make) => {
    const { sparse, dense } = pair(make);
    const few = { epochs: 3, batchSize: 8, seed: 5 };
    const [a, b] = [await sparse.fit(rows.sparse, few), await dense.fit(rows.dense, few)];
    a.logs['loss']?.forEach((loss, i) => expect(loss).toBeCloseTo(b.logs['loss']?.[i] ?? NaN, 5));
    await expectEqual(sparse, dense);
    const [left, right] = [await sparse.predict(rows.sparse), await dense.predict(rows.dense)];
    left.data().forEach((value, i) => expect(value).toBeCloseTo(right.data()[i] ?? NaN, 4));
  });

  test('for more steps than the history holds', async () => {
    const { sparse, dense } = pair(() => optim.sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 1e-3 }));
    const many = { epochs: 70, batchSize: 2, seed: 5 };
    await sparse.fit(rows.sparse, many);
    await dense.fit(rows.dense, many);
    expect(sparse.steps).toBe(70 * 65);
    await expectEqual(sparse, dense, 3e-5);
  });

  test('through steps of several batches, other data, a layer that was frozen, and loaded weights', async () => {
    const make = (): Optimizer => optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2 });
    const { sparse, dense } = pair(make);
    const both = async (options: FitOptions, own = rows.sparse): Promise<void> => {
      await sparse.fit(own, { seed: 5, batchSize: 8, ...options });
      await dense.fit(rows.dense, { seed: 5, batchSize: 8, ...options });
      await expectEqual(sparse, dense, 5e-6);
    };
    await both({ epochs: 1 });
    await both({ epochs: 1, accumulate: 2 });
    await both({ epochs: 1 });
    await both({ epochs: 1 }, rows.dense);
    await both({ epochs: 1 });
    for (const model of [sparse, dense]) firstOf(model).freeze();
    await both({ epochs: 1 });
    for (const model of [sparse, dense]) firstOf(model).unfreeze();
    await both({ epochs: 1 });
    const other = await pair(make).dense.stateDict();
    sparse.loadStateDict(other);
    dense.loadStateDict(other);
    await both({ epochs: 2 });
  });
});

describe('a fit on sparse rows', () => {
  const make = (): Model => modelOf(nn.sparseLinear(60, 9), optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2 }));
  const fit = { batchSize: 8, seed: 5 };

  test('gives the same bits for any threads, in two parts, and with predictions beside it', async () => {
    const whole = make();
    await whole.fit(rows.sparse, { ...fit, epochs: 40 });
    const expected = await weightsOf(whole);
    const threads = addon().info().threads;
    try {
      addon().setThreads(threads === 1 ? 3 : 1);
      const parts = make();
      await parts.fit(rows.sparse, { ...fit, epochs: 15 });
      await parts.predict(rows.sparse);
      await parts.fit(rows.sparse, { ...fit, epochs: 25 });
      expect(await weightsOf(parts)).toEqual(expected);
    } finally {
      addon().setThreads(threads);
    }
    const watched = make();
    const training = watched.fit(rows.sparse, { ...fit, epochs: 40 });
    await watched.predict(rows.sparse);
    await watched.stateDict();
    await training;
    expect(await weightsOf(watched)).toEqual(expected);
  });

  test('goes on to the bit after it was aborted in the middle of an epoch', async () => {
    const whole = make();
    await whole.fit(rows.sparse, { ...fit, epochs: 200 });
    const parts = make();
    const control = new AbortController();
    const first = parts.fit(rows.sparse, { ...fit, epochs: 200, signal: control.signal });
    setTimeout(() => control.abort(), 3);
    await expect(first).rejects.toMatchObject({ code: 'abort' });
    expect(parts.steps).toBeLessThan(whole.steps);
    await parts.fit(rows.sparse, { ...fit, epochs: 200, resume: true });
    expect(await weightsOf(parts)).toEqual(await weightsOf(whole));
  });

  test('shows every row at each step boundary', async () => {
    const { sparse, dense } = pair(() => optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-2 }));
    for (let round = 0; round < 4; round++) {
      await sparse.fit(rows.sparse, { ...fit, steps: 3 });
      await dense.fit(rows.dense, { ...fit, steps: 3 });
      const [left, right] = [sparse, dense].map((model) => [...firstOf(model).weight.data()]);
      left?.forEach((weight, i) => expect(weight).toBeCloseTo(right?.[i] ?? NaN, 6));
    }
  });

  test('takes rows that are empty, parts of the data, and one column', async () => {
    const x = await SparseMatrix.from({ columns: 60, offsets: [0, 0, 0, 2], indices: [3, 59], values: [1, -2] });
    const model = make();
    const set = data.from({ x, y: [0, 1, 2] });
    const { steps } = await model.fit(set, { epochs: 2, batchSize: 2 });
    expect(steps).toBe(4);
    const scores = (await model.predict(set)).toArray() as number[][];
    expect(scores[0]).toEqual(scores[1]);
    expect((await model.predict(set.subset([2, 0]))).toArray()).toEqual([scores[2], scores[0]]);
    expect((await model.predict(set.take(1))).toArray()).toEqual([scores[0]]);
    const [left, right] = rows.sparse.split(0.5);
    expect([left.samples, right.samples]).toEqual([65, 65]);
    const narrow = new Model(nn.sparseLinear(60, 1), {
      loss: losses.sigmoidBinaryCrossEntropy(),
      optimizer: optim.sgd({ learningRate: 1 }),
    });
    await narrow.fit(data.from({ x: sparseRows, y: problem.labels.map((label) => [label > 0 ? 1 : 0]) }), { epochs: 1 });
  });

  test('works where a dense layer, or something else, reads the rows', async () => {
    const make2 = (first: nn.Module): Model => modelOf(first, optim.sgd({ learningRate: 0.1, momentum: 0.9 }));
    const [a, b] = [make2(nn.linear(60, 9)), make2(nn.linear(60, 9))];
    await a.fit(rows.sparse, { ...fit, epochs: 2 });
    await b.fit(rows.dense, { ...fit, epochs: 2 });
    await expectEqual(a, b);
    const inputs = await new Model(
      nn.lambda((x) => x.mul(2)),
      { seed: 1 },
    ).predict(rows.sparse);
    expect(inputs.toArray()).toEqual(problem.rows.map((row) => row.map((value) => 2 * Math.fround(value))));
  });

  test('is inspected and minimised as on dense rows', async () => {
    const { sparse, dense } = pair(() => optim.sgd({ learningRate: 0.1 }));
    const [a, b] = [await sparse.inspect(rows.sparse), await dense.inspect(rows.dense)];
    expect(a.loss).toBeCloseTo(b.loss, 6);
    const slopes = [a, b].map(({ parameters }) => [...(parameters.get('0.weight')?.data() ?? [])]);
    slopes[0]?.forEach((slope, i) => expect(slope).toBeCloseTo(slopes[1]?.[i] ?? NaN, 6));
    await sparse.minimize(rows.sparse, { maxIterations: 3 });
    await dense.minimize(rows.dense, { maxIterations: 3 });
    await expectEqual(sparse, dense, 1e-4);
  });

  test('says what a sparse field cannot be', async () => {
    const where = '[data.from]';
    const target: unknown = sparseRows;
    expect(() => data.from({ x: problem.rows, y: target as number[] })).toThrow(
      `${where} expected y to be dense, got a SparseMatrix`,
    );
    expect(() => data.from({ x: sparseRows, y }, { scale: 2 })).toThrow(`${where} expected no scale, shift or normalize for x`);
    const x = await SparseMatrix.from({ columns: 60, offsets: [0, 0], indices: [] });
    x.dispose();
    expect(() => data.from({ x, y: [0] })).toThrow('this matrix was disposed');
    expect(() => data.from({ x: sparseRows, y: [0] })).toThrow(
      'expected as many samples in every field, got 130 in x and 1 in y',
    );
    await expect(make().fit(data.from({ x: await sparseRows.subset([0]), y: [0] }).subset([0]))).resolves.toBeDefined();
    const wide = modelOf(nn.sparseLinear(61, 9), optim.sgd({ learningRate: 1 }));
    await expect(wide.fit(rows.sparse)).rejects.toThrow('expected [batch, 61] or [batch, 2, entries], got float32[32,60]');
  });
});
