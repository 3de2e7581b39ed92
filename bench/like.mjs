// Like with like: from the peer's initial weights, on the peer's batches in the peer's order, the losses have to be the peer's.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inputShape, makeModel, samples, workloads } from './workloads.mjs';

const steps = 50;
/** Of the loss, relative. */
export const tolerance = 1e-4;

/**
 * Both sides' mean loss over 50 steps and the first batch's loss after them, in float32. Some trainings amplify rounding beyond the tolerance: where the
 * peer's own loss moves by more than that when only the order of rows in a batch changes, float32 can decide nothing, and both train in float64.
 * `command`: words that run the reference script.
 */
export async function compareLosses(name, command) {
  const single = await compareIn('float32', name, command);
  return single.noise <= tolerance ? single : { ...(await compareIn('float64', name, command)), float32: single };
}

async function compareIn(dtype, name, command) {
  const folder = await mkdtemp(join(tmpdir(), 'ravine-like-'));
  try {
    const workload = { ...workloads[name], dtype };
    const [program, ...args] = [...command, JSON.stringify({ ...workload, samples, steps }), folder];
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26 });
    const { engine, noise, ...theirs } = JSON.parse(stdout.trim().split('\n').at(-1));
    const own = await trainLike(workload, folder);
    const difference = Math.max(...['mean', 'after'].map((key) => Math.abs(own[key] - theirs[key]) / Math.abs(theirs[key])));
    return { engine, dtype, own, theirs, noise, difference, equal: difference <= tolerance };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function trainLike(workload, folder) {
  const { batch, dtype } = workload;
  const shape = inputShape(workload);
  const features = shape.reduce((all, length) => all * length, 1);
  const [x, y, order] = await Promise.all(['x', 'y', 'order'].map((name) => readFile(join(folder, `${name}.bin`))));
  const { rows, labels } = inOrder(floats(x), integers(y), integers(order), features);
  const model = makeModel(workload);
  await model.load(join(folder, 'weights.safetensors'));
  const count = order.byteLength / 4;
  const data = { x: { data: rows, shape: [count, ...shape], dtype }, y: labels };
  const { logs } = await model.fit(data, { epochs: 1, batchSize: batch, shuffle: false });
  const first = {
    x: { data: rows.subarray(0, batch * features), shape: [batch, ...shape], dtype },
    y: labels.subarray(0, batch),
  };
  const { loss } = await model.evaluate(first);
  return { mean: logs.loss[0], after: loss };
}

/** The samples as the steps take them, one after the other. */
function inOrder(x, y, order, features) {
  const rows = new Float32Array(order.length * features);
  order.forEach((sample, i) => rows.set(x.subarray(sample * features, (sample + 1) * features), i * features));
  return { rows, labels: order.map((sample) => y[sample]) };
}

function floats(bytes) {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function integers(bytes) {
  return new Int32Array(Uint8Array.from(bytes).buffer);
}
