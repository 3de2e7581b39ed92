// Like with like: from the peer's initial weights, on the peer's batches in the peer's order, the losses have to be the peer's.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inputShape, makeModel, samples, workloads } from './workloads.mjs';

const steps = 50;
/** Of each step's loss, relative. */
export const tolerance = 1e-4;
/** Fewer steps than that say nothing. */
const fewest = 10;

/**
 * Both sides' losses before each of 50 steps and the first batch's after them, in float32. Some trainings amplify rounding beyond the tolerance: where the
 * peer's own losses move by more than a tenth of it when only the order of rows in a batch changes, float32 decides nothing, and both train in float64.
 * There too only the leading steps count in which the peer agrees with itself. `command`: words that run the reference script.
 */
export async function compareLosses(name, command) {
  const single = await compareIn('float32', name, command);
  return single.decided === steps + 1 ? single : { ...(await compareIn('float64', name, command)), float32: single };
}

async function compareIn(dtype, name, command) {
  const folder = await mkdtemp(join(tmpdir(), 'ravine-like-'));
  try {
    const workload = { ...workloads[name], dtype };
    const [program, ...args] = [...command, JSON.stringify({ ...workload, samples, steps }), folder];
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26 });
    const { engine, losses, again } = JSON.parse(stdout.trim().split('\n').at(-1));
    const own = await trainLike(workload, folder);
    const [noise, differences] = [again, own].map((side) =>
      side.map((loss, i) => Math.abs(loss - losses[i]) / Math.abs(losses[i])),
    );
    const unsure = noise.findIndex((value) => !(value <= tolerance / 10));
    const decided = unsure < 0 ? noise.length : unsure;
    const last = Math.max(0, decided - 1);
    const difference = Math.max(...differences.slice(0, decided));
    const equal = decided >= fewest && difference <= tolerance;
    return { engine, dtype, decided, steps, own: own[last], theirs: losses[last], noise: Math.max(...noise), difference, equal };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The losses before each step, and of the first batch after the last. */
async function trainLike(workload, folder) {
  const { batch, dtype } = workload;
  const shape = [batch, ...inputShape(workload)];
  const [x, y, order] = await Promise.all(['x', 'y', 'order'].map((name) => readFile(join(folder, `${name}.bin`))));
  const batches = inBatches(floats(x), integers(y), integers(order), shape);
  const model = makeModel(workload);
  await model.load(join(folder, 'weights.safetensors'));
  const all = [];
  for (const { rows, labels } of batches) {
    const { logs } = await model.fit(
      { x: { data: rows, shape, dtype }, y: labels },
      { epochs: 1, batchSize: batch, shuffle: false },
    );
    all.push(logs.loss[0]);
  }
  const [{ rows, labels }] = batches;
  const { loss } = await model.evaluate({ x: { data: rows, shape, dtype }, y: labels });
  return [...all, loss];
}

/** The samples of each step. */
function inBatches(x, y, order, [batch, ...shape]) {
  const features = shape.reduce((all, length) => all * length, 1);
  return Array.from({ length: order.length / batch }, (_, step) => {
    const chosen = order.subarray(step * batch, (step + 1) * batch);
    const rows = new Float32Array(batch * features);
    chosen.forEach((sample, i) => rows.set(x.subarray(sample * features, (sample + 1) * features), i * features));
    return { rows, labels: Int32Array.from(chosen, (sample) => y[sample]) };
  });
}

function floats(bytes) {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function integers(bytes) {
  return new Int32Array(Uint8Array.from(bytes).buffer);
}
