import { describe, expect, it } from 'vitest';
import { grad, minimize, type MinimizeOptions } from '../../../lib/index.js';
import { others } from './more-garbow-hillstrom.js';
import { float64, problems, type Minimum, type Problem } from './problems.js';

const methods: readonly MinimizeOptions[] = [
  { method: 'gd', maxIterations: 6000 },
  { method: 'cg', formula: 'pr+' },
  { method: 'cg', formula: 'fr' },
  { method: 'bfgs' },
  { method: 'lbfgs' },
  { method: 'newton' },
  { method: 'newton-cg' },
];

/**
 * How near ‖∇f‖ ≤ 1e-8 brings x: by the least eigenvalue of the Hessian at the minimum, 0.01 and more. Powell's is singular there, and along its null
 * space f grows with the fourth power: |x|³ ~ 1e-9.
 */
const distance = (name: string): number => (name === 'Powell singular' ? 2e-3 : 1e-6);

/** Gradient descent nears a minimum with a singular Hessian like k^(−1/2): ‖∇f‖ ≤ 1e-8 would take some 10⁸ steps. */
const outOfReach = ({ name }: Problem, { method }: MinimizeOptions): boolean => name === 'Powell singular' && method === 'gd';

const asMinimum = (minimum: Minimum): { at: readonly number[]; value: number } =>
  'value' in minimum ? minimum : { at: minimum, value: 0 };

describe.each(problems)('$name', (problem) => {
  it.each(methods.filter((options) => !outOfReach(problem, options)))('$method $formula', async (options) => {
    const { f, start, minima, name } = problem;
    const result = await minimize(f, float64(start), options);
    expect(result).toMatchObject({ reason: 'gradient', converged: true });
    expect(result.gradientNorm).toBeLessThanOrEqual(1e-8);
    const slopes = Array.from(grad(f)(result.x).data());
    expect(Math.hypot(...slopes)).toBeLessThanOrEqual(1.1e-8);
    expect(f(result.x).item()).toBeCloseTo(result.value, 12);
    const x = Array.from(result.x.data());
    const known = (typeof minima === 'function' ? minima(x) : minima).map(asMinimum);
    const distances = known.map(({ at }) =>
      Math.max(...at.map((want, i) => Math.abs(x[i]! - want) / Math.max(1, Math.abs(want)))),
    );
    const nearest = Math.min(...distances);
    expect(nearest).toBeLessThan(distance(name));
    expect(Math.abs(result.value - known[distances.indexOf(nearest)]!.value)).toBeLessThan(1e-11);
  });
});

describe.each(others)('$name', ({ f, start, values, at, gradientTolerance, outOfReach }) => {
  const reach = methods.filter(({ method, formula }) => !outOfReach?.some((name) => name === [method, formula].join(' ').trim()));
  it.each(reach)('$method $formula', async (options) => {
    const result = await minimize(
      f,
      float64(start),
      gradientTolerance === undefined ? options : { ...options, gradientTolerance },
    );
    expect(result).toMatchObject({ reason: 'gradient', converged: true });
    const distances = values.map((value) => Math.abs(result.value - value) / (value === 0 ? 1e-11 : 5e-6 * value));
    expect(Math.min(...distances)).toBeLessThan(1);
    at?.forEach((want, i) => expect(Math.abs(result.x.data()[i]! / want - 1)).toBeLessThan(5e-4));
  });
});

it('gradient descent says that it did not arrive', async () => {
  const { f, start } = problems.find(({ name }) => name === 'Powell singular')!;
  const result = await minimize(f, float64(start), { method: 'gd', maxIterations: 500 });
  expect(result).toMatchObject({ reason: 'iterations', converged: false, iterations: 500 });
  expect(result.gradientNorm).toBeGreaterThan(1e-8);
  expect(result.value).toBeLessThan(1e-3);
});

it('counts evaluations', async () => {
  const { f, start } = problems[0]!;
  const newton = await minimize(f, float64(start), { method: 'newton' });
  expect(newton.evaluations.hessian).toBe(newton.iterations);
  expect(newton.evaluations.gradient).toBeGreaterThan(newton.iterations);
  expect(newton.evaluations.hvp).toBe(0);
  const krylov = await minimize(f, float64(start), { method: 'newton-cg' });
  expect(krylov.evaluations.hessian).toBe(0);
  expect(krylov.evaluations.hvp).toBeGreaterThanOrEqual(krylov.iterations);
});
