// Which optimiser arrives when, as a table, pictures and an animated page. `npm run example -- race`, in a short form
// `npm run example -- race --steps 100 --rates 1`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as lab from '../../dist/lab/index.js';
import * as ravine from '../../dist/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { findings, lastSteps, makeFunctions, makeRates, raceAll, rule } from './experiment.mjs';

const {
  steps,
  rates: perDecade,
  out,
} = numbersFromCommandLine('npm run example -- race', {
  steps: { value: 300, about: 'of each run' },
  rates: { value: 2, about: 'tried a decade, from 1e-4 to 1e2' },
  out: { value: 'examples/out/race', check: 'folder', about: 'where pictures and the page go' },
});

const rows = await raceAll(ravine, lab, { steps, rates: makeRates(perDecade) });
console.log(`${rule}\n`);
const names = [...new Set(rows.map(({ function: name }) => name))];
console.log(`${'steps to arrive (rate)'.padEnd(24)}${names.map((name) => name.padStart(20)).join('')}`);
for (const optimizer of new Set(rows.map((row) => row.optimizer))) {
  const cells = names.map((name) => {
    const { arrived, learningRate } = rows.find((row) => row.function === name && row.optimizer === optimizer);
    return `${Number.isNaN(arrived) ? '–' : arrived} (${Number(learningRate.toPrecision(2))})`.padStart(20);
  });
  console.log(`${optimizer.padEnd(24)}${cells.join('')}`);
}

await mkdir(out, { recursive: true });
const panels = {};
for (const [name, { f, start, x, y }] of Object.entries(makeFunctions(ravine))) {
  const paths = Object.fromEntries(rows.filter((row) => row.function === name).map(({ optimizer, path }) => [optimizer, path]));
  panels[name] = { field: lab.sampleField(f, { x, y }), paths, points: { start }, x: { name: 'w₁' }, y: { name: 'w₂' } };
  await lab.saveChart(join(out, `${name}.svg`), await lab.contourChart({ title: name, ...panels[name] }));
}
const arrived = Object.fromEntries(
  names.map((name) => [name, rows.filter((row) => row.function === name).map((row) => row.arrived)]),
);
const categories = rows.filter((row) => row.function === names[0]).map(({ optimizer }) => optimizer);
const title = 'Steps to arrive; no bar: not within the run';
const chart = { title, categories, bars: arrived, y: { name: 'steps', scale: 'log' }, width: 1200 };
await lab.saveChart(join(out, 'arrivals.svg'), await lab.barChart(chart));
await lab.saveChart(join(out, 'race.html'), await lab.racePage({ title: 'Which optimiser arrives when', note: rule, panels }));
console.log(`\n${join(out, 'race.html')} plays the race; pictures lie beside it`);
console.log(JSON.stringify(findings(rows, lastSteps(ravine, lab, 1000))));
