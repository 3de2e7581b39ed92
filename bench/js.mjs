// Training in JavaScript side by side, with the package `benchmark`: `npm run bench:js -- [workload …] [--json]`. The packages are installed
// into bench/node_modules at the first run. Each engine starts from the same weights and trains 20 steps on the same batches before it is timed: its
// loss has to be that of the plain implementation.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { info } from '../dist/index.js';
import { commandLine } from './command-line.mjs';
import { chosen, makeModel, randomSamples, samples, workloads } from './workloads.mjs';

const { values, positionals } = commandLine('npm run bench:js -- [workload …] [--json]', {
  json: { type: 'boolean', default: false },
});
const names = chosen(positionals, ['xor', 'mlp-small', 'mlp']);
/** Of the loss after 20 steps, relative. */
const tolerance = 1e-4;

installPackages();
const { default: Benchmark } = await import('benchmark');
const { engines } = await import('./engines.mjs');

let allEqual = true;
for (const name of names) {
  const setup = await prepare(name);
  const runners = (await Promise.all(Object.values(engines).map((make) => make(setup)))).filter((engine) => engine !== undefined);
  const losses = await followAll(runners, setup);
  const results = [];
  for (const engine of runners) results.push({ engine, callsPerSecond: await time(engine) });
  report(name, setup.workload, results, losses);
}
process.exit(allEqual ? 0 : 1);

function installPackages() {
  if (existsSync(new URL('node_modules/benchmark/package.json', import.meta.url))) return;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const { status } = spawnSync('npm', options, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Data, and the initial weights of one of our models for everyone. */
async function prepare(name) {
  const workload = { ...workloads[name], name };
  const { x, y } = randomSamples(workload);
  const state = await makeModel(workload).stateDict();
  const weights = workload.layers.slice(1).map((_, i) => ({
    weight: state
      .get(`${2 * i}.weight`)
      .transpose()
      .data(),
    bias: state.get(`${2 * i}.bias`).data(),
  }));
  return { workload, weights, x: x.data, y, count: samples };
}

async function followAll(runners, { workload, count }) {
  const order = Array.from({ length: 20 }, () => Array.from({ length: workload.batch }, () => Math.floor(Math.random() * count)));
  const losses = new Map();
  for (const engine of runners) if (engine.follow) losses.set(engine, await engine.follow(order));
  return losses;
}

/** Calls a second; the package repeats a call until its mean is known to about 1 %, for some five seconds at most. */
function time(engine) {
  return new Promise((resolve, reject) => {
    const fn = (deferred) => Promise.resolve(engine.call()).then(() => deferred.resolve(), reject);
    new Benchmark(engine.name, {
      defer: true,
      fn,
      onComplete: ({ target }) => resolve(target.hz),
      onError: ({ target }) => reject(target.error),
    }).run({
      async: true,
    });
  });
}

function report(name, { batch }, results, losses) {
  const expected = [...losses].find(([engine]) => engine.name === 'typed arrays')?.[1];
  const ours = results[0].callsPerSecond * results[0].engine.steps * batch;
  for (const { engine, callsPerSecond } of results) {
    const rate = callsPerSecond * engine.steps * batch;
    const loss = losses.get(engine);
    const equal = loss === undefined ? undefined : Math.abs(loss - expected) <= tolerance * Math.abs(expected);
    allEqual &&= equal ?? true;
    const { threads, gemm, isa } = info();
    const own = engine === results[0].engine ? { threads, gemm, isa } : { ravine_is_faster: Math.round((ours / rate) * 10) / 10 };
    const shown = {
      engine: engine.name,
      workload: name,
      samples_per_s: Math.round(rate),
      loss,
      same_loss: equal,
      note: engine.note,
      ...own,
    };
    console.log(JSON.stringify(shown));
    if (!values.json) console.error(describe(shown));
  }
}

function describe({ engine, workload, samples_per_s, ravine_is_faster, loss, same_loss, note }) {
  const verdict = note ?? `loss ${loss.toFixed(6)}${same_loss ? '' : ' DIFFERENT'}`;
  const ratio = ravine_is_faster === undefined ? '' : `ravine is ${ravine_is_faster}×`;
  return `${workload.padEnd(11)}${engine.padEnd(18)}${samples_per_s.toLocaleString('en').padStart(12)} samples/s  ${ratio.padEnd(18)}${verdict}`;
}
