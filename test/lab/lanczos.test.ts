import { describe, expect, it } from 'vitest';
import { Model, counters, hessian, losses, matmul, nn, optim, regularizers, tensor, type Tensor } from '../../lib/index.js';
import { hessianExtremes, lanczos } from '../../lib/lab/index.js';
import { liveBuffers } from '../live-buffers.js';

const wrong = (value: unknown) => value as never;

/** All eigenvalues of a symmetric matrix, ascending: Jacobi's rotations. */
function eigenvalues(matrix: number[][]): number[] {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (a[p]![q] === 0) continue;
        const angle = Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) [a[k]![p], a[k]![q]] = [c * a[k]![p]! - s * a[k]![q]!, s * a[k]![p]! + c * a[k]![q]!];
        for (let k = 0; k < n; k++) [a[p]![k], a[q]![k]] = [c * a[p]![k]! - s * a[q]![k]!, s * a[p]![k]! + c * a[q]![k]!];
      }
  return a.map((row, i) => row[i]!).sort((x, y) => x - y);
}

const diagonal = (values: number[]) => (v: Float64Array) => v.map((value, i) => value * values[i]!);

describe('lanczos', () => {
  it('finds every eigenvalue of a small matrix', async () => {
    const matrix = Array.from({ length: 9 }, (_, i) =>
      Array.from({ length: 9 }, (_, j) => Math.sin(i * j + i + j) + (i === j ? i : 0)),
    );
    const product = (v: Float64Array) =>
      Float64Array.from(matrix, (row) => row.reduce((sum, value, j) => sum + value * v[j]!, 0));
    const { values, complete, products } = await lanczos(product, 9, { tolerance: 0 });
    expect([complete, products]).toEqual([true, 9]);
    eigenvalues(matrix).forEach((value, i) => expect(values[i]!.value).toBeCloseTo(value, 12));
  });

  it('finds the ends of a large one in few products, within their residuals, without copies', async () => {
    const spectrum = Array.from({ length: 600 }, (_, i) => (i === 0 ? -3 : i === 599 ? 10 : 0.1 + i / 300));
    const { values, converged, complete, products } = await lanczos(diagonal(spectrum), 600, { steps: 60, tolerance: 1e-8 });
    expect([converged, complete]).toEqual([true, false]);
    // The least positive one has neighbours 1/300 away: it is waited for in vain.
    expect(products).toBe(60);
    expect(values[0]!.value).toBeCloseTo(-3, 8);
    expect(values.at(-1)!.value).toBeCloseTo(10, 8);
    expect(values.filter(({ value }) => value > 9)).toHaveLength(1);
    for (const { value, residual } of values) {
      const nearest = Math.min(...spectrum.map((each) => Math.abs(each - value)));
      expect(nearest).toBeLessThanOrEqual(residual + 1e-12);
    }
  });

  it('says so when it has not arrived', async () => {
    const spectrum = Array.from({ length: 500 }, (_, i) => (i + 1) ** 2);
    const { converged, values } = await lanczos(diagonal(spectrum), 500, { steps: 5 });
    expect(converged).toBe(false);
    expect(values[0]!.residual).toBeGreaterThan(1);
  });

  it('ends where the space is exhausted: equal eigenvalues are one', async () => {
    const { values, complete, products } = await lanczos(diagonal([2, 2, 2, 5, 5, 5]), 6);
    expect([complete, products]).toEqual([true, 2]);
    expect(values.map(({ value }) => Number(value.toFixed(10)))).toEqual([2, 5]);
    expect((await lanczos(diagonal([0, 0]), 2)).values).toEqual([{ value: 0, residual: 0 }]);
  });

  it('says what it expected', async () => {
    await expect(lanczos(wrong(1), 2)).rejects.toThrow('[lab.lanczos] expected a product, got 1');
    await expect(lanczos((v) => v, 0)).rejects.toThrow('expected size to be a positive integer, got 0');
    await expect(lanczos(() => new Float64Array(3), 2)).rejects.toThrow('expected a product of 2 finite numbers, got 3');
    await expect(lanczos((v) => v.fill(NaN), 2)).rejects.toThrow('expected a product of 2 finite numbers');
  });
});

