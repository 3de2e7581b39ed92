import { expect, it } from 'vitest';
import { compareRandomGraph } from '../passes/compare-graph.js';

it.each([6, 12, 24, 40])('1,000 graphs of %d steps compile to what their ops give, gradients too', async (steps) => {
  const complaints: string[] = [];
  for (let seed = 0; seed < 1000 && complaints.length < 3; seed++) {
    const complaint = await compareRandomGraph(10_000 * steps + seed, 'float64', steps);
    if (complaint !== '') complaints.push(complaint);
  }
  expect(complaints.join('\n\n')).toBe('');
});

it('500 graphs in float32', async () => {
  const complaints: string[] = [];
  for (let seed = 0; seed < 500 && complaints.length < 3; seed++) {
    const complaint = await compareRandomGraph(seed, 'float32', 20);
    if (complaint !== '') complaints.push(complaint);
  }
  expect(complaints.join('\n\n')).toBe('');
});
