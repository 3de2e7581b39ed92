import { describe, expect, it } from 'vitest';
import { LogisticRegression, randomUniform, type LogisticRegressionOptions } from '../../lib/index.js';
import { distance } from '../estimators/samples.js';

/** A problem of its own for each seed. */
function problem(seed: number) {
  const draws = [...randomUniform([6], { dtype: 'float64', seed, stream: 1 }).data()];
  const upTo = (i: number, low: number, high: number): number => low + Math.floor((draws[i] ?? NaN) * (high - low + 1));
  const [columns, classes] = [upTo(0, 1, 12), upTo(1, 2, 5)];
  const rows = 2 * classes + upTo(2, 0, 80);
  const x = randomUniform([rows, columns], { low: -3, high: 5, dtype: 'float64', seed, stream: 2 }).data();
  const noise = randomUniform([rows, 2], { dtype: 'float64', seed, stream: 3 }).data();
  const y = Array.from({ length: rows }, (_, i) => {
    const drawn = (x[i * columns] ?? NaN) > 1 ? 0 : Math.floor((noise[2 * i] ?? NaN) * classes);
    return i < classes ? i : drawn;
  });
  const sampleWeight = Array.from({ length: rows }, (_, i) => 0.1 + (noise[2 * i + 1] ?? NaN));
  const options: LogisticRegressionOptions = { C: 10 ** upTo(3, -3, 3), fitIntercept: upTo(4, 0, 3) > 0, tolerance: 1e-13 };
  return { x: { data: x, shape: [rows, columns] }, y, sampleWeight, options, rows, columns, classes };
}

/** ∂E/∂w and ∂E/∂b, by the formula. */
function slopes(of: ReturnType<typeof problem>, weight: ArrayLike<number>, probabilities: ArrayLike<number>) {
  const { x, y, sampleWeight, columns, classes, rows, options } = of;
  const outputs = classes === 2 ? [1] : [...Array(classes).keys()];
  const all = outputs.flatMap((k, output) => {
    const errors = Array.from({ length: rows }, (_, i) => {
      const error = (probabilities[i * classes + k] ?? NaN) - Number(y[i] === k);
      return (options.C ?? 1) * (sampleWeight[i] ?? NaN) * error;
    });
    const along = (column: number): number =>
      errors.reduce(
        (sum, error, i) => sum + error * (x.data[i * columns + column] ?? NaN),
        weight[output * columns + column] ?? NaN,
      );
    const own = Array.from({ length: columns }, (_, column) => along(column));
    return options.fitIntercept ? [...own, errors.reduce((a, b) => a + b, 0)] : own;
  });
  return Math.max(...all.map(Math.abs)) / ((options.C ?? 1) * sampleWeight.reduce((a, b) => a + b, 0));
}

describe('logistic regression', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i + 1))(
    'problem %d: the gradient is 0, and both solvers end there',
    async (seed) => {
      const given = problem(seed);
      const found: Float64Array[] = [];
      for (const solver of ['newton-cg', 'lbfgs'] as const) {
        const model = new LogisticRegression({ ...given.options, solver, maxIterations: 10_000 });
        const { converged } = await model.fit(given.x, given.y, { sampleWeight: given.sampleWeight });
        expect(converged).toBe(true);
        const weight = model.coefficients().data<'float64'>();
        expect(slopes(given, weight, (await model.predictProba(given.x)).data())).toBeLessThan(1e-11);
        found.push(Float64Array.of(...weight, ...model.intercepts()));
      }
      expect(distance(found[0] ?? [], found[1] ?? [])).toBeLessThan(1e-8);
    },
  );
});
