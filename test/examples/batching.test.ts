import { expect, it } from 'vitest';
import { batching, exponent } from '../../examples/batching/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Row {
  readonly size: number;
  readonly variance: number;
}

it('batching: the variance of a batch’s gradient falls as 1/N_b', async () => {
  const rows = (await batching(ravine, { sizes: [1, 4, 16, 64], draws: 400, seconds: 0, seed: 1 })) as Row[];
  const slope = exponent(rows.map(({ size, variance }) => [size, variance]));
  // 400 draws: the deviation of each variance is some 7 %, that of the exponent over a factor of 64 some 0.02.
  expect(Math.abs(slope + 1)).toBeLessThan(0.08);
});