describe('hessianExtremes', () => {
  const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(2 * i) / 3, Math.sin(3 * i + 1)]);
  const y = x.map(([a, b, c]) => [a! - 2 * b! + c! * c!]);
  const batch = { x: tensor(x, { dtype: 'float64' }), y: tensor(y, { dtype: 'float64' }) };
  const rowsOf = (h: Tensor) =>
    Array.from({ length: h.shape[0]! }, (_, i) => Array.from(h.data().slice(i * h.shape[0]!, (i + 1) * h.shape[0]!), Number));

  it('of least squares: κ, and rates that theory gives', async () => {
    const model = new Model(nn.linear(3, 1, { dtype: 'float64', bias: false }), { loss: losses.meanSquaredError() });
    const f = (w: Tensor) =>
      matmul(batch.x, w.reshape([3, 1]))
        .sub(batch.y)
        .square()
        .mean();
    const dense = eigenvalues(rowsOf(hessian(f)(tensor(Float64Array.of(0, 0, 0)))));
    const { least, greatest, leastPositive, optimum, complete, parameters } = await hessianExtremes(model, batch);
    expect([parameters, complete]).toEqual([3, true]);
    expect(least.value).toBeCloseTo(dense[0]!, 12);
    expect(leastPositive).toEqual(least);
    expect(greatest.value).toBeCloseTo(dense[2]!, 12);
    expect(optimum!.condition).toBeCloseTo(dense[2]! / dense[0]!, 9);
    // Gradient descent at the α of theory arrives at the rate of theory.
    const { alpha, rate } = optimum!.gradientDescent;
    const trained = new Model(nn.linear(3, 1, { dtype: 'float64', bias: false }), {
      loss: losses.meanSquaredError(),
      optimizer: optim.sgd({ learningRate: alpha }),
    });
    const history = await trained.fit(batch, { epochs: 400, batchSize: 12 });
    const loss = history.logs['loss']!;
    const end = Math.min(...loss);
    expect(Math.sqrt((loss[60]! - end) / (loss[50]! - end)) ** 0.1).toBeCloseTo(rate, 3);
  });

  it('of a network that is not convex: equal to the dense Hessian at both ends', async () => {
    const network = nn.sequential(
      nn.linear(3, 4, { dtype: 'float64', bias: false }),
      nn.tanh(),
      nn.linear(4, 1, { dtype: 'float64', bias: false }),
    );
    const model = new Model(network, { loss: losses.meanSquaredError(), seed: 5 });
    const state = await model.stateDict();
    const at = Float64Array.from([...state.get('0.weight')!.data(), ...state.get('2.weight')!.data()].map(Number));
    const f = (w: Tensor) => {
      const [first, second] = [w.slice([0], [12]).reshape([4, 3]), w.slice([12], [16]).reshape([4, 1])];
      return matmul(matmul(batch.x, first.transpose()).tanh(), second).sub(batch.y).square().mean();
    };
    const dense = eigenvalues(rowsOf(hessian(f)(tensor(at))));
    const { least, greatest, leastPositive } = await hessianExtremes(model, batch, { tolerance: 1e-12 });
    expect(dense[0]).toBeLessThan(0);
    expect(least.value).toBeCloseTo(dense[0]!, 9);
    expect(greatest.value).toBeCloseTo(dense.at(-1)!, 9);
    expect(leastPositive!.value).toBeGreaterThan(0);
  });

  it('goes over the data in chunks, with the same result', async () => {
    const network = nn.sequential(nn.linear(3, 4, { dtype: 'float64' }), nn.tanh(), nn.linear(4, 1, { dtype: 'float64' }));
    const model = new Model(network, { loss: losses.meanSquaredError(), regularizer: regularizers.l2(0.01), seed: 5 });
    const sampleWeight = tensor(
      Float64Array.from(x, (_, i) => 1 + (i % 3)),
      { dtype: 'float64' },
    );
    const weighted = { ...batch, sampleWeight };
    const whole = await hessianExtremes(model, weighted, { tolerance: 1e-12 });
    const before = await liveBuffers();
    for (const chunkSize of [1, 5, 12]) {
      const parts = await hessianExtremes(model, weighted, { tolerance: 1e-12, chunkSize });
      expect(parts.greatest.value / whole.greatest.value).toBeCloseTo(1, 12);
      expect(parts.least.value / whole.least.value).toBeCloseTo(1, 10);
    }
    expect(counters().liveBuffers).toBe(before);
  });

  it('says what it expected', async () => {
    const silent = new Model(nn.linear(3, 1));
    await expect(hessianExtremes(wrong(1), batch)).rejects.toThrow('[lab.hessianExtremes] expected a model, got 1');
    await expect(hessianExtremes(silent, batch, wrong({ chunksize: 1 }))).rejects.toThrow(
      "[lab.hessianExtremes] unknown option 'chunksize'\nhelp: did you mean 'chunkSize'?",
    );
    await expect(hessianExtremes(silent, batch)).rejects.toThrow('expected a model with a loss');
    const frozen = nn.linear(3, 1);
    frozen.freeze();
    await expect(hessianExtremes(new Model(frozen, { loss: losses.meanSquaredError() }), batch)).rejects.toThrow(
      'expected parameters that train, got none',
    );
  });
});
