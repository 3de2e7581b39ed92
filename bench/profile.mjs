// Where a step's time goes: `node bench/profile.mjs [workload …] [--threads N]`. Every instruction of the training program runs as a part of its own, step
// after step; the table gives the median microseconds of each. A call from JavaScript costs some 0.3 µs of it.

import { parseArgs } from 'node:util';
import { setThreads } from '../dist/index.js';
import { addon } from '../dist/runtime/native.js';
import { bindResident } from '../dist/train/resident.js';
import { Engine } from '../dist/train/engine.js';
import { chosen, makeData, makeModel, median, samples, workloads } from './workloads.mjs';
import { losses, optim } from '../dist/index.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { threads: { type: 'string' } } });
if (values.threads !== undefined) setThreads(Number(values.threads));
const optimizers = {
  sgd: () => optim.sgd({ learningRate: 0.1 }),
  momentum: () => optim.sgd({ learningRate: 0.05, momentum: 0.9 }),
  adam: () => optim.adam(),
};

for (const name of chosen(positionals)) profile(name);

function profile(name) {
  const { batch, optimizer, ...workload } = workloads[name];
  const { network } = makeModel({ ...workload, optimizer });
  const engine = new Engine({ network, loss: losses.softmaxCrossEntropy(), optimizer: optimizers[optimizer](), metrics: [] }, 0);
  const restore = splitPrograms();
  const run = bindResident(engine, makeData(workload), { mode: 'training', fields: ['x', 'y'], batchSize: batch });
  restore();
  const { instructions } = run.step.program;
  const times = measure(run, instructions.length, batch);
  const rows = instructions.map(({ kernel, origin }, part) => ({ kernel, origin, time: times[part] }));
  const total = rows.reduce((sum, { time }) => sum + time, 0);
  console.log(`\n${name}: ${total.toFixed(1)} µs`);
  for (const { kernel, origin, time } of rows)
    console.log(
      `${time.toFixed(2).padStart(10)} ${((100 * time) / total).toFixed(1).padStart(5)} %  ${kernel.padEnd(22)} ${origin}`,
    );
}

/** Median microseconds of each part over many steps on random batches. */
function measure(run, parts, batch) {
  const times = Array.from({ length: parts }, () => []);
  const started = performance.now();
  while (times[0].length < 5 || (performance.now() - started < 500 && times[0].length < 2000)) {
    run.indices.native.write(
      Int32Array.from({ length: batch }, () => Math.floor(Math.random() * samples)),
      0,
    );
    for (let part = 0; part < parts; part++) {
      const begin = performance.now();
      run.full.run(part);
      times[part].push((performance.now() - begin) * 1000);
    }
  }
  return times.map(median);
}

/** Programs are loaded with each instruction as a part of its own. Header: version, values, instructions, parts, slots; then slots; then the parts' ends. */
function splitPrograms() {
  const native = addon();
  const { createProgram } = native;
  native.createProgram = (code) => {
    const [, , instructions, parts, slots] = code;
    const head = [...code.slice(0, 5)];
    head[3] = instructions;
    const endsAt = 5 + 2 * slots;
    const ends = Array.from({ length: instructions }, (_, i) => i + 1);
    return createProgram.call(
      native,
      Float64Array.from([...head, ...code.slice(5, endsAt), ...ends, ...code.slice(endsAt + parts)]),
    );
  };
  return () => (native.createProgram = createProgram);
}
