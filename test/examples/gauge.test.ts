import { expect, it } from 'vitest';
import { curveDifference, finalLoss, gauge } from '../../examples/gauge/experiment.mjs';
import * as ravine from '../../lib/index.js';
import * as lab from '../../lib/lab/index.js';

interface Run {
  readonly start: string;
  readonly optimizer: string;
  readonly rate: number;
  readonly imbalance: number;
  readonly losses: readonly number[];
}

it('gauge: the loss curve of Path-SGD does not depend on the start’s balance, that of SGD does', async () => {
  const epochs = 15;
  const runs = (await gauge(ravine, lab, { samples: 128, epochs, units: 8, spread: 30, seed: 1 })) as Run[];
  expect(runs.map(({ start, optimizer }) => `${start} ${optimizer}`)).toEqual([
    'balanced SGD',
    'unbalanced SGD',
    'balanced Path-SGD',
    'unbalanced Path-SGD',
    'unbalanced SGD',
  ]);
  const [sgd, sgdUnbalanced, path, pathUnbalanced, sgdTuned] = runs as [Run, Run, Run, Run, Run];
  for (const { imbalance } of [sgd, path]) expect(imbalance).toBeLessThan(1.01);
  for (const { imbalance } of [sgdUnbalanced, pathUnbalanced]) expect(imbalance).toBeGreaterThan(100);
  expect(curveDifference(path.losses, pathUnbalanced.losses)).toBeLessThan(1e-6);
  expect(curveDifference(sgd.losses, sgdUnbalanced.losses)).toBeGreaterThan(0.5);
  // Not even with a rate of its own is SGD as fast from the unbalanced start.
  expect(finalLoss(sgdTuned, epochs)).toBeGreaterThan(1.5 * finalLoss(sgd, epochs));
  expect(finalLoss(pathUnbalanced, epochs) / path.losses[0]!).toBeLessThan(0.5);
});
