import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LogisticRegression, SparseMatrix, tensor, type LogisticRegressionOptions } from '../../lib/index.js';
import { writeSafetensors } from '../../lib/io/safetensors.js';

const x = { data: Float64Array.of(1, 2, 3, 4, 5, 6, 8, 7), shape: [4, 2] };
const y = [0, 1, 1, 0];

describe('options', () => {
  const cases: [LogisticRegressionOptions | object, string][] = [
    [{ penalti: 'l2' }, "[LogisticRegression] unknown option 'penalti'\nhelp: did you mean 'penalty'?"],
    [{ penalty: 'l1' }, "expected penalty to be 'l2' or 'none', got \"l1\""],
    [{ C: 0 }, 'expected C to be a finite number above 0, got 0'],
    [{ C: -1 }, 'got -1'],
    [{ C: Infinity }, 'got Infinity'],
    [{ C: '1' }, 'got "1"'],
    [{ fitIntercept: 1 }, 'expected fitIntercept to be true or false, got 1'],
    [{ solver: 'liblinear' }, "expected solver to be 'newton-cg' or 'lbfgs'"],
    [{ tolerance: -1 }, 'expected tolerance to be a finite number ≥ 0, got -1'],
    [{ maxIterations: 1.5 }, 'expected maxIterations to be an integer ≥ 0, got 1.5'],
    [{ classWeight: 'even' }, 'expected classWeight to be \'balanced\' or { class: weight }, got "even"'],
    [{ classWeight: { 1: -2 } }, "expected classWeight['1'] to be a finite number ≥ 0, got -2"],
  ];
  it.each(cases)('%o', (options, message) => {
    expect(() => new LogisticRegression(options)).toThrow(message);
  });
});

describe('fit', () => {
  const fit = (features: unknown, labels: unknown, options: object = {}, settings: LogisticRegressionOptions = {}) =>
    new LogisticRegression(settings).fit(features as typeof x, labels as number[], options);
  const cases: [string, Parameters<typeof fit>, string][] = [
    ['one class', [x, [1, 1, 1, 1]], '[LogisticRegression.fit] expected at least two classes, got only 1'],
    ['fractions', [x, [0, 0.5, 1, 1]], 'expected whole numbers as labels, got 0.5 in y'],
    ['NaN as a label', [x, [0, NaN, 1, 1]], 'expected whole numbers as labels, got NaN in y'],
    ['labels of two kinds', [x, [0, 'a', 1, 1]], 'expected labels of one kind, got 0 and "a" in y'],
    ['no labels', [x, undefined], 'expected y to be an array of labels, got undefined'],
    ['too few labels', [x, [0, 1, 1]], 'expected one label a sample, got 3 for 4 samples'],
    ['one-hot labels', [x, tensor([[0, 1], [1, 0]])], 'expected y to be [samples], got float32[2,2]\nhelp: labels are class numbers'], // prettier-ignore
    ['a flat array', [Float64Array.of(1, 2, 3, 4), y], 'expected x to be [samples, features], got float64[4]\nhelp: give a flat array its shape'], // prettier-ignore
    ['no features', [{ data: new Float64Array(0), shape: [4, 0] }, y], 'expected at least one sample and one feature, got float64[4,0]'], // prettier-ignore
    ['ragged rows', [[[1, 2], [3]], [0, 1]], 'x'], // prettier-ignore
    ['NaN', [[[1, 2], [3, NaN], [1, 1], [0, 0]], y], 'expected finite numbers, got NaN in x at row 1, column 1\nhelp: leave these rows out'], // prettier-ignore
    ['infinity', [[[1, 2], [3, 1], [-Infinity, 1], [0, 0]], y], 'got -Infinity in x at row 2, column 0'], // prettier-ignore
    ['what is too large to square', [[[1e200], [-1e200], [3], [4]], y], 'expected x to have columns of finite variance, got Infinity in column 0'], // prettier-ignore
    ['nothing', [null, y], 'expected x to be a typed array, nested arrays, a tensor or { data, shape }, got null'],
    ['a misspelt option', [x, y, { sampleWeights: [1] }], "unknown option 'sampleWeights'\nhelp: did you mean 'sampleWeight'?"],
    ['a signal that is none', [x, y, { signal: 1 }], 'expected signal to be an AbortSignal, got 1'],
    ['too few weights', [x, y, { sampleWeight: [1] }], 'expected one weight a sample, got 1 for 4 samples'],
    ['a weight that is no list', [x, y, { sampleWeight: 2 }], 'expected sampleWeight to be an array of numbers, got 2'],
    ['a weight below 0', [x, y, { sampleWeight: [1, -1, 1, 1] }], 'expected sampleWeight[1] to be a finite number ≥ 0, got -1'],
    ['a class that weighs nothing', [x, y, { sampleWeight: [1, 0, 0, 1] }], 'expected weights above 0 in every class, got only 0 in 1'], // prettier-ignore
    ['a class weight of no class', [x, y, {}, { classWeight: { 2: 1 } }], "classWeight names '2', which is no class of y\nhelp: did you mean '0'?"], // prettier-ignore
    ['one of another name', [x, ['spam', 'ham', 'ham', 'spam'], {}, { classWeight: { eggs: 1 } }], "which is no class of y\nhelp: classes: ham, spam"], // prettier-ignore
  ];
  it.each(cases)('refuses %s', async (_, args, message) => {
    await expect(fit(...args)).rejects.toThrow(message);
  });

  it('refuses sparse samples, and a second fit at the same time', async () => {
    const sparse = await SparseMatrix.from({ columns: 2, offsets: [0, 1], indices: [0] });
    await expect(fit(sparse, [1])).rejects.toThrow('expected dense samples, got a SparseMatrix\nhelp: SparseLinear');
    const model = new LogisticRegression();
    const first = model.fit(x, y);
    await expect(model.fit(x, y)).rejects.toThrow('another fit of this model is running');
    await first;
  });

  it('keeps what was learnt before', async () => {
    const model = new LogisticRegression();
    await model.fit(x, y);
    await expect(model.fit(x, [1, 1, 1, 1])).rejects.toThrow();
    expect(await model.predict(x)).toHaveLength(4);
  });
});

