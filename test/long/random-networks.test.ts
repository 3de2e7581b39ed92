import { expect, it } from 'vitest';
import { compareSteps } from '../train/compare-steps.js';

it('600 networks put together at random train as they do step by step', async () => {
  const complaints: string[] = [];
  for (let seed = 100; seed < 700 && complaints.length < 3; seed++) {
    const complaint = await compareSteps(seed);
    if (complaint !== '') complaints.push(complaint);
  }
  expect(complaints.join('\n\n')).toBe('');
});
