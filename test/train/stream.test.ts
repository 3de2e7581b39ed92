import { describe, expect, it } from 'vitest';
import { data, optim } from '../../lib/index.js';
import { smallModel } from './problems.js';

/** A stream of one-sample batches, `count` an epoch. */
function singles(count: number): data.StreamDataset {
  return data.stream(
    function* () {
      const x = { data: new Float32Array(8), shape: [1, 8] };
      for (let i = 0; i < count; i++) yield { x, y: [0] };
    },
    { batchSize: 1, x: { shape: [8] }, y: { shape: [] } },
  );
}

describe('a stream', () => {
  it('is refused where an epoch has more steps than scalars were worked out for', async () => {
    const changing = smallModel({ optimizer: optim.adam() });
    await expect(changing.fit(singles(65_537))).rejects.toThrow('expected at most 65536 batches');
    expect(changing.steps).toBe(65_536);
  }, 120_000);
});
