// What networks can approximate: error against width, inside and outside of the interval, and depth against width. Writes charts.
// `npm run example -- universal-approximation`, in a short form `npm run example -- universal-approximation --width 16 --depth 4 --iterations 250`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ravine from '../../dist/index.js';
import { lineChart, saveChart } from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { byWidth, sawtooth, shownAt, shownTarget } from './experiment.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'universal-approximation');
const options = numbersFromCommandLine('npm run example -- universal-approximation', {
  width: { value: 64, about: 'units of the widest hidden layer' },
  depth: { value: 6, about: 'tents in the steepest sawtooth: it has 2^depth straight pieces' },
  restarts: { value: 3, about: 'fits of each width, of which the best counts' },
  iterations: { value: 300, about: 'of BFGS in each fit, at most' },
  seed: { value: 1, check: 'seed', about: 'of the weights' },
  out: { value: folder, check: 'folder', about: 'where the charts go' },
});

const widths = Array.from({ length: Math.floor(Math.log2(options.width)) + 1 }, (_, i) => 2 ** i);
const rows = await byWidth(ravine, { ...options, widths });
console.log('root mean square errors of one hidden layer, fitted on [−1, 1]\n');
console.log('units   tanh, inside   tanh, outside   x², inside');
for (const { width, inside, outside, square } of rows)
  console.log(`${String(width).padStart(5)}${show(inside, 15)}${show(outside, 16)}${show(square, 13)}`);

const saws = [];
console.log('\nsawtooth of n straight pieces: units until the error is below 1e-6\n');
console.log('    n   many layers   one layer   one layer of half as many: error');
for (let depth = 2; depth <= options.depth; depth++) {
  const saw = await sawtooth(ravine, { depth, iterations: options.iterations });
  saws.push(saw);
  const [pieces, deep, wide] = [saw.pieces, saw.deep.units, saw.needed ?? '> n'].map(String);
  console.log(`${pieces.padStart(5)}${deep.padStart(14)}${wide.padStart(12)}${show(saw.shallow.at(-2).error, 34)}`);
}

await drawCharts(options.out);
console.log(`\ncharts are in ${options.out}`);
console.log(
  JSON.stringify({
    widths,
    error_inside: rows.map(({ inside }) => inside),
    error_outside: rows.map(({ outside }) => outside),
    error_inside_polynomial: rows.map(({ square }) => square),
    sawtooth_pieces: saws.map(({ pieces }) => pieces),
    sawtooth_units_deep: saws.map(({ deep }) => deep.units),
    sawtooth_units_shallow: saws.map(({ needed }) => needed),
    sawtooth_error_deep: saws.map(({ deep }) => deep.error),
    sawtooth_error_shallow_half: saws.map(({ shallow }) => shallow.at(-2).error),
    restarts: options.restarts,
    iterations: options.iterations,
    seed: options.seed,
  }),
);

async function drawCharts(out) {
  await mkdir(out, { recursive: true });
  const charts = {
    'width.svg': lineChart({
      title: 'One hidden layer, fitted on [−1, 1]',
      x: { name: 'units', scale: 'log' },
      y: { name: 'root mean square error', scale: 'log' },
      lines: {
        'tanh, inside': { x: widths, y: rows.map(({ inside }) => inside) },
        'tanh, outside': { x: widths, y: rows.map(({ outside }) => outside) },
        'x², inside': { x: widths, y: rows.map(({ square }) => square) },
      },
    }),
    'outside.svg': lineChart({
      title: 'Fitted on [−1, 1], shown on [−2, 2]',
      x: { name: 'x', min: -2, max: 2 },
      y: { name: 'f(x)', min: -4, max: 6 },
      points: false,
      lines: Object.fromEntries([
        ['function', { x: shownAt, y: shownTarget }],
        ...[rows.at(Math.floor(rows.length / 2)), rows.at(-1)].map(({ width, curve }) => [
          `${width} units`,
          { x: shownAt, y: curve },
        ]),
      ]),
    }),
    'depth.svg': lineChart({
      title: 'Units that a sawtooth needs',
      x: { name: 'straight pieces', scale: 'log' },
      y: { name: 'units', scale: 'log' },
      lines: {
        'one hidden layer': { x: saws.map(({ pieces }) => pieces), y: saws.map(({ needed }) => needed ?? NaN) },
        'layers of two units': { x: saws.map(({ pieces }) => pieces), y: saws.map(({ deep }) => deep.units) },
      },
    }),
  };
  for (const [name, svg] of Object.entries(charts)) await saveChart(join(out, name), await svg);
}

function show(error, width) {
  return error.toExponential(1).padStart(width);
}
