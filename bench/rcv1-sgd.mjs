// Workload rcv1-sgd: linear models on a synthetic corpus of RCV1's shape, straight from sparse rows on one thread.
// `node bench/rcv1-sgd.mjs [--rows N] [--epochs N] [--loss log|hinge] [--peer python3 [--solver N]]`.
//
// Loading is excluded for all. An epoch of ours and one of scikit-learn's SGDClassifier take turns; LIBLINEAR trains once (solver 0: the primal logistic
// regression). One JSON line a loss: seconds an epoch, and seconds to within 1 % of the best test error that anyone reached.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { info, readSvmlight, SparseLinear } from '../dist/index.js';
import { commandLine, fail } from './command-line.mjs';
import { corpus, shape } from './rcv1-corpus.mjs';
import { median, version } from './workloads.mjs';

const usage = 'node bench/rcv1-sgd.mjs [--rows N] [--epochs N] [--loss log|hinge] [--peer python3 [--solver N]]';
const { values } = commandLine(
  usage,
  {
    rows: { type: 'string', default: String(shape.train) },
    epochs: { type: 'string', default: '8' },
    loss: { type: 'string' },
    peer: { type: 'string' },
    solver: { type: 'string' },
  },
  ['rows', 'epochs'],
);
/** Bottou's penalties for the two losses; LIBLINEAR's primal solver of the same loss: 0 logistic, 3 the dual of the hinge. */
const losses = { log: { alpha: 5e-7, solver: 0 }, hinge: { alpha: 1e-5, solver: 3 } };
if (values.loss !== undefined && !(values.loss in losses)) fail(usage, `--loss takes log or hinge, got '${values.loss}'`);

const files = corpus({ train: values.rows });
const [train, test] = await Promise.all(
  [files.train, files.test].map((path) => readSvmlight(path, { columns: shape.columns, cache: true })),
);
console.error(await statistics());
const peer = values.peer === undefined ? undefined : await startPeer(values.peer);
for (const name of values.loss === undefined ? Object.keys(losses) : [values.loss])
  console.log(JSON.stringify(await measure(name)));
peer?.end();

async function measure(loss) {
  const { alpha } = losses[loss];
  const ours = { plain: new SparseLinear({ loss, alpha }), averaged: new SparseLinear({ loss, alpha, average: values.rows }) };
  const curves = { plain: [], averaged: [], sklearn: [] };
  for (let epoch = 0; epoch < values.epochs; epoch++) {
    for (const [name, model] of Object.entries(ours)) {
      const { seconds } = await model.partialFit(train.x, train.y, { classes: [-1, 1], seed: 1 });
      curves[name].push({ seconds, error: 1 - (await model.evaluate(test.x, test.y)).accuracy });
    }
    if (peer) curves.sklearn.push(await peer.ask(`sklearn ${loss} ${alpha}`));
  }
  const solver = values.solver ?? losses[loss].solver;
  const liblinear = peer && (await peer.ask(`liblinear ${solver} ${1 / (alpha * values.rows)} 0.01`));
  const best = Math.min(...Object.values(curves).flatMap((curve) => curve.map(({ error }) => error)), liblinear?.error ?? 1);
  const epochSeconds = (curve) => (curve.length > 0 ? round(median(curve.slice(1).map(({ seconds }) => seconds))) : undefined);
  return {
    engine: `ravine-${version}`,
    workload: 'rcv1-sgd',
    loss,
    rows: values.rows,
    epoch_s: {
      ravine: epochSeconds(curves.plain),
      averaged: epochSeconds(curves.averaged),
      sklearn: epochSeconds(curves.sklearn),
    },
    best_error: best,
    seconds_to_best: Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, reached(curve, best * 1.01)])),
    errors: Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, curve.map(({ error }) => round(error))])),
    liblinear: liblinear && { solver: Number(solver), seconds: round(liblinear.seconds), error: liblinear.error },
    isa: info().isa,
  };
}

/** Seconds of training until the error was that low for the first time; undefined: never. */
function reached(curve, error) {
  const end = curve.findIndex((point) => point.error <= error);
  return end < 0 ? undefined : round(curve.slice(0, end + 1).reduce((sum, { seconds }) => sum + seconds, 0));
}

async function statistics() {
  const frequencies = (await train.x.documentFrequencies()).sort((a, b) => b - a);
  const head = frequencies.subarray(0, 4096).reduce((sum, count) => sum + count, 0);
  const positive = train.y.reduce((sum, label) => sum + (label > 0 ? 1 : 0), 0);
  return (
    `${train.x.rows} + ${test.x.rows} documents, ${train.x.columns} words (${frequencies.findLastIndex((count) => count > 0) + 1} seen), ` +
    `${(train.x.entries / train.x.rows).toFixed(1)} a document, the 4,096 most common are ${((100 * head) / train.x.entries).toFixed(0)} % of all; ` +
    `${((100 * positive) / train.x.rows).toFixed(1)} % positive; ${(train.x.bytes / 1e6).toFixed(0)} MB`
  );
}

/** The Python process that has loaded the same files. */
async function startPeer(command) {
  const script = fileURLToPath(new URL('peers/rcv1_peers.py', import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const child = spawn(command, [script, files.train, files.test], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) fail(usage, `the peer ${command} ended`);
    return JSON.parse(value);
  };
  console.error(JSON.stringify(await next()));
  return {
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}

function round(number) {
  return Number(number.toPrecision(4));
}
