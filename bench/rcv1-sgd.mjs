// Workload rcv1-sgd: linear models on a synthetic corpus of RCV1's shape, straight from sparse rows on one thread.
//
// Seconds of an epoch of log loss and of hinge, and seconds of training until the test error is within 1 % of the best that anyone reaches. Loading is
// excluded for all. With a peer, a Python that has scikit-learn and LIBLINEAR's library, an epoch of ours and one of SGDClassifier take turns, and LIBLINEAR
// trains from scratch to a coarse and to its standard tolerance.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { info, readSvmlight, SparseLinear } from '../dist/index.js';
import { corpus, shape } from './rcv1-corpus.mjs';
import { median } from './workloads.mjs';

/** Bottou's penalties for the two losses; LIBLINEAR's solver of the same loss: 0 the primal of the logistic one, 3 the dual of the hinge. */
const losses = { log: { alpha: 5e-7, solver: 0 }, hinge: { alpha: 1e-5, solver: 3 } };
const tolerances = [0.1, 0.01];

/** One line for both losses. `peer`: the command of a Python, by which scikit-learn and LIBLINEAR are measured as well. */
export async function measureRcv1({ rows = shape.train, epochs = 8, peer: command } = {}) {
  const files = corpus({ train: rows });
  const [train, test] = await Promise.all(
    [files.train, files.test].map((path) => readSvmlight(path, { columns: shape.columns, cache: true })),
  );
  console.error(await statistics(train, test));
  const peer = command === undefined ? undefined : await startPeer(command, files);
  const results = {};
  for (const loss of Object.keys(losses)) results[loss] = await measureLoss(loss, { train, test, epochs, peer });
  peer?.end();
  return { rows, epochs, ...results, ...(peer && { peers: peer.versions }), threads: 1, isa: info().isa };
}

/** [median, least, most] of the seconds of an epoch, without the first, and seconds to the best error. */
async function measureLoss(loss, { train, test, epochs, peer }) {
  const { alpha, solver } = losses[loss];
  const rows = train.x.rows;
  const ours = { sgd: new SparseLinear({ loss, alpha }), averaged: new SparseLinear({ loss, alpha, average: rows }) };
  const curves = { sgd: [], averaged: [], ...(peer && { sklearn: [] }) };
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [name, model] of Object.entries(ours)) {
      const { seconds } = await model.partialFit(train.x, train.y, { classes: [-1, 1], seed: 1 });
      curves[name].push({ seconds, error: 1 - (await model.evaluate(test.x, test.y)).accuracy });
    }
    if (peer) curves.sklearn.push(await peer.ask(`sklearn ${loss} ${alpha}`));
  }
  const runs = [];
  for (const eps of peer ? tolerances : []) runs.push(await peer.ask(`liblinear ${solver} ${1 / (alpha * rows)} ${eps}`));
  const best = Math.min(...[...Object.values(curves).flat(), ...runs].map(({ error }) => error));
  const enough = best * 1.01;
  const first = runs.find(({ error }) => error <= enough);
  return {
    epoch_s: mapValues(curves, (curve) => spread(curve.slice(curve.length > 1 ? 1 : 0).map(({ seconds }) => seconds))),
    best_error: round(best),
    seconds_to_best: {
      ...mapValues(curves, (curve) => reached(curve, enough)),
      ...(first && { liblinear: round(first.seconds) }),
    },
    errors: mapValues(curves, (curve) => curve.map(({ error }) => round(error))),
    ...(peer && {
      liblinear: runs.map(({ seconds, error }, i) => ({ solver, eps: tolerances[i], seconds: round(seconds), error })),
    }),
  };
}

export function printRcv1({ rows, isa, ...result }) {
  for (const loss of Object.keys(losses)) {
    const { epoch_s, seconds_to_best, best_error } = result[loss];
    console.error(`rcv1-sgd, ${loss}: ${rows} documents, best test error ${(100 * best_error).toFixed(2)} %, ${isa}`);
    for (const [name, [middle, least, most]] of Object.entries(epoch_s))
      console.error(
        `  ${name.padEnd(10)} ${middle} s an epoch (${least} to ${most}), ${seconds_to_best[name] ?? '–'} s to the best`,
      );
    if (seconds_to_best.liblinear !== undefined) console.error(`  liblinear  ${seconds_to_best.liblinear} s to the best`);
  }
}

/** Seconds of training until the error was that low for the first time; null: never. */
function reached(curve, error) {
  const end = curve.findIndex((point) => point.error <= error);
  return end < 0 ? null : round(curve.slice(0, end + 1).reduce((sum, { seconds }) => sum + seconds, 0));
}

async function statistics(train, test) {
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
async function startPeer(command, files) {
  const script = fileURLToPath(new URL('peers/rcv1_peers.py', import.meta.url));
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const child = spawn(command, [script, files.train, files.test], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = new Promise((_, reject) => child.once('error', reject));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error(`the peer ${command} ended`);
    return JSON.parse(value);
  };
  return {
    versions: await next(),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}

function spread(numbers) {
  return [median(numbers), Math.min(...numbers), Math.max(...numbers)].map(round);
}

function mapValues(record, f) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}

function round(number) {
  return Number(number.toPrecision(4));
}
