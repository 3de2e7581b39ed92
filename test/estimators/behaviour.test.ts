import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AbortError, counters, LogisticRegression, tensor, type Tensor } from '../../lib/index.js';
import { readSafetensors } from '../../lib/io/safetensors.js';
import { liveBuffers } from '../live-buffers.js';
import { distance, samples } from './samples.js';

const iris = samples('iris');
const two = samples('breast-cancer', true, [0, 1, 2]);

describe('labels', () => {
  it('may be −1 and 1, 0 and 1, texts, booleans, a tensor: the same coefficients', async () => {
    const given = [
      [...two.y].map((label) => 2 * label - 1),
      [...two.y].map((label) => (label ? 'malignant' : 'benign')),
      [...two.y].map(Boolean),
      tensor(two.y),
    ];
    const models = await Promise.all(
      given.map(async (y) => {
        const model = new LogisticRegression();
        await model.fit(two.x, y);
        return model;
      }),
    );
    const [first] = models;
    for (const model of models) {
      expect([...model.coefficients().data()]).toEqual([...(first?.coefficients().data() ?? [])]);
      expect(model.coefficients().shape).toEqual([1, 3]);
    }
    expect(models.map(({ classes }) => classes)).toEqual([[-1, 1], ['benign', 'malignant'], [false, true], [0, 1]]); // prettier-ignore
    expect([...new Set(await models[1]?.predict(two.x))].sort()).toEqual(['benign', 'malignant']);
  });

  it('need not be 0 … K − 1', async () => {
    const model = new LogisticRegression();
    await model.fit(
      iris.x,
      [...iris.y].map((label) => [30, -1, 5][label] ?? NaN),
    );
    expect(model.classes).toEqual([-1, 5, 30]);
    const { accuracy } = await model.evaluate(
      iris.x,
      [...iris.y].map((label) => [30, -1, 5][label] ?? NaN),
    );
    expect(accuracy).toBe((await fitted(iris).then((plain) => plain.evaluate(iris.x, iris.y))).accuracy);
  });
});

async function fitted({ x, y }: ReturnType<typeof samples>): Promise<LogisticRegression> {
  const model = new LogisticRegression();
  await model.fit(x, y);
  return model;
}

describe('samples', () => {
  it('may be nested arrays, typed rows or a tensor: no digit is lost', async () => {
    const [rows, columns] = two.x.shape;
    const nested = Array.from({ length: rows }, (_, i) => [...two.x.data.subarray(i * columns, (i + 1) * columns)]);
    const want = (await fitted(two)).coefficients().data();
    for (const x of [nested, nested.map((row) => Float64Array.from(row)), tensor(two.x.data, { shape: two.x.shape })]) {
      const model = new LogisticRegression();
      await model.fit(x, two.y);
      expect([...model.coefficients().data()]).toEqual([...want]);
    }
  });

  it('a weight of 2 counts as two samples, one of 0 as none; class weights multiply', async () => {
    const data = Float64Array.of(-2, -1, 0.5, -0.5, 1, 2);
    const y = [0, 0, 0, 1, 1, 1];
    const solve = async (x: Float64Array, labels: number[], sampleWeight?: number[] | Tensor, options = {}) => {
      const model = new LogisticRegression({ tolerance: 1e-13, ...options });
      await model.fit({ data: x, shape: [x.length, 1] }, labels, sampleWeight ? { sampleWeight } : {});
      return [...model.coefficients().data(), ...model.intercepts()];
    };
    const close = (got: number[], want: number[]) => expect(distance(got, want)).toBeLessThan(1e-10);
    close(await solve(data, y, [2, 1, 1, 1, 1, 0]), await solve(Float64Array.of(-2, -2, -1, 0.5, -0.5, 1), [0, 0, 0, 0, 1, 1]));
    const halves = await solve(data, y, [3, 3, 3, 0.5, 1, 0.5]);
    close(await solve(data, y, tensor([1, 1, 1, 1, 2, 1]), { classWeight: { 0: 3, 1: 0.5 } }), halves);
    const unbalanced = [0, 0, 0, 0, 1, 1];
    close(await solve(data, unbalanced, undefined, { classWeight: 'balanced' }), await solve(data, unbalanced, [0.75, 0.75, 0.75, 0.75, 1.5, 1.5])); // prettier-ignore
  });

  it('a constant column gets no coefficient, and changes no other', async () => {
    for (const fitIntercept of [true, false]) {
      const values = Float64Array.from({ length: 40 }, (_, i) => (i % 2 ? (fitIntercept ? 0.1 : 0) : Math.sin(i)));
      const y = Array.from({ length: 20 }, (_, i) => Number(Math.sin(2 * i) + Math.sin(5 * i) > 0));
      const model = new LogisticRegression({ fitIntercept });
      await model.fit({ data: values, shape: [20, 2] }, y);
      const alone = new LogisticRegression({ fitIntercept });
      await alone.fit({ data: values.filter((_, i) => i % 2 === 0), shape: [20, 1] }, y);
      expect(model.coefficients().data()[1]).toBe(0);
      expect(model.coefficients().data()[0]).toBeCloseTo(alone.coefficients().data()[0] ?? NaN, 12);
    }
  });

  it('a column’s unit costs no iterations: without a penalty the fit is the same', async () => {
    const [rows, columns] = two.x.shape;
    const units = Float64Array.from(two.x.data, (value, i) => ([1e-6, 1, 1e9][i % columns] ?? NaN) * (value + 3));
    const [plain, scaled] = [new LogisticRegression({ penalty: 'none' }), new LogisticRegression({ penalty: 'none' })];
    const a = await plain.fit(two.x, two.y);
    const b = await scaled.fit({ data: units, shape: [rows, columns] }, two.y);
    expect(b.iterations).toBe(a.iterations);
    expect(b.loss).toBeCloseTo(a.loss, 12);
  });
});

