import { describe, expect, it } from 'vitest';
import { LogisticRegression } from '../../lib/index.js';
import { cases, distance, samples, type Golden } from './samples.js';
import { logisticRegression as allowed } from '../golden/tolerances.js';

async function expectGolden(golden: Golden, solver: 'newton-cg' | 'lbfgs'): Promise<void> {
  const { x, y } = samples(golden.data, golden.standardise, golden.columns);
  const model = new LogisticRegression({ ...golden.options, solver, tolerance: 1e-14 });
  const { sampleWeight: m } = golden;
  const fit = await model.fit(x, y, m === undefined ? {} : { sampleWeight: Array.from(y, (_, i) => 1 + (i % m)) });
  expect(fit).toMatchObject({ reason: 'gradient', converged: true });
  expect(distance(model.coefficients().data(), golden.coefficients)).toBeLessThanOrEqual(allowed.minimised);
  expect(distance(model.intercepts(), golden.intercepts)).toBeLessThanOrEqual(allowed.minimised);
  expect((await model.evaluate(x, y)).accuracy).toBe(golden.accuracy);
  const probabilities = (await model.predictProba(x)).data();
  const classes = model.classes?.length ?? 0;
  const chosen = golden.rows.flatMap((row) => [...probabilities.subarray(row * classes, (row + 1) * classes)]);
  expect(distance(chosen, golden.probabilities)).toBeLessThanOrEqual(allowed.minimised);
}

describe('equals scikit-learn', () => {
  it.each(cases)('$data $columns $options', async (golden) => expectGolden(golden, 'newton-cg'));

  it.each(cases.filter(({ data }) => data === 'wine'))('by L-BFGS: $data $columns $options', async (golden) =>
    expectGolden(golden, 'lbfgs'),
  );

  it('by default to 1e-6', async () => {
    const golden = cases.find(({ data }) => data === 'wine') as Golden;
    const { x, y } = samples('wine');
    const model = new LogisticRegression();
    await model.fit(x, y);
    expect(distance(model.coefficients().data(), golden.coefficients)).toBeLessThanOrEqual(allowed.byDefault);
  });
});
