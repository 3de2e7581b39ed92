import { expect, it } from 'vitest';
import { compareRandomGraph } from './compare-graph.js';

// Whatever the passes make of a graph has to compute what its ops compute one by one. A sweep over many more stands in test/long.
it.each([0, 1, 2, 3])('graphs put together at random compile to what their ops give, gradients too (%d)', async (part) => {
  for (let seed = 0; seed < 9; seed++) expect(await compareRandomGraph(1000 * part + seed, 'float64', 4 + seed)).toBe('');
});
