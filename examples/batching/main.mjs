// Two curves against the batch size: the gradient's variance and the time a sample. Writes a chart. `npm run example -- batching`, in a short form
// `npm run example -- batching --draws 50 --milliseconds 20`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ravine from '../../dist/index.js';
import { lineChart, saveChart } from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { batching, exponent } from './experiment.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'batching');
const { draws, milliseconds, seed, out } = numbersFromCommandLine('npm run example -- batching', {
  draws: { value: 400, about: 'batches of each size whose gradients are compared' },
  milliseconds: { value: 300, about: 'of training at each size' },
  seed: { value: 1, check: 'seed', about: 'of data and batches' },
  out: { value: folder, check: 'folder', about: 'where the chart goes' },
});

const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const rows = await batching(ravine, { sizes, draws, seconds: milliseconds / 1000, seed });
const [first] = rows;
console.log('batch   gradient variance   × batch size    µs a sample');
for (const { size, variance, microsecondsPerSample } of rows) {
  const bar = '#'.repeat(Math.max(1, Math.round((30 * microsecondsPerSample) / first.microsecondsPerSample)));
  console.log(
    [
      String(size).padStart(5),
      variance.toExponential(3).padStart(19),
      (variance * size).toExponential(3).padStart(14),
      microsecondsPerSample.toFixed(3).padStart(14),
      ` ${bar}`,
    ].join(''),
  );
}
const slope = exponent(rows.map(({ size, variance }) => [size, variance]));
console.log(`\nvariance ~ N_b^${slope.toFixed(3)}; the theory says −1`);
await mkdir(out, { recursive: true });
await saveChart(
  join(out, 'batching.svg'),
  await lineChart({
    title: 'Why batch',
    x: { name: 'batch size', scale: 'log' },
    y: { name: 'share of that at batch size 1', scale: 'log' },
    lines: {
      'gradient variance': { x: sizes, y: rows.map(({ variance }) => variance / first.variance) },
      'time a sample': { x: sizes, y: rows.map((row) => row.microsecondsPerSample / first.microsecondsPerSample) },
      '1/batch size': { x: sizes, y: sizes.map((size) => 1 / size) },
    },
  }),
);
console.log(`the chart is in ${out}`);
console.log(
  JSON.stringify({
    variance_exponent: slope,
    sizes,
    variances: rows.map(({ variance }) => variance),
    microseconds_per_sample: rows.map(({ microsecondsPerSample }) => microsecondsPerSample),
    draws,
    seed,
  }),
);
