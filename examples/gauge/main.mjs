// The gauge of a network: balanced and unbalanced starts of one function, SGD against Path-SGD. Writes a chart.
// `npm run example -- gauge`, in a short form `npm run example -- gauge --epochs 10 --units 8`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ravine from '../../dist/index.js';
import * as lab from '../../dist/lab/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { curveDifference, gauge } from './experiment.mjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out', 'gauge');
const options = numbersFromCommandLine('npm run example -- gauge', {
  samples: { value: 256, about: 'of the target' },
  epochs: { value: 60, about: 'of each fit' },
  units: { value: 16, about: 'of each hidden layer' },
  spread: { value: 100, check: 'positive', about: 'the largest factor of the unbalanced start' },
  seed: { value: 1, check: 'seed', about: 'of data, weights and factors' },
  out: { value: folder, check: 'folder', about: 'where the chart goes' },
});

const toys = [
  [1, 1, 1, 1],
  [1, 0.01, 100, 1],
].map((weights) => lab.chainStep(weights));
console.log('one step of z = w₄w₃w₂w₁x at x = y = 1, α = 0.1\n');
console.log('weights               dz/dw                 z before   after a step   after one of Path-SGD');
for (const { weights, derivatives, z, gradientDescent, pathSgd } of toys)
  console.log(
    [
      weights.join(', ').padEnd(22),
      [...derivatives]
        .map((value) => Number(value.toPrecision(6)))
        .join(', ')
        .padEnd(22),
      String(z).padStart(8),
      gradientDescent.z.toPrecision(6).padStart(15),
      pathSgd.z.toPrecision(6).padStart(24),
    ].join(''),
  );

const runs = await gauge(ravine, lab, options);
console.log(`\na network of two hidden layers, ${options.epochs} epochs; rates are the best of √10 apart\n`);
console.log('start        imbalance   optimizer        rate   first loss    last loss');
for (const { start, imbalance, optimizer, rate, losses } of runs) {
  const end = losses.length < options.epochs ? 'diverged' : losses.at(-1).toPrecision(4);
  console.log(
    [
      start.padEnd(12),
      imbalance.toPrecision(3).padStart(10),
      `   ${optimizer.padEnd(9)}`,
      rate.toExponential(1).padStart(11),
      (losses[0]?.toPrecision(4) ?? '–').padStart(13),
      end.padStart(13),
    ].join(''),
  );
}
const [sgd, sgdUnbalanced, path, pathUnbalanced, sgdTuned] = runs;
const differences = {
  sgd: curveDifference(sgd.losses, sgdUnbalanced.losses),
  path: curveDifference(path.losses, pathUnbalanced.losses),
};
const show = (difference) => (Number.isFinite(difference) ? `changes by ${difference.toExponential(1)}` : 'diverges');
console.log(
  `\nin the other gauge, at the same rate, the loss curve of Path-SGD ${show(differences.path)}, that of SGD ${show(differences.sgd)}`,
);

await mkdir(options.out, { recursive: true });
const lines = {
  'SGD, balanced': sgd,
  'SGD, unbalanced, its own best rate': sgdTuned,
  'Path-SGD, balanced': path,
  'Path-SGD, unbalanced': pathUnbalanced,
};
await lab.saveChart(
  join(options.out, 'loss.svg'),
  await lab.lineChart({
    title: 'One function in two gauges',
    x: { name: 'epoch' },
    y: { name: 'loss', scale: 'log' },
    lines: Object.fromEntries(Object.entries(lines).map(([name, { losses }]) => [name, losses])),
  }),
);
console.log(`the chart is in ${options.out}`);
console.log(
  JSON.stringify({
    toy_derivatives: toys.map(({ derivatives }) => [...derivatives]),
    toy_z_after_sgd: toys.map(({ gradientDescent }) => gradientDescent.z),
    toy_z_after_path_sgd: toys.map(({ pathSgd }) => pathSgd.z),
    path_sgd_difference: differences.path,
    sgd_difference: Number.isFinite(differences.sgd) ? differences.sgd : 'diverged',
    runs: runs.map(({ start, optimizer, rate, imbalance, losses }) => ({
      start,
      optimizer,
      rate,
      imbalance,
      loss: losses.length < options.epochs ? 'diverged' : losses.at(-1),
    })),
    epochs: options.epochs,
    units: options.units,
    spread: options.spread,
    seed: options.seed,
  }),
);
