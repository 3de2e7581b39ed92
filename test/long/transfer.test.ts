import { expect, it } from 'vitest';
import { transfer } from '../../examples/transfer/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Finding {
  readonly pretrained: number;
  readonly frozen: number;
  readonly fineTuned: number;
  readonly scratch: number;
}

it('transfer: where labels are few, an encoder of other digits, fine-tuned, is worth more than a fresh one, and than itself frozen', async () => {
  const found = (await transfer(ravine, { samples: 10_000, labels: 5, epochs: 3, seed: 1 })) as Finding;
  expect(found.pretrained).toBeGreaterThan(0.98);
  expect(found.fineTuned).toBeGreaterThan(found.scratch + 0.05);
  expect(found.fineTuned).toBeGreaterThan(found.frozen);
});
