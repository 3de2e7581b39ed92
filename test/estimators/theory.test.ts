import { describe, expect, it } from 'vitest';
import {
  add,
  cholesky,
  data,
  grad,
  hessian,
  LogisticRegression,
  losses,
  matmul,
  Model,
  mul,
  nn,
  optim,
  reshape,
  softmax,
  square,
  sub,
  sum,
  tensor,
  type Tensor,
} from '../../lib/index.js';
import { distance, samples } from './samples.js';

const matrix = (values: Float64Array, shape: readonly number[]): Tensor => tensor(values, { shape });
const wavy = (size: number, of = 1): Float64Array => Float64Array.from({ length: size }, (_, i) => of * Math.sin(7 * i + 1));

/** Breast cancer's first five columns, and signs. */
function binary() {
  const { x, y } = samples('breast-cancer', true, [0, 1, 2, 3, 4]);
  const signs = Float64Array.from(y, (label) => 2 * label - 1);
  return { x: matrix(x.data, x.shape), y: matrix(signs, [signs.length, 1]), signs: [...signs], rows: signs.length };
}

describe('logistic regression is convex', () => {
  const { x, y, rows } = binary();
  const loss = losses.logistic();
  const f = (w: Tensor): Tensor => loss.call(matmul(x, w), y);

  it('its Hessian is Xᵀ·diag(σ(z)·σ(−z))·X/N', () => {
    const w = matrix(wavy(5), [5, 1]);
    const weights = [...matmul(x, w).data()].map((z) => 1 / ((1 + Math.exp(-z)) * (1 + Math.exp(z))));
    const weighted = mul(
      x,
      matrix(
        Float64Array.from(weights, (weight) => weight / rows),
        [rows, 1],
      ),
    );
    expect(distance(hessian(f)(w).data(), matmul(x, weighted, { transposeA: true }).data())).toBeLessThan(1e-13);
  });

  it.each([0, 0.1, 1, 10, 1000])('positive semi-definite at a distance of %d', (size) => {
    expectSemiDefinite(hessian(f)(matrix(wavy(5, size), [5, 1])));
  });

  it('so is that of several classes', () => {
    const { x: flowers, y: kinds } = samples('iris');
    const [features, labels] = [matrix(flowers.data, flowers.shape), tensor(kinds)];
    const cross = losses.softmaxCrossEntropy();
    for (const size of [0, 1, 10])
      expectSemiDefinite(
        hessian((w) => cross.call(matmul(features, w, { transposeB: true }), labels))(matrix(wavy(12, size), [3, 4])),
      );
  });

  it('the check fails for what is not convex', () => {
    expect(() => expectSemiDefinite(hessian((w) => sum(mul(w, square(w))))(matrix(wavy(5), [5])))).toThrow();
  });
});

/** H + δI has a Cholesky factor with δ = 1e-12 times the trace: no eigenvalue is below −δ, rounding. */
function expectSemiDefinite(h: Tensor): void {
  const n = h.shape[0] ?? 0;
  const [values, transposed] = [h.data(), h.transpose().data()];
  const trace = Array.from({ length: n }, (_, i) => values[i * n + i] ?? NaN).reduce((a, b) => a + b, 0);
  expect(distance(values, transposed)).toBeLessThan(1e-12);
  expect(trace).toBeGreaterThanOrEqual(0);
  const shift = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1e-12 * trace + Number.MIN_VALUE : 0));
  if (trace > 1e-300) expect(cholesky(add(h, matrix(shift, [n, n]))).size).toBe(n * n);
}

describe('several classes', () => {
  it('dE/dw_j = −Σ x·([y = j] − P(y = j))', () => {
    const { x, y } = samples('iris');
    const [features, labels, w] = [matrix(x.data, x.shape), tensor(y), matrix(wavy(12), [3, 4])];
    const cross = losses.softmaxCrossEntropy();
    const slope = grad((at: Tensor) => mul(cross.call(matmul(features, at, { transposeB: true }), labels), y.length))(w);
    const probabilities = softmax(matmul(features, w, { transposeB: true })).data();
    const want = new Float64Array(12);
    y.forEach((label, i) => {
      for (let j = 0; j < 3; j++)
        for (let column = 0; column < 4; column++) {
          const error = Number(label === j) - (probabilities[3 * i + j] ?? NaN);
          want[4 * j + column] = (want[4 * j + column] ?? NaN) - (x.data[4 * i + column] ?? NaN) * error;
        }
    });
    expect(distance(slope.data(), want)).toBeLessThan(1e-13);
  });

  it('coefficients and intercepts sum to 0 over the classes', async () => {
    const { x, y } = samples('iris');
    const model = new LogisticRegression();
    await model.fit(x, y);
    const sums = [...Array(4).keys()].map((column) =>
      [0, 1, 2].reduce((total, j) => total + (model.coefficients().data()[4 * j + column] ?? NaN), 0),
    );
    sums.forEach((total) => expect(Math.abs(total)).toBeLessThan(1e-12));
    expect(Math.abs(model.intercepts().reduce((a, b) => a + b, 0))).toBeLessThan(1e-12);
  });
});

describe('a network of one layer', () => {
  it('linear(d, 1) with losses.logistic and λ‖w‖², λ = 1/(2NC), is the estimator', async () => {
    const { x, y, signs, rows } = binary();
    const C = 0.5;
    const layer = nn.linear(5, 1, { dtype: 'float64' });
    const logistic = losses.logistic();
    const penalised: losses.Loss = {
      ...logistic,
      call: (z, target) => add(logistic.call(z, target), mul(sum(square(layer.weight)), 1 / (2 * rows * C))),
    };
    const network = new Model(layer, { loss: penalised, optimizer: optim.sgd({ learningRate: 1 }) });
    const { converged } = await network.minimize(data.from({ x, y }), { method: 'newton', gradientTolerance: 1e-13 });
    expect(converged).toBe(true);
    const model = new LogisticRegression({ C, tolerance: 1e-13 });
    await model.fit(x, signs);
    expect(distance(layer.weight.data(), model.coefficients().data())).toBeLessThan(1e-10);
    expect(distance(layer.bias?.data() ?? [], model.intercepts())).toBeLessThan(1e-10);
    expect(model.classes).toEqual([-1, 1]);
    const scores = reshape(layer.forward(x), [rows]);
    expect(distance(sub(await model.decisionFunction(x), scores).data(), new Float64Array(rows).fill(1))).toBeCloseTo(1, 9);
  });
});
