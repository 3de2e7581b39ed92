import { expect, it } from 'vitest';
import { compareSteps } from './compare-steps.js';

// The native step, its fused updates and its plan of memory, against gradients and updates one by one. More seeds stand in test/long.
it('networks put together at random train as they do step by step', async () => {
  for (let seed = 0; seed < 10; seed++) expect(await compareSteps(seed)).toBe('');
});
