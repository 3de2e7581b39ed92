// Units of measurement: how far a method's path moves when parameters are measured in another unit, w′ = s·w. Writes a chart.
// `npm run example -- units`, in a short form `npm run example -- units --scale 10`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ravine from '../../dist/index.js';
import * as lab from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { makeFunction, units } from './experiment.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'units');
const { scale, epsilon, shift, out } = numbersFromCommandLine('npm run example -- units', {
  scale: { value: 3, check: 'positive', about: 's; 1/s is tried too' },
  epsilon: { value: 1e-3, check: 'positive', about: 'of Adadelta, at s = 1' },
  shift: { value: 0.3, check: 'positive', about: 'λ of the shifted Hessian' },
  out: { value: folder, check: 'folder', about: 'where the chart goes' },
});

const scales = [scale, 1 / scale];
const rows = await units(ravine, lab, { scales, epsilon, shift });
const methods = [...new Set(rows.map(({ method }) => method))];
const of = (name, s) => rows.find((row) => row.method === name && row.scale === s);
const show = (value) => (Number.isFinite(value) ? value.toExponential(1) : 'diverged').padStart(12);

console.log('how far the path moves, relative to its size, and ‖∇f‖ at its end\n');
console.log(
  `${'method'.padEnd(24)}${scales.map((s) => `s = ${Number(s.toPrecision(3))}`.padStart(12)).join('')}${'‖∇f‖'.padStart(12)}`,
);
for (const name of methods)
  console.log(`${name.padEnd(24)}${scales.map((s) => show(of(name, s).difference)).join('')}${show(of(name, scale).gradient)}`);

await mkdir(out, { recursive: true });
const f = makeFunction(ravine);
const valuesAlong = (path) =>
  Float64Array.from({ length: Math.min(60, path.length / 2) }, (_, i) => f(ravine.tensor(path.slice(2 * i, 2 * i + 2))).item());
const { path, otherPath } = of('Adadelta, fixed ε', scale);
await lab.saveChart(
  join(out, 'values.svg'),
  await lab.lineChart({
    title: 'Adadelta with a fixed ε in two units',
    x: { name: 'step' },
    y: { name: 'f' },
    lines: { 's = 1, or ε with units': valuesAlong(path), [`s = ${scale}`]: valuesAlong(otherPath) },
  }),
);
console.log(`\nthe chart is in ${out}`);
console.log(
  JSON.stringify({
    scales,
    differences: Object.fromEntries(
      methods.map((name) => [
        name,
        scales.map((s) => of(name, s).difference).map((value) => (Number.isFinite(value) ? value : 'diverged')),
      ]),
    ),
    gradients_at_end: Object.fromEntries(methods.map((name) => [name, of(name, scale).gradient])),
    epsilon,
    shift,
  }),
);
