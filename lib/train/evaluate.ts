import type { Dataset } from '../data/dataset.js';
import { internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import type { LoopResult } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import { Control } from './control.js';
import type { Engine } from './engine.js';
import { logsOf, type Logs } from './logs.js';
import type { Prediction } from './prediction.js';
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
    const { columns } = engine.parts;
    const result = await runOnce(run, dataset.samples, { metrics: control.metrics(run.step.sums, columns.means.length) });
    return logsOf(result.metrics, dataset.samples, columns, prefix);
  } finally {
    run.dispose();
    control.buffer.native.dispose();
  }
}

/** The network's outputs for every sample: [samples, …], or several by name. */
export async function predictResident(
  engine: Engine,
  dataset: Dataset,
  batchSize: number,
  copies: Copies,
  layer?: string,
): Promise<Prediction> {
  const run = bindResident(engine, dataset, { mode: 'prediction', fields: ['x'], batchSize, replace: copies, layer });
  const { samples } = dataset;
  const collected = run.outputs.map(({ native }) => {
    const rowBytes = native.byteLength / run.batchSize;
    return { source: native, sourceOffset: 0, rowBytes, target: SharedBuffer.allocate(rowBytes * samples) };
  });
  try {
    const collect = collected.filter(({ rowBytes }) => rowBytes > 0).map((rows) => ({ ...rows, target: rows.target.native }));
    await runOnce(run, samples, { metrics: [], collect });
  } catch (error) {
    for (const { target } of collected) target.native.dispose();
    throw error;
  } finally {
    run.dispose();
  }
  const tensors = collected.map(({ target }, i): readonly [string | undefined, Tensor] => {
    const output = run.step.outputs[i];
    internal(output !== undefined, 'rows without an output');
    const { dtype, shape } = output.type;
    return [output.name, new Tensor({ dtype, shape: [samples, ...shape.slice(1)] }, { storage: new BufferStorage(target, 0) })];
  });
  const [[name, only] = []] = tensors;
  if (name === undefined && only) return only;
  return Object.fromEntries<Tensor>(tensors.map(([key = '', tensor]) => [key, tensor]));
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
