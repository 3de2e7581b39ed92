// Ours and a peer's training side by side: `npm run bench:peers -- --peer "python torch_train.py eager" [workload …]`.
//
// The peer's command gets a workload's name as its last word and prints a JSON line with `engine` and `samples_per_s`. Each measurement is a
// process of its own; ours and the peer's take turns, so that what else goes on in the machine meets both. A round gives a ratio; the median
// counts, the smallest and largest are the spread. Before, each workload is trained for 50 steps from the peer's weights on the peer's batches
// and has to have the peer's loss at every step that the peer itself repeats; the reference script is run by the peer command's first word, or by --reference.

import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commandLine, fail } from './command-line.mjs';
import { compareLosses, tolerance } from './like.mjs';
import { chosen, median, workloads } from './workloads.mjs';

const run = promisify(execFile);
const usage =
  'npm run bench:peers -- --peer "python torch_train.py eager" [--rounds 5] [--threads N] [--reference "command"] [workload …]';
const { values, positionals } = commandLine(
  usage,
  {
    peer: { type: 'string' },
    reference: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
  ['rounds', 'threads'],
);
if (values.peer === undefined) fail(usage, '--peer is missing');

const threads = String(values.threads);
// Both sides are told the same number of threads by the variables that they read.
const env = { ...process.env, RAVINE_NUM_THREADS: threads, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
process.env.RAVINE_NUM_THREADS = threads;

const own = [process.execPath, fileURLToPath(new URL('train.mjs', import.meta.url)), '--json'];
const peer = words(values.peer);
const reference = values.reference
  ? words(values.reference)
  : /python[0-9.]*$/.test(peer[0])
    ? [peer[0], fileURLToPath(new URL('peers/torch_reference.py', import.meta.url))]
    : undefined;

const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  kernel: release(),
  node: process.version,
  load: loadavg()[0]?.toFixed(2),
  threads,
};
console.error(
  Object.entries(machine)
    .map(([name, value]) => `${name} ${value}`)
    .join(', '),
);
if (!reference) console.error('losses are not compared: --reference gives the command of a reference script');

let allEqual = true;
for (const name of chosen(positionals)) {
  const like = reference ? await compareLosses(name, reference) : undefined;
  allEqual &&= like?.equal ?? true;
  if (like) console.error(`${name.padEnd(12)}${describeLike(like)}`);
  const rounds = [];
  for (let round = 0; round < values.rounds; round++) rounds.push([await measure(own, name), await measure(peer, name)]);
  report(name, rounds, like);
}
process.exit(allEqual ? 0 : 1);

async function measure([program, ...args], name) {
  try {
    const { stdout } = await run(program, [...args, name], { env });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch (error) {
    console.error(`${[program, ...args, name].join(' ')} gave no measurement: ${error.stderr?.trim() || error.message}`);
    process.exit(1);
  }
}

function report(workload, rounds, like) {
  const ratios = rounds.map(([a, b]) => a.samples_per_s / b.samples_per_s);
  const of = (side) => Math.round(median(rounds.map((round) => round[side].samples_per_s)));
  const [[a, b]] = rounds;
  const [ratio, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)].map(
    (value) => Math.round(value * 100) / 100,
  );
  const { floor } = workloads[workload];
  console.log(
    JSON.stringify({
      workload,
      ratio,
      spread: [least, most],
      rounds: ratios.length,
      [a.engine]: of(0),
      [b.engine]: of(1),
      floor,
      ...(like && {
        loss_difference: like.difference,
        loss_dtype: like.dtype,
        steps_compared: Math.min(like.decided, like.steps),
      }),
      threads: Number(threads),
      gemm: a.gemm,
      isa: a.isa,
    }),
  );
  const samples = `${of(0).toLocaleString('en')} against ${of(1).toLocaleString('en')} samples/s`;
  console.error(
    `${workload.padEnd(12)}${ratio}× (${least} to ${most}), ${samples}${ratio < floor ? `, below the floor of ${floor}×` : ''}`,
  );
}

function describeLike({ engine, dtype, decided, steps, own, theirs, difference, equal, float32 }) {
  const when = decided > steps ? `after ${steps} steps` : `before step ${decided}, the last that ${engine} itself repeats,`;
  const shown = `${dtype} loss ${when} ${own?.toFixed(6)}, ${engine} ${theirs?.toFixed(6)}`;
  const verdict = equal
    ? `all equal within ${difference.toExponential(1)}`
    : `DIFFERENT, ${difference.toExponential(1)} > ${tolerance}`;
  const why = float32
    ? ` (float32: ${float32.decided} steps repeat, of ${steps}; the last loss differs by ${float32.noise.toExponential(1)} from itself)`
    : '';
  return `${shown}: ${verdict}${why}`;
}

function words(command) {
  return command.trim().split(/\s+/);
}
