// Batch normalisation with and without, by learning rate; small batches and the mismatch of training and testing, with the remedies side by side. Writes
// a chart. `npm run example -- batch-norm`, in a short form `npm run example -- batch-norm --samples 4000`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ravine from '../../dist/index.js';
import { lineChart, saveChart } from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { byLearningRate, remedies } from './experiment.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'batch-norm');
const { out, ...options } = numbersFromCommandLine('npm run example -- batch-norm', {
  samples: { value: 20_000, about: 'images to train on' },
  epochs: { value: 1, about: 'passes over them' },
  seed: { value: 1, check: 'seed', about: 'of weights and order' },
  out: { value: folder, check: 'folder', about: 'where the chart goes' },
});
const percent = (share) => `${(100 * share).toFixed(1)} %`;

const rates = [0.1, 0.3, 1, 3, 10, 30];
const byRate = await byLearningRate(ravine, { ...options, rates });
console.log('784-100-100-100-10 sigmoid units, batches of 64: test images right\n\nlearning rate   without   with batch norm');
for (const row of byRate)
  console.log(`${String(row.rate).padStart(13)}${percent(row.without).padStart(10)}${percent(row.with).padStart(18)}`);

const batchSize = 4;
const small = { ...options, batchSize, fineTuning: 1 };
const mixed = await remedies(ravine, { ...small, few: false });
const pairs = await remedies(ravine, { ...small, few: true });
console.log(
  `\nthe same of ReLUs, batches of ${batchSize}: test images right (fine-tuning is an epoch more)\n\n${''.padEnd(32)}mixed   of two digits`,
);
for (const [name, accuracy] of Object.entries(mixed.rows))
  console.log(`${name.padEnd(30)}${percent(accuracy).padStart(7)}${percent(pairs.rows[name]).padStart(16)}`);

await mkdir(out, { recursive: true });
const chart = await lineChart({
  title: 'Batch normalisation by learning rate',
  x: { name: 'learning rate', scale: 'log' },
  y: { name: 'share of test images right', min: 0, max: 1 },
  lines: {
    without: { x: rates, y: byRate.map((row) => row.without) },
    'with batch norm': { x: rates, y: byRate.map((row) => row.with) },
  },
});
await saveChart(join(out, 'learning-rate.svg'), chart);
console.log(`\nthe chart is in ${out}`);
console.log(
  JSON.stringify({
    rates,
    accuracy_without: byRate.map((row) => row.without),
    accuracy_with: byRate.map((row) => row.with),
    accuracy_mixed_batches: mixed.rows,
    accuracy_batches_of_two_digits: pairs.rows,
    merged_largest_difference: Math.max(mixed.mergedDifference, pairs.mergedDifference),
    batch_size: batchSize,
    ...options,
  }),
);
