// Momentum's phase portraits and rates. `npm run example -- momentum`, in a short form `npm run example -- momentum --points 8`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as lab from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { eigenvalues, findings, optima, rates, regimes } from './experiment.mjs';

const { points, out } = numbersFromCommandLine('npm run example -- momentum', {
  points: { value: 40, about: 'of the grid on each side' },
  out: { value: 'examples/out/momentum', check: 'folder', about: 'where pictures go' },
});

await mkdir(out, { recursive: true });
const save = async (name, chart) => lab.saveChart(join(out, `${name}.svg`), await chart);
console.log('regime        α·λ     β      rate');
for (const [name, [alpha, beta, lambda]] of Object.entries(regimes)) {
  const dynamics = lab.momentumDynamics(alpha, beta, lambda);
  console.log(`${dynamics.regime.padEnd(13)} ${(alpha * lambda).toFixed(2)}   ${beta.toFixed(2)}   ${dynamics.rate.toFixed(4)}`);
  await save(`phase-${name}`, lab.phasePortrait({ dynamics }));
}

const grid = rates(lab, { points });
const best = optima(lab);
const columns = grid.slice(0, points).map(({ alpha }) => alpha);
const rows = grid.filter((_, i) => i % points === 0).map(({ beta }) => beta);
for (const name of ['measured', 'predicted']) {
  // Only what converges has a colour.
  const values = grid.map((row) => (row.predicted < 1 ? row[name] : NaN));
  const title = `The rate ${name === 'measured' ? 'as measured' : 'of theory'}, eigenvalues ${eigenvalues.join(', ')}`;
  await save(
    `rate-${name}`,
    lab.heatMap({ title, columns, rows, values, x: { name: 'α' }, y: { name: 'β' }, value: { name: 'rate', max: 1 } }),
  );
}

console.log(`\neigenvalues ${eigenvalues.join(', ')}: κ = ${best.condition}`);
for (const [name, { alpha, beta, rate, measured }] of Object.entries({
  momentum: best.momentum,
  'gradient descent': best.gradient_descent,
}))
  console.log(
    `best ${name.padEnd(17)} α ${alpha.toFixed(4)}   β ${beta.toFixed(4)}   rate ${rate.toFixed(4)}   measured ${measured.toFixed(4)}`,
  );
console.log(`pictures lie in ${out}`);
console.log(JSON.stringify(findings(lab, grid, best)));
