import { describe, expect, it } from 'vitest';
import { byLearningRate, remedies } from '../../examples/batch-norm/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Row {
  readonly without: number;
  readonly with: number;
}

interface Found {
  readonly rows: Readonly<Record<string, number>>;
  readonly mergedDifference: number;
}

describe('batch normalisation', () => {
  it('learns at a learning rate at which the same network of sigmoids does not, and at one ten times as large', async () => {
    const rows: Row[] = await byLearningRate(ravine, { rates: [0.1, 1], samples: 4000, epochs: 1, seed: 1 });
    for (const row of rows) expect(row.with).toBeGreaterThan(row.without + 0.3);
  });

  it('small batches of few digits: running averages do better than the batch’s own, frozen statistics and batch renorm better still', async () => {
    const options = { batchSize: 4, few: true, samples: 4000, epochs: 1, fineTuning: 1, seed: 1 };
    const found: Found = await remedies(ravine, options);
    const { rows, mergedDifference } = found;
    const running = rows['batch norm, running averages'] ?? NaN;
    expect(rows['batch norm, batch statistics']).toBeLessThan(running - 0.05);
    expect(rows['batch norm, frozen, fine-tuned']).toBeGreaterThan(running + 0.05);
    expect(rows['batch renorm']).toBeGreaterThan(running);
    expect(rows['layer norm']).toBeGreaterThan(running);
    expect(rows['batch norm, merged']).toBeCloseTo(running, 3);
    expect(mergedDifference).toBeLessThan(1e-4);
  });
});
