import { describe, expect, test } from 'vitest';
import { SparseLinear, SparseMatrix } from '../../lib/index.js';
import { planted, sgd, type LossName } from './reference.js';

const losses: LossName[] = ['hinge', 'squaredHinge', 'log'];

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  const scale = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => expect(Math.abs((actual[i] ?? NaN) - value), `at ${i}`).toBeLessThanOrEqual(tolerance * scale));
}

describe('SGD equals its plain form', () => {
  const cases = losses.flatMap((loss) => [
    { loss, alpha: 1e-3, eta0: 0.5, epochs: 3 },
    { loss, alpha: 1e-3, eta0: 0.5, epochs: 3, averageFrom: 200 },
    { loss, alpha: 2e-3, eta0: 0.5, epochs: 2, l1Ratio: 1 },
    { loss, alpha: 2e-3, eta0: 0.5, epochs: 2, l1Ratio: 0.3, averageFrom: 100 },
  ]);
  test.each(cases)('two classes, %o', async (settings) => {
    const problem = planted(200, 40);
    const { weights, intercepts } = sgd(problem, 1, settings);
    const { loss, alpha, l1Ratio = 0, eta0, epochs, averageFrom = false } = settings;
    const model = new SparseLinear({ loss, alpha, l1Ratio, learningRate: eta0, average: averageFrom });
    const x = await SparseMatrix.fromDense(problem.rows);
    const history = await model.fit(x, problem.labels, { epochs, shuffle: false });
    expect(history.steps).toBe(200 * epochs);
    close(model.coefficients().data(), weights[0]!, 2e-5);
    close(model.intercepts(), intercepts, 2e-5);
  });

  test.each([
    ...cases.map((settings) => ({ ...settings, multinomial: false })),
    { loss: 'log' as const, alpha: 1e-3, eta0: 0.5, epochs: 2, multinomial: true },
    { loss: 'log' as const, alpha: 1e-3, eta0: 0.5, epochs: 3, averageFrom: 150, multinomial: true },
  ])('four classes, %o', async (settings) => {
    const problem = planted(150, 30, 4);
    const { weights, intercepts } = sgd(problem, 4, settings);
    const { loss, alpha, eta0, epochs, multinomial } = settings;
    const model = new SparseLinear({
      loss,
      alpha,
      l1Ratio: 'l1Ratio' in settings ? (settings.l1Ratio ?? 0) : 0,
      learningRate: eta0,
      average: settings.averageFrom ?? false,
      multiclass: multinomial ? 'multinomial' : 'oneVsRest',
    });
    const x = await SparseMatrix.fromDense(problem.rows);
    await model.fit(x, problem.labels, { epochs, shuffle: false });
    expect(model.coefficients().shape).toEqual([4, 30]);
    close(model.coefficients().data(), weights.flat(), 2e-5);
    close(model.intercepts(), intercepts, 2e-5);
  });

  test('the scale of the weights is written out before it vanishes', async () => {
    const problem = planted(100, 20);
    const settings = { loss: 'log', alpha: 0.5, eta0: 1.5, epochs: 40 } as const;
    const { weights } = sgd(problem, 1, settings);
    const model = new SparseLinear({ loss: 'log', alpha: 0.5, learningRate: 1.5 });
    await model.fit(await SparseMatrix.fromDense(problem.rows), problem.labels, { epochs: 40, shuffle: false });
    close(model.coefficients().data(), weights[0]!, 2e-5);
  });

  test('a step that shrinks by more than everything leaves zeros', async () => {
    const x = await SparseMatrix.fromDense([
      [1, 0],
      [0, 1],
    ]);
    const model = new SparseLinear({ loss: 'hinge', alpha: 1, learningRate: 1, schedule: 'constant', intercept: false });
    await model.fit(x, [0, 1], { epochs: 1, shuffle: false });
    expect([...model.coefficients().data()]).toEqual([0, 1]);
  });
});

