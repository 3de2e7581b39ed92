import { describe, expect, it } from 'vitest';
import { sgd } from '../../lib/optim/index.js';
import { measureConvergence, momentumDynamics, momentumWeights, optimalMomentum } from '../../lib/lab/index.js';
import { velocityAfter } from './quadratic.js';

const wrong = (value: unknown) => value as never;

describe('momentumDynamics', () => {
  it('names the regime of each kind of eigenvalue', () => {
    const regime = (alpha: number, beta: number, lambda: number) => momentumDynamics(alpha, beta, lambda).regime;
    expect(regime(0.5, 0.81, 1)).toBe('ripples');
    expect(regime(0.1, 0.25, 1)).toBe('monotonic');
    expect(regime(0.5, 0, 1)).toBe('monotonic');
    expect(regime(2.4, 0.25, 1)).toBe('oscillation');
    expect(regime(1.5, 0, 1)).toBe('oscillation');
    expect(regime(0.25, 0, 4)).toBe('one-step');
    expect(regime(2.6, 0.25, 1)).toBe('divergent');
    expect(regime(0.1, 0.5, -1)).toBe('divergent');
    expect(regime(0, 0.5, 1)).toBe('divergent');
    expect(regime(0.1, 1, 1)).toBe('divergent');
  });

  it('names double roots', () => {
    expect(momentumDynamics(0.25, 0.25, 1)).toMatchObject({ doubleRoot: true, regime: 'monotonic', rate: 0.5 });
    expect(momentumDynamics(2.25, 0.25, 1)).toMatchObject({ doubleRoot: true, regime: 'oscillation', rate: 0.5 });
    expect(momentumDynamics(0.3, 0.25, 1).doubleRoot).toBe(false);
  });

  it('ripples fall by √β a step, whatever α and λ are', () => {
    for (const [alpha, lambda] of [
      [0.1, 1],
      [0.01, 30],
      [1, 3],
    ] as const)
      expect(momentumDynamics(alpha, 0.9, lambda)).toMatchObject({ regime: 'ripples', rate: Math.sqrt(0.9) });
  });

  it('has eigenvalues of the matrix’s trace and determinant', () => {
    for (const step of [-1, 0.001, 0.1, 0.7, 1, 2, 3.3, 5]) {
      for (const beta of [0, 0.1, 0.5, 0.9, 0.999, 1.2]) {
        const { matrix, eigenvalues, rate } = momentumDynamics(1 / 4, beta, 4 * step);
        const [[a, b], [c, d]] = matrix;
        const [p, q] = eigenvalues;
        expect(p.re + q.re).toBeCloseTo(a + d, 12);
        expect(p.re * q.re - p.im * q.im).toBeCloseTo(a * d - b * c, 12);
        expect(p.re * p.re + p.im * p.im).toBeCloseTo(rate * rate, 12);
        expect(Math.hypot(q.re, q.im)).toBeLessThanOrEqual(rate * (1 + 1e-12));
      }
    }
  });

  it('refuses what is not a number', () => {
    expect(() => momentumDynamics(wrong('a'), 0.9, 1)).toThrow('[lab.momentumDynamics] expected alpha to be a finite number ≥ 0');
    expect(() => momentumDynamics(0.1, NaN, 1)).toThrow('expected beta');
    expect(() => momentumDynamics(0.1, 0.9, NaN)).toThrow('expected lambda');
  });
});

describe('momentumWeights', () => {
  it('are what sgd’s velocity is of the gradients of the past, under a schedule too', () => {
    const rates = [0.1, 0.2, 0.05, 0.3, 0.15];
    const gradients = [3, -1, 2, 5, -4];
    const optimizer = sgd({ learningRate: (step) => rates[step]!, momentum: 0.9 });
    const velocity = velocityAfter(optimizer, gradients);
    const weights = momentumWeights({ momentum: 0.9, learningRate: rates.toReversed() });
    expect(weights.reduce((sum, weight, i) => sum + weight * gradients.at(-1 - i)!, 0)).toBeCloseTo(velocity, 13);
  });

  it('fall as μⁱ at a constant rate', () => {
    expect([...momentumWeights({ momentum: 0.5, learningRate: 0.1, steps: 3 })]).toEqual([-0.1, -0.05, -0.025]);
    expect(() => momentumWeights(wrong({ momentum: 0.5, learningRate: 0.1 }))).toThrow('expected steps to be a positive integer');
    expect(() => momentumWeights({ momentum: 0.5, learningRate: [0.1], steps: 1 })).toThrow('expected no steps with an array');
  });
});

describe('optimalMomentum', () => {
  it('is the lecture’s for κ = 100', () => {
    const { condition, momentum, gradientDescent } = optimalMomentum([25, 1, 100]);
    expect(condition).toBe(100);
    expect(momentum.alpha).toBeCloseTo((2 / 11) ** 2, 15);
    expect(momentum.beta).toBeCloseTo((9 / 11) ** 2, 15);
    expect(momentum.rate).toBeCloseTo(9 / 11, 15);
    expect(gradientDescent).toEqual({ alpha: 2 / 101, beta: 0, rate: 99 / 101 });
  });

  it('is measured, and better than what lies around it', () => {
    for (const eigenvalues of [
      [1, 10],
      [0.5, 3, 50],
      [1, 20, 200],
    ]) {
      const { momentum, gradientDescent } = optimalMomentum(eigenvalues);
      const { alpha, beta } = momentum;
      // Double roots: the ratio is rate·(1 + 1/t).
      const best = measureConvergence(eigenvalues, { alpha, beta, steps: 20_000 });
      expect(Math.abs(best / momentum.rate - 1)).toBeLessThan(1e-3);
      expect(measureConvergence(eigenvalues, { alpha: gradientDescent.alpha })).toBeCloseTo(gradientDescent.rate, 6);
      for (const [a, b] of [
        [1.05, 1],
        [0.95, 1],
        [1, 1.05],
        [1, 0.95],
      ] as const)
        expect(measureConvergence(eigenvalues, { alpha: alpha * a, beta: beta * b })).toBeGreaterThan(best);
    }
  });

  it('refuses eigenvalues that are not > 0', () => {
    expect(() => optimalMomentum([1, 0])).toThrow('[lab.optimalMomentum] expected eigenvalues > 0, got 0');
    expect(() => optimalMomentum([])).toThrow('expected eigenvalues > 0, got none');
  });
});

describe('measureConvergence', () => {
  it('equals the theory over a grid of α and β', () => {
    for (const beta of [0, 0.1, 0.3, 0.5, 0.8, 0.9, 0.97]) {
      for (const step of [0.01, 0.05, 0.2, 0.6, 1, 1.4, 1.9, 2.3, 3.2]) {
        const { rate, regime } = momentumDynamics(step / 5, beta, 5);
        const measured = measureConvergence([5], { alpha: step / 5, beta });
        expect(Math.abs(measured - rate), `β ${beta}, αλ ${step}: ${regime}`).toBeLessThan(regime === 'ripples' ? 5e-3 : 1e-9);
      }
    }
  });

  it('refuses too few steps', () => {
    expect(() => measureConvergence([1], { alpha: 0.1, steps: 100 })).toThrow(
      'expected steps to be a finite number ≥ 300, got 100',
    );
  });
});