describe('before and after', () => {
  it('an unfitted model says so', async () => {
    const model = new LogisticRegression();
    const message = 'this model has learnt nothing yet\nhelp: await fit(x, y) first';
    await expect(model.predict(x)).rejects.toThrow(`[LogisticRegression.predict] ${message}`);
    await expect(model.predictProba(x)).rejects.toThrow(message);
    await expect(model.decisionFunction(x)).rejects.toThrow(message);
    await expect(model.evaluate(x, y)).rejects.toThrow(message);
    await expect(model.save('nowhere')).rejects.toThrow(message);
    expect(() => model.coefficients()).toThrow(message);
    expect(() => model.intercepts()).toThrow(message);
    expect(model.classes).toBeUndefined();
  });

  it('a fitted one refuses what does not fit', async () => {
    const model = new LogisticRegression();
    await model.fit(x, y);
    await expect(model.predict([[1, 2, 3]])).rejects.toThrow('expected 2 features, as in fit, got 3');
    await expect(model.predict([[1, NaN]])).rejects.toThrow('got NaN in x at row 0, column 1');
    await expect(model.predict([1, 2])).rejects.toThrow('expected x to be [samples, features], got float64[2]');
    await expect(model.evaluate(x, [0, 1, 2, 0])).rejects.toThrow('2 at row 2 is none of the 2 classes\nhelp: the classes are those of fit'); // prettier-ignore
  });
});

describe('files', () => {
  it('of others are refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ravine-logistic-'));
    const path = join(folder, 'other.safetensors');
    const write = async (metadata: Record<string, string>, shape: number[]) =>
      writeSafetensors(
        path,
        new Map([['weight', { dtype: 'float64', shape, data: new Float64Array(shape.reduce((a, b) => a * b)) }]]),
        new Map(Object.entries(metadata)),
      );
    try {
      for (const text of [
        undefined,
        '{',
        '{"options":{}}',
        '{"options":{},"classes":[0]}',
        '{"options":{},"classes":[0,null]}',
      ]) {
        await write(text === undefined ? {} : { 'ravine.logistic-regression': text }, [1, 2]);
        await expect(LogisticRegression.load(path)).rejects.toThrow('expected the metadata of LogisticRegression');
      }
      await write({ 'ravine.logistic-regression': '{"options":{},"classes":[0,1]}' }, [1, 2]);
      await expect(LogisticRegression.load(path)).rejects.toThrow('its tensors do not fit 2 classes');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
