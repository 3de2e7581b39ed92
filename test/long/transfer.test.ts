import { expect, it } from 'vitest';
import { transfer } from '../../examples/transfer/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Finding {
  readonly pretrained: number;
  readonly frozen: number;
  readonly fineTuned: number;
  readonly live: number;
  readonly scratch: number;
}

it('transfer: where labels are few, an encoder of other digits, fine-tuned, is worth more than a fresh one, and than itself frozen', async () => {
  const found: Finding[] = [];
  for (const seed of [1, 2, 3]) found.push(await transfer(ravine, { samples: 10_000, labels: 5, epochs: 3, seed }));
  const mean = (name: keyof Finding): number => found.reduce((sum, finding) => sum + finding[name], 0) / found.length;
  expect(mean('pretrained')).toBeGreaterThan(0.98);
  for (const name of ['fineTuned', 'live'] as const) {
    expect(mean(name)).toBeGreaterThan(mean('scratch') + 0.05);
    expect(mean(name)).toBeGreaterThan(mean('frozen'));
  }
});
