// Training throughput: `npm run bench -- [workload …] [--json] [--threads N]`. One JSON line a workload on stdout; a table on stderr unless
// --json. A window is a fit of so many steps: a warm-up, then five, of which the median counts. The shuffled gather is a part of each step.
// adam-10m is no fit: Adam's step on 10 million parameters with given gradients, in bytes a second next to a triad. rcv1-sgd, which runs only where it is
// named, makes its corpus first (0.9 GB); `--peer python3` measures scikit-learn and LIBLINEAR beside it.

import { info, optim, setThreads } from '../dist/index.js';
import { commandLine } from './command-line.mjs';
import { measureRcv1, printRcv1 } from './rcv1-sgd.mjs';
import { measureStep } from './step.mjs';
import { chosen, makeData, makeModel, median, version, workloads } from './workloads.mjs';

const { values, positionals } = commandLine(
  'npm run bench -- [workload …] [--json] [--threads N] [rcv1-sgd [--rows N] [--epochs N] [--peer python3]]',
  {
    json: { type: 'boolean', default: false },
    threads: { type: 'string' },
    rows: { type: 'string' },
    epochs: { type: 'string' },
    peer: { type: 'string' },
  },
  ['threads', 'rows', 'epochs'],
);
if (values.threads !== undefined) setThreads(values.threads);

const { rows: documents, epochs, peer } = values;
const steps = {
  'adam-10m': () => measureStep(optim.adam(), 10_000_000),
  'rcv1-sgd': () => measureRcv1({ rows: documents, epochs, peer }),
};
const rows = [];
const named = positionals.length > 0 ? positionals : [...Object.keys(workloads), 'adam-10m'];
for (const name of chosen(named, Object.keys({ ...workloads, ...steps }))) {
  const result = { engine: `ravine-${version}`, workload: name, ...(await (steps[name] ?? (() => measure(name)))()) };
  console.log(JSON.stringify(result));
  rows.push(result);
}
if (!values.json) printTables(rows);

async function measure(name) {
  const { batch, steps, ...network } = workloads[name];
  const data = makeData(network);
  const model = makeModel(network);
  const window = (count) => model.fit(data, { steps: count, batchSize: batch });
  await window(Math.max(3, Math.floor(steps / 5)));
  const seconds = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await window(steps);
    seconds.push((performance.now() - start) / 1000);
  }
  const time = median(seconds);
  const { threads, gemm, isa } = info();
  return {
    samples_per_s: Math.round((batch * steps) / time),
    step_us: Math.round((time / steps) * 1e7) / 10,
    threads,
    gemm,
    isa,
  };
}

function printTables(results) {
  const line = (...cells) =>
    console.error(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(14))).join(''));
  const fits = results.filter(({ samples_per_s }) => samples_per_s !== undefined);
  if (fits.length > 0) line('workload', 'samples/s', 'µs a step', 'threads', 'gemm', 'isa');
  for (const { workload, samples_per_s, step_us, threads, gemm, isa } of fits)
    line(workload, samples_per_s.toLocaleString('en'), step_us, threads, gemm, isa);
  results.filter(({ workload }) => workload === 'rcv1-sgd').forEach(printRcv1);
  const updates = results.filter(({ bytes_per_s }) => bytes_per_s !== undefined);
  if (updates.length > 0) line('workload', 'GB/s', 'triad', 'in place', 'share', 'spread', 'µs a step', 'threads', 'isa');
  for (const { workload, bytes_per_s, triad_bytes_per_s, in_place_triad_bytes_per_s, share, share_spread, ...rest } of updates) {
    const gigabytes = [bytes_per_s, triad_bytes_per_s, in_place_triad_bytes_per_s].map((rate) => (rate / 1e9).toFixed(1));
    line(workload, ...gigabytes, share, share_spread.join('–'), rest.step_us, rest.threads, rest.isa);
  }
}
