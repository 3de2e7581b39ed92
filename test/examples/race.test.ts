import { expect, it } from 'vitest';
import { findings, lastSteps, raceAll } from '../../examples/race/experiment.mjs';
import * as ravine from '../../lib/index.js';
import * as lab from '../../lib/lab/index.js';

interface Findings {
  readonly arrived: Readonly<Record<'logistic' | 'valley' | 'saddle', Readonly<Record<string, number>>>>;
  readonly momentum_leaves_before_sgd: boolean;
  readonly rmsprop_leaves_before_momentum: boolean;
  readonly adagrad_dies: boolean;
  readonly last_step: Readonly<Record<'Adagrad' | 'RMSProp', number>>;
}

it('race: momentum leaves the saddle before SGD, RMSProp before momentum; Adagrad’s step dies', async () => {
  const rows = await raceAll(ravine, lab, { steps: 100, rates: [0.01, 0.1, 1] });
  const found = findings(rows, lastSteps(ravine, lab, 1000)) as Findings;
  expect(found).toMatchObject({ momentum_leaves_before_sgd: true, rmsprop_leaves_before_momentum: true, adagrad_dies: true });
  expect(found.arrived.saddle['SGD']).toBe(Math.ceil(Math.log(1000) / Math.log(1.01)));
  expect(found.last_step.Adagrad).toBeCloseTo(0.01 / Math.sqrt(1000), 6);
  expect(found.last_step.RMSProp).toBeCloseTo(0.01, 6);
  // κ = 100: plain descent crawls along the valley, momentum does not.
  expect(found.arrived.valley['momentum']).toBeLessThan(100);
  expect(found.arrived.valley['SGD']).toBeNaN();
});
