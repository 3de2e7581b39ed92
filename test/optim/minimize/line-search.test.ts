import { describe, expect, it } from 'vitest';
import { cubicMinimum, strongWolfe } from '../../../lib/optim/minimize/line-search.js';
import type { Trial } from '../../../lib/optim/minimize/objective.js';
import { float64 } from './problems.js';

type Line = (step: number) => readonly [value: number, slope: number];

/** Test functions 1 to 3 of Moré & Thuente (1994): hard since flat, steep, and wavy. */
const lines: Readonly<Record<string, Line>> = {
  rational: (a) => [-a / (a * a + 2), (a * a - 2) / (a * a + 2) ** 2],
  power: (a) => [(a + 0.004) ** 5 - 2 * (a + 0.004) ** 4, 5 * (a + 0.004) ** 4 - 8 * (a + 0.004) ** 3],
  waves: (a) => {
    const [beta, l] = [0.01, 39];
    const bend = a <= 1 - beta ? 1 - a : a >= 1 + beta ? a - 1 : (a - 1) ** 2 / (2 * beta) + beta / 2;
    const slope = a <= 1 - beta ? -1 : a >= 1 + beta ? 1 : (a - 1) / beta;
    const angle = (l * Math.PI * a) / 2;
    return [bend + ((2 * (1 - beta)) / (l * Math.PI)) * Math.sin(angle), slope + (1 - beta) * Math.cos(angle)];
  },
};

async function search(line: Line, first: number, decrease: number, curvature: number) {
  const steps: number[] = [];
  const evaluate = async (step: number): Promise<Trial> => {
    steps.push(step);
    const [value, slope] = line(step);
    const point = { x: float64([0]), gradient: float64([0]), value, gradientNorm: 1 };
    return { step, value, slope, point, length: 1, size: 1 };
  };
  const [value, slope] = line(0);
  const found = await strongWolfe(evaluate, { step: 0, value, slope }, first, { decrease, curvature, noise: 2 ** -50 });
  return { found, steps, value, slope };
}

describe.each(Object.entries(lines))('%s', (_, line) => {
  it.each([1e-3, 1e-1, 10, 1e3])('meets the strong Wolfe conditions from the first step %d', async (first) => {
    const [decrease, curvature] = [1e-4, 0.1];
    const { found, steps, value, slope } = await search(line, first, decrease, curvature);
    expect(found).toBeDefined();
    expect(found!.value).toBeLessThanOrEqual(value + decrease * found!.step * slope);
    expect(Math.abs(found!.slope)).toBeLessThanOrEqual(curvature * Math.abs(slope));
    expect(found!.point.x.disposed).toBe(false);
    expect(steps.length).toBeLessThan(30);
  });
});

it('finds the minimum of a cubic from its ends', () => {
  // a³ − 3a: minimum at 1
  const at = (step: number) => ({ step, value: step ** 3 - 3 * step, slope: 3 * step ** 2 - 3 });
  expect(cubicMinimum(at(0), at(3))).toBeCloseTo(1, 14);
  expect(cubicMinimum(at(3), at(0.5))).toBeCloseTo(1, 14);
});

it('takes what is not finite as too high', async () => {
  const { found } = await search((a) => (a > 0.01 ? [NaN, NaN] : [-a, -1]), 1, 1e-4, 0.9);
  expect(found?.step).toBeGreaterThan(0.001);
  expect(found?.step).toBeLessThanOrEqual(0.01);
});

it('finds nothing where nothing is lower', async () => {
  const { found, steps } = await search((a) => [a, a === 0 ? -1 : 1], 1, 1e-4, 0.9);
  expect(found).toBeUndefined();
  expect(steps.length).toBeLessThanOrEqual(60);
});
