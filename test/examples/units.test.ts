import { expect, it } from 'vitest';
import { units } from '../../examples/units/experiment.mjs';
import * as ravine from '../../lib/index.js';
import * as lab from '../../lib/lab/index.js';

interface Row {
  readonly method: string;
  readonly difference: number;
  readonly gradient: number;
}

it('units: Newton and Adadelta whose ε has units do not see them; gradient descent, a shifted Hessian and a fixed ε do', async () => {
  const rows = (await units(ravine, lab, { scales: [3], epsilon: 1e-3, shift: 0.3 })) as Row[];
  for (const { gradient } of rows) expect(gradient).toBeLessThan(1e-9);
  const differences = Object.fromEntries(rows.map(({ method, difference }) => [method, difference]));
  for (const method of ['Newton, pure', 'Newton, line search', 'Adadelta, ε with units'])
    expect(differences[method]).toBeLessThan(1e-12);
  for (const method of ['gradient descent', 'Newton, H + 0.3·I', 'Adadelta, fixed ε'])
    expect(differences[method]).toBeGreaterThan(0.01);
});
