// Training throughput: `npm run bench -- [workload …] [--json] [--threads N]`. One JSON line a workload on stdout; a table on stderr unless
// --json. A window is a fit of so many steps: a warm-up, then five, of which the median counts. The shuffled gather is a part of each step.

import { info, setThreads } from '../dist/index.js';
import { commandLine } from './command-line.mjs';
import { chosen, makeData, makeModel, median, version, workloads } from './workloads.mjs';

const { values, positionals } = commandLine(
  'npm run bench -- [workload …] [--json] [--threads N]',
  { json: { type: 'boolean', default: false }, threads: { type: 'string' } },
  ['threads'],
);
if (values.threads !== undefined) setThreads(values.threads);

const rows = [];
for (const name of chosen(positionals)) {
  const result = await measure(name);
  console.log(JSON.stringify(result));
  rows.push(result);
}
if (!values.json) printTable(rows);

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
    engine: `ravine-${version}`,
    workload: name,
    samples_per_s: Math.round((batch * steps) / time),
    step_us: Math.round((time / steps) * 1e7) / 10,
    threads,
    gemm,
    isa,
  };
}

function printTable(results) {
  const line = (...cells) =>
    console.error(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(14))).join(''));
  line('workload', 'samples/s', 'µs a step', 'threads', 'gemm', 'isa');
  for (const { workload, samples_per_s, step_us, threads, gemm, isa } of results)
    line(workload, samples_per_s.toLocaleString('en'), step_us, threads, gemm, isa);
}
