import type { Dataset } from '../data/dataset.js';
import { Tensor } from '../ir/tensor.js';
import type { LoopResult } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import { Control } from './control.js';
import type { Engine } from './engine.js';
import { logsOf, type Logs } from './logs.js';
import { bindResident, type ResidentRun } from './resident.js';

/** Copies of buffers that a run beside a fit reads in place of the ones that the fit writes. */
export type Copies = ReadonlyMap<SharedBuffer, SharedBuffer>;

/** Loss and metrics over a data set, as evaluation has them. */
export async function evaluateResident(
  engine: Engine,
  dataset: Dataset,
  batchSize: number,
  copies: Copies,
  prefix = '',
): Promise<Logs> {
  const control = Control.like(engine.memory.control);
  const replace = new Map([...copies, [engine.memory.control.buffer, control.buffer]]);
  const run = bindResident(engine, dataset, { mode: 'evaluation', fields: ['x', 'y', 'sampleWeight'], batchSize, replace });
  try {
    const hasLoss = engine.parts.loss !== undefined;
    const result = await runOnce(run, dataset.samples, { metrics: control.metrics(run.step.sums, hasLoss) });
    return logsOf(result.metrics, dataset.samples, hasLoss, engine.parts.metrics, prefix);
  } finally {
    run.dispose();
    control.buffer.native.dispose();
  }
}

/** The network's outputs for every sample: [samples, …]. */
export async function predictResident(
  engine: Engine,
  dataset: Dataset,
  batchSize: number,
  copies: Copies,
  layer?: string,
): Promise<Tensor> {
  const run = bindResident(engine, dataset, { mode: 'prediction', fields: ['x'], batchSize, replace: copies, layer });
  const { dtype, shape } = run.step.prediction;
  const outputBytes = run.output?.native.byteLength ?? 0;
  const rowBytes = outputBytes / run.batchSize;
  const target = SharedBuffer.allocate(rowBytes * dataset.samples);
  try {
    const collect = run.output && { source: run.output.native, sourceOffset: 0, rowBytes, target: target.native };
    await runOnce(run, dataset.samples, { metrics: [], ...(collect && rowBytes > 0 && { collect }) });
    return new Tensor({ dtype, shape: [dataset.samples, ...shape.slice(1)] }, { storage: new BufferStorage(target, 0) });
  } catch (error) {
    target.native.dispose();
    throw error;
  } finally {
    run.dispose();
  }
}

/** Every batch once, in order. */
async function runOnce(
  run: ResidentRun,
  samples: number,
  outputs: Pick<Parameters<ReturnType<typeof addon>['startLoop']>[0], 'metrics' | 'collect'>,
): Promise<LoopResult> {
  const loop = addon().startLoop(
    {
      full: run.full,
      ...(run.last && { last: run.last }),
      parts: run.step.parts,
      samples,
      batchSize: run.batchSize,
      epochs: 1,
      firstBatch: 0,
      firstEpoch: 0,
      firstStep: 0,
      shuffle: false,
      seed: 0,
      indices: { buffer: run.indices.native, byteOffset: 0 },
      ...outputs,
    },
    null,
  );
  const result = await loop.done;
  if (result.fault) throw run.step.program.faultError(result.fault);
  return result;
}
