import { expect, it } from 'vitest';
import { xor } from '../../examples/xor/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Scores {
  readonly loss: number;
  readonly accuracy: number;
}

interface Found {
  readonly network: Scores;
  readonly answers: readonly number[];
  readonly linear: Scores & { readonly gradientNorm: number };
}

it('xor: a hidden layer learns it; the best linear model, at the bottom of a convex loss, is as good as a coin', async () => {
  const found: Found = await xor(ravine, { seed: 1, steps: 2000 });
  expect(found.answers).toEqual([0, 1, 1, 0]);
  expect(found.network.accuracy).toBe(1);
  expect(found.network.loss).toBeLessThan(0.02);
  expect(found.linear.gradientNorm).toBeLessThan(1e-9);
  expect(found.linear.loss).toBeCloseTo(Math.log(2), 12);
  expect(found.linear.accuracy).toBeLessThan(1);
});