describe('fit', () => {
  it('says why it ended', async () => {
    const model = new LogisticRegression({ maxIterations: 1 });
    expect(await model.fit(iris.x, iris.y)).toMatchObject({ converged: false, reason: 'iterations', iterations: 1 });
    const { loss, ...rest } = await new LogisticRegression().fit(iris.x, iris.y);
    expect(rest).toMatchObject({ converged: true, reason: 'gradient' });
    expect(loss).toBeGreaterThan(0);
    expect(loss).toBeLessThan(Math.log(3));
  });

  it('keeps what was learnt when it is aborted', async () => {
    const model = await fitted(two);
    const before = [...model.coefficients().data()];
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(model.fit(iris.x, iris.y, { signal })).rejects.toThrow(AbortError);
    expect([...model.coefficients().data()]).toEqual(before);
    await model.fit(iris.x, iris.y);
    expect(model.coefficients().shape).toEqual([3, 4]);
  });

  it('gives the same bits again, and frees all but coefficients and intercepts', async () => {
    const first = (await fitted(iris)).coefficients().toArray();
    const before = await liveBuffers();
    const second = await fitted(iris);
    await expect.poll(() => counters().liveBuffers).toBe(before + 2);
    expect(second.coefficients().toArray()).toEqual(first);
  });
});

describe('without a penalty', () => {
  const line = { data: Float64Array.of(-3, -2, -1, 1, 2, 3), shape: [6, 1] };

  it('says where no finite minimum exists: two classes, several, or only in part', async () => {
    const solve = async (y: number[], options = {}) => new LogisticRegression({ penalty: 'none', ...options }).fit(line, y);
    const none = { converged: false, reason: 'separable' };
    expect(await solve([0, 0, 0, 1, 1, 1])).toMatchObject(none);
    expect(await solve([0, 0, 0, 1, 1, 1], { solver: 'lbfgs' })).toMatchObject(none);
    expect(await solve([0, 0, 1, 1, 2, 2])).toMatchObject(none);
    expect(await solve([0, 0, 1, 2, 1, 2])).toMatchObject(none);
    const touching = { data: Float64Array.of(-2, -1, 0, 0, 1, 2), shape: [6, 1] };
    expect(await new LogisticRegression({ penalty: 'none' }).fit(touching, [0, 0, 0, 1, 1, 1])).toMatchObject({
      reason: 'separable',
    });
  });

  it('samples that weigh 0 separate nothing', async () => {
    const model = new LogisticRegression({ penalty: 'none' });
    expect(await model.fit(line, [0, 1, 0, 1, 1, 1], { sampleWeight: [1, 0, 1, 1, 1, 1] })).toMatchObject({
      reason: 'separable',
    });
    expect(await model.fit(line, [0, 1, 0, 1, 1, 1])).toMatchObject({ converged: true });
  });

  it('a fit that was cut short may have one', async () => {
    const model = new LogisticRegression({ penalty: 'none', maxIterations: 0 });
    expect(await model.fit(line, [0, 1, 0, 1, 1, 1])).toMatchObject({ converged: false, reason: 'iterations' });
  });

  it('with one, the same samples have a minimum', async () => {
    expect(await new LogisticRegression().fit(line, [0, 0, 0, 1, 1, 1])).toMatchObject({ converged: true, reason: 'gradient' });
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'ravine-logistic-'))));
  afterAll(async () => rm(folder, { recursive: true }));

  it('give the same predictions, in PyTorch’s layout', async () => {
    for (const [set, labels] of [
      [iris, ['a', 'b', 'c']],
      [two, ['no', 'yes']],
    ] as const) {
      const model = new LogisticRegression({ C: 3, classWeight: 'balanced' });
      await model.fit(
        set.x,
        [...set.y].map((label) => labels[label] ?? ''),
      );
      const path = join(folder, 'model.safetensors');
      await model.save(path);
      const loaded = await LogisticRegression.load(path);
      expect(loaded.options).toEqual(model.options);
      expect(loaded.classes).toEqual(labels);
      expect([...(await loaded.predictProba(set.x)).data()]).toEqual([...(await model.predictProba(set.x)).data()]);
      expect(await loaded.predict(set.x)).toEqual(await model.predict(set.x));
      const { tensors } = await readSafetensors(path);
      expect(tensors.get('weight')?.shape).toEqual([model.coefficients().shape[0], set.x.shape[1]]);
    }
  });
});

describe('predictions', () => {
  it('are the same one by one', async () => {
    const model = await fitted(iris);
    const all = (await model.predictProba(iris.x)).data();
    for (const row of [0, 70, 149]) {
      const x = { data: iris.x.data.subarray(4 * row, 4 * row + 4), shape: [1, 4] };
      expect(distance((await model.predictProba(x)).data(), all.subarray(3 * row, 3 * row + 3))).toBeLessThan(1e-14);
    }
  });

  it('do not overflow far away', async () => {
    const model = await fitted(two);
    const far = { data: Float64Array.of(1e6, 1e6, 1e6, -1e6, -1e6, -1e6), shape: [2, 3] };
    expect([...(await model.predictProba(far)).data()].sort()).toEqual([0, 0, 1, 1]);
  });
});
