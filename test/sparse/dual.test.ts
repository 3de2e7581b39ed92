import { describe, expect, test } from 'vitest';
import { SparseLinear, SparseMatrix } from '../../lib/index.js';
import { objective, planted, type LossName } from './reference.js';

const losses: LossName[] = ['hinge', 'squaredHinge', 'log'];

describe.each(losses)('dual coordinate descent, %s', (loss) => {
  test('reaches the gap that was asked for, and the objective it tells is that of its weights', async () => {
    const problem = planted(300, 40);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss, solver: 'dual', alpha: 1e-2 });
    const { losses: objectives, gap = NaN } = await model.fit(x, problem.labels, { gap: 1e-9, epochs: 20_000 });
    expect(gap).toBeLessThanOrEqual(1e-9);
    expect(gap).toBeGreaterThan(-1e-12);
    const w = [...model.coefficients().data()];
    expect(objectives[0]).toBeCloseTo(objective(problem, loss, 1e-2, w, model.intercepts()[0]!), 6);
  });

  test('no weights nearby are better by more than the gap', async () => {
    const problem = planted(200, 20);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss, solver: 'dual', alpha: 1e-2, intercept: false });
    await model.fit(x, problem.labels, { gap: 1e-9 });
    const w = [...model.coefficients().data()];
    const least = objective(problem, loss, 1e-2, w, 0);
    w.forEach((weight, j) => {
      for (const change of [-1e-2, 1e-2]) {
        const other = w.with(j, weight + change);
        expect(objective(problem, loss, 1e-2, other, 0)).toBeGreaterThan(least - 1e-7);
      }
    });
    expect([...model.intercepts()]).toEqual([0]);
  });

  test('each of four classes against the rest', async () => {
    const problem = planted(200, 20, 4);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss, solver: 'dual', alpha: 1e-2 });
    await model.fit(x, problem.labels, { gap: 1e-8 });
    const alone = new SparseLinear({ loss, solver: 'dual', alpha: 1e-2 });
    await alone.fit(
      x,
      problem.labels.map((label) => label === 2),
      { gap: 1e-8 },
    );
    const [own, all] = [alone.coefficients().data(), model.coefficients().toArray() as number[][]];
    own.forEach((weight, j) => expect(all[2]?.[j]).toBeCloseTo(weight, 4));
  });
});

test('an empty row and a row without the intercept are no trouble', async () => {
  const x = await SparseMatrix.from({ columns: 2, offsets: [0, 0, 1, 2], indices: [0, 1] });
  for (const loss of losses) {
    const model = new SparseLinear({ loss, solver: 'dual', intercept: false, alpha: 0.1 });
    const { gap } = await model.fit(x, [0, 1, 0], { gap: 1e-8 });
    expect(gap).toBeLessThanOrEqual(1e-8);
  }
});

test('weights that are not finite are refused', async () => {
  const x = await SparseMatrix.fromDense([[1], [-1]]);
  const model = new SparseLinear({ loss: 'log', solver: 'dual', alpha: 5e-324 });
  await expect(model.fit(x, [1, 0])).rejects.toThrow('the weights are not finite: values are too large, or alpha is too small');
  expect(model.classes).toBeUndefined();
});

test('the dual solver is aborted', async () => {
  const problem = planted(3000, 50);
  const x = await SparseMatrix.fromDense(problem.rows);
  const control = new AbortController();
  const model = new SparseLinear({ solver: 'dual', alpha: 1e-7 });
  const fit = model.fit(x, problem.labels, { gap: 0, epochs: 1e9, signal: control.signal, onProgress: () => control.abort() });
  await expect(fit).rejects.toMatchObject({ code: 'abort' });
});
