import { expect, it } from 'vitest';
import { findings, optima, rates } from '../../examples/momentum/experiment.mjs';
import * as lab from '../../lib/lab/index.js';

interface Findings {
  readonly regimes: Readonly<Record<string, string>>;
  readonly converging: number;
  readonly worst_error: number;
  readonly best_of_grid: { readonly measured: number };
  readonly optimum: Readonly<Record<'momentum' | 'gradient_descent', { readonly rate: number; readonly measured: number }>>;
}

it('momentum: five regimes; rates are measured as theory gives them; nothing on the grid beats the optimum', () => {
  const found = findings(lab, rates(lab, { points: 8 }), optima(lab)) as Findings;
  for (const [name, regime] of Object.entries(found.regimes)) expect(regime).toBe(name);
  expect(Object.keys(found.regimes)).toHaveLength(5);
  expect(found.converging).toBeGreaterThan(30);
  expect(found.worst_error).toBeLessThan(5e-3);
  const { momentum, gradient_descent: descent } = found.optimum;
  expect(found.best_of_grid.measured).toBeGreaterThan(momentum.rate);
  // A double root's ratio after 3000 steps.
  expect(Math.abs(momentum.measured / momentum.rate - 1)).toBeLessThan(1e-3);
  expect(Math.abs(descent.measured / descent.rate - 1)).toBeLessThan(1e-3);
});