describe('a fit', () => {
  test('the same seed gives the same bits, another seed others', async () => {
    const problem = planted(500, 60);
    const x = await SparseMatrix.fromDense(problem.rows);
    const weightsOf = async (seed: number): Promise<number[]> => {
      const model = new SparseLinear({ loss: 'log', average: true });
      await model.fit(x, problem.labels, { seed });
      return [...model.coefficients().data(), ...model.intercepts()];
    };
    expect(await weightsOf(1)).toEqual(await weightsOf(1));
    expect(await weightsOf(1)).not.toEqual(await weightsOf(2));
  });

  test('finds η₀ and learns; its losses are the progressive means', async () => {
    const problem = planted(2000, 100);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log', alpha: 1e-4 });
    const { losses: means, learningRate = 0 } = await model.fit(x, problem.labels, { epochs: 10 });
    expect(Math.log2(learningRate)).toBe(Math.round(Math.log2(learningRate)));
    expect(means).toHaveLength(10);
    expect(means[9]).toBeLessThan(means[0]!);
    expect((await model.evaluate(x, problem.labels)).accuracy).toBeGreaterThan(0.85);
  });

  test('L1 leaves true zeros', async () => {
    const problem = planted(500, 100);
    const x = await SparseMatrix.fromDense(problem.rows);
    const zerosAt = async (alpha: number): Promise<number> => {
      const model = new SparseLinear({ loss: 'log', alpha, l1Ratio: 1 });
      await model.fit(x, problem.labels, { epochs: 20 });
      return model
        .coefficients()
        .data()
        .filter((weight) => weight === 0).length;
    };
    expect(await zerosAt(1e-2)).toBeGreaterThan(await zerosAt(1e-4));
  });

  test('partialFit goes on where the last call ended', async () => {
    const problem = planted(300, 40);
    const x = await SparseMatrix.fromDense(problem.rows);
    const [whole, parts] = [{}, {}].map(() => new SparseLinear({ loss: 'log', learningRate: 0.5, alpha: 1e-3, l1Ratio: 0.2 }));
    await whole!.partialFit(x, problem.labels, { classes: [0, 1], shuffle: false });
    for (let from = 0; from < 300; from += 100) {
      const rows = await x.subset(Array.from({ length: 100 }, (_, i) => from + i));
      await parts!.partialFit(rows, problem.labels.slice(from, from + 100), { classes: [0, 1], shuffle: false });
    }
    // A call ends with L1 applied to all weights, early for those that the next rows would have moved: equal up to that.
    close(parts!.coefficients().data(), [...whole!.coefficients().data()], 2e-2);
  });

  test('is aborted between rows and keeps what it has learnt', async () => {
    const problem = planted(3000, 50);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log' });
    const control = new AbortController();
    const fit = model.fit(x, problem.labels, { epochs: 1e9, signal: control.signal, onProgress: () => control.abort() });
    await expect(fit).rejects.toMatchObject({ code: 'abort' });
    expect((await model.evaluate(x, problem.labels)).accuracy).toBeGreaterThan(0.8);
  });

  test('that is aborted before it begins changes nothing', async () => {
    const problem = planted(100, 10);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear();
    await model.fit(x, problem.labels);
    const before = model.coefficients().data();
    const signal = AbortSignal.abort();
    await expect(model.fit(x, problem.labels, { signal })).rejects.toMatchObject({ code: 'abort' });
    await expect(model.partialFit(x, problem.labels, { signal })).rejects.toMatchObject({ code: 'abort' });
    expect(model.coefficients().data()).toEqual(before);
  });

  test('a callback that throws ends it with that error', async () => {
    const problem = planted(3000, 50);
    const x = await SparseMatrix.fromDense(problem.rows);
    const onProgress = (): void => {
      throw new Error('enough');
    };
    await expect(new SparseLinear().fit(x, problem.labels, { epochs: 1e9, onProgress })).rejects.toThrow('enough');
  });

  test('predictions work while it runs, with what was learnt before', async () => {
    const problem = planted(3000, 50);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log' });
    await model.fit(x, problem.labels);
    const before = await model.predict(x);
    const control = new AbortController();
    const fit = model.fit(x, problem.labels, { epochs: 1e9, signal: control.signal });
    expect(await model.predict(x)).toEqual(before);
    await expect(model.fit(x, problem.labels)).rejects.toThrow('[SparseLinear.fit] another fit of this model is running');
    control.abort();
    await expect(fit).rejects.toMatchObject({ code: 'abort' });
  });

  test('that diverges says so and changes nothing', async () => {
    const x = await SparseMatrix.fromDense([
      [1e20, 0],
      [0, 1e20],
    ]);
    const model = new SparseLinear({ loss: 'squaredHinge', learningRate: 1e10, schedule: 'constant' });
    await expect(model.fit(x, [0, 1], { epochs: 50 })).rejects.toMatchObject({ code: 'divergence' });
    expect(model.classes).toBeUndefined();
  });
});

test('weights that the last step makes infinite are a divergence', async () => {
  const x = await SparseMatrix.fromDense([
    [1e30, 0],
    [0, 1e30],
  ]);
  const model = new SparseLinear({ loss: 'log', learningRate: 1e10, alpha: 1e-20 });
  await expect(model.fit(x, [1, 0], { epochs: 1 })).rejects.toThrow('the score of step 2 or a weight before it is not finite');
  expect(model.classes).toBeUndefined();
});

test('η₀ is halved while the cost of a step is not finite', async () => {
  const x = await SparseMatrix.fromDense([[1e22], [2e22], [-1e22]]);
  const model = new SparseLinear({ loss: 'log' });
  const { learningRate } = await model.fit(x, [1, 1, 0]);
  expect(learningRate).toBeLessThan(1e-6);
  expect(await model.predict(x)).toEqual([1, 1, 0]);
});

describe('predictions', () => {
  test('classes may be texts or booleans', async () => {
    const x = await SparseMatrix.fromDense([
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
    const texts = new SparseLinear();
    await texts.fit(x, ['ham', 'spam', 'ham', 'spam'], { epochs: 50 });
    expect(texts.classes).toEqual(['ham', 'spam']);
    expect(await texts.predict(x)).toEqual(['ham', 'spam', 'ham', 'spam']);
    const booleans = new SparseLinear();
    await booleans.fit(x, [true, false, true, false], { epochs: 50 });
    expect(await booleans.predict(x)).toEqual([true, false, true, false]);
  });

  test.each(['oneVsRest', 'multinomial'] as const)('probabilities of %s sum to 1', async (multiclass) => {
    const problem = planted(200, 30, 3);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log', multiclass });
    await model.fit(x, problem.labels);
    const probabilities = (await model.predictProba(x)).toArray() as number[][];
    for (const row of probabilities) expect(row.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
    const most = probabilities.map((row) => row.indexOf(Math.max(...row)));
    expect(await model.predict(x)).toEqual(most);
  });

  test('of two classes are the sigmoid of the score', async () => {
    const problem = planted(100, 30);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log' });
    await model.fit(x, problem.labels);
    const scores = (await model.decisionFunction(x)).data();
    const probabilities = (await model.predictProba(x)).toArray() as number[][];
    scores.forEach((score, i) => expect(probabilities[i]?.[1]).toBeCloseTo(1 / (1 + Math.exp(-score)), 12));
  });
});
