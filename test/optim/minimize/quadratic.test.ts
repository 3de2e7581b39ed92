import { describe, expect, it } from 'vitest';
import {
  choleskySolve,
  cholesky,
  conjugateGradient,
  hessian,
  log1p,
  exp,
  matmul,
  minimize,
  mul,
  neg,
  square,
  sub,
  sum,
  tensor,
  transpose,
  zeros,
  type MinimizeOptions,
  type Tensor,
} from '../../../lib/index.js';
import { generator } from '../../ops/values.js';
import { float64 } from './problems.js';

const n = 50;

function random(rows: number, columns: number, seed: number): number[][] {
  const next = generator(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => 2 * next() - 1));
}

/** XᵀX/50 + I for X [50, 50]: eigenvalues from 1 to about 2.4. */
const x = float64(random(n, n, 1));
const a = matmul(transpose(x), x)
  .mul(1 / n)
  .add(float64(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)))));
const b = float64(random(1, n, 2)[0]!);
const solution = choleskySolve(a, b);
const quadratic = (w: Tensor): Tensor => sub(mul(sum(mul(w, matmul(a, w))), 0.5), sum(mul(b, w)));
const distanceTo = (w: Tensor): number => w.sub(solution).abs().max().item();

describe('a convex quadratic of dimension 50', () => {
  it('Cholesky solves it', () => {
    expect(matmul(a, solution).sub(b).abs().max().item()).toBeLessThan(1e-14);
  });

  it('linear conjugate gradients end within 50 steps', async () => {
    const result = await conjugateGradient((v) => matmul(a, v), b, { tolerance: 1e-12 });
    expect(result).toMatchObject({ reason: 'residual', converged: true });
    expect(result.iterations).toBeLessThanOrEqual(n);
    expect(distanceTo(result.x)).toBeLessThan(1e-11);
    expect(result.residualNorm).toBeLessThanOrEqual(1e-12 * Math.hypot(...b.data()));
  });

  it.each<MinimizeOptions>([
    { method: 'bfgs' },
    { method: 'lbfgs' },
    { method: 'lbfgs', memory: 40 },
    { method: 'lbfgs', memory: 1 },
    { method: 'cg' },
    { method: 'cg', formula: 'fr' },
    { method: 'newton-cg' },
  ])('$method $formula $memory is at the exact solution', async (options) => {
    const result = await minimize(quadratic, zeros([n], { dtype: 'float64' }), { ...options, gradientTolerance: 1e-11 });
    expect(result.reason).toBe('gradient');
    expect(distanceTo(result.x)).toBeLessThan(1e-11);
    expect(result.iterations).toBeLessThan(2 * n);
  });

  it.each<MinimizeOptions>([{}, { stepSize: 1 }])('Newton takes one step %o', async (options) => {
    const result = await minimize(quadratic, zeros([n], { dtype: 'float64' }), {
      method: 'newton',
      gradientTolerance: 1e-12,
      ...options,
    });
    expect(result).toMatchObject({ reason: 'gradient', iterations: 1, evaluations: { gradient: 2, hessian: 1 } });
    expect(distanceTo(result.x)).toBeLessThan(1e-13);
  });

  it('a damped Newton step shrinks the error by 1 − step', async () => {
    const result = await minimize(quadratic, zeros([n], { dtype: 'float64' }), {
      method: 'newton',
      stepSize: 0.5,
      maxIterations: 3,
    });
    expect(
      result.x
        .sub(mul(solution, 7 / 8))
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-13);
  });
});

it('conjugate gradients take as many steps as there are different eigenvalues', async () => {
  const eigenvalues = float64(Array.from({ length: n }, (_, i) => [1, 10, 100][i % 3]!));
  const result = await conjugateGradient((v) => mul(eigenvalues, v), b);
  expect(result).toMatchObject({ iterations: 3, converged: true });
});

it('fixed steps of gradient descent follow (1 − αλ)ᵏ', async () => {
  const lambda = float64([1, 10]);
  const f = (w: Tensor): Tensor => mul(sum(mul(lambda, square(w))), 0.5);
  const result = await minimize(f, float64([1, 1]), { method: 'gd', stepSize: 0.15, maxIterations: 20 });
  const [slow = NaN, fast = NaN] = Array.from(result.x.data());
  expect(slow).toBeCloseTo(0.85 ** 20, 14);
  expect(fast).toBeCloseTo(0.5 ** 20, 14);
  expect(result.evaluations.gradient).toBe(21);
});

describe('logistic regression', () => {
  const [samples, features] = [60, 5];
  const inputs = float64(random(samples, features, 3));
  const noise = generator(5);
  const signs = float64(random(samples, features, 3).map(([u = 0, v = 0]) => (u - 0.5 * v + 2 * noise() - 1 > 0 ? 1 : -1)));
  /** Mean of log(1 + exp(−y·x·w)) and a small square. */
  const loss = (w: Tensor): Tensor => log1p(exp(neg(mul(signs, matmul(inputs, w))))).mean();
  const start = float64([0, 0, 0, 0, 0]);

  it('has a positive semi-definite Hessian, wherever one looks', () => {
    for (const seed of [1, 2, 3]) {
      const w = mul(float64(random(1, features, seed)[0]!), 5);
      const matrix = hessian(loss)(w);
      const shift = mul(
        float64(Array.from({ length: features }, (_, i) => Array.from({ length: features }, (_, j) => (i === j ? 1 : 0)))),
        1e-12,
      );
      expect(() => cholesky(matrix.add(shift))).not.toThrow();
      expect(matrix.sub(transpose(matrix)).abs().max().item()).toBeLessThan(1e-15);
    }
  });

  it('all methods agree', async () => {
    const found: number[][] = [];
    for (const method of ['gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-cg'] as const) {
      const result = await minimize(loss, start, { method });
      expect(result, method).toMatchObject({ converged: true, reason: 'gradient' });
      found.push(Array.from(result.x.data()));
    }
    // The least eigenvalue of the Hessian there is above 0.01.
    for (const w of found) w.forEach((value, i) => expect(Math.abs(value - found[0]![i]!)).toBeLessThan(2e-6));
  });
});

it('keeps shape and dtype', async () => {
  const target = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  for (const method of ['gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-cg'] as const) {
    const result = await minimize((w) => sum(square(sub(w, target))), zeros([2, 3]), { method });
    expect(result.converged, method).toBe(true);
    expect([result.x.dtype, result.x.shape]).toEqual(['float32', [2, 3]]);
    expect(result.x.sub(target).abs().max().item()).toBeLessThan(1e-4);
  }
});
