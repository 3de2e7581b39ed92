import type { Dataset } from '../data/dataset.js';
import { StreamDataset } from '../data/stream.js';
import { internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import type { LoopResult, LoopSpec } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import { Control } from './control.js';
import type { Engine } from './engine.js';
import { logsOf, type Logs } from './logs.js';
import type { Prediction } from './prediction.js';
import type { StepProgram } from './programs.js';
import { Ring } from './ring.js';
import { bindResident, type ResidentRun } from './resident.js';
import { checkFields, checkTargets } from './targets.js';

/** Copies of buffers that a run beside a fit reads in place of the ones that the fit writes. */
export type Copies = ReadonlyMap<SharedBuffer, SharedBuffer>;

interface EvaluationOptions {
  /** Samples at once, of data that is resident. */
  readonly batchSize: number;
  readonly copies: Copies;
  readonly prefix?: string;
}

/** Refuses data that does not fit the model's losses and metrics; batches of a stream are checked as they come. */
export function checkEvaluation(where: string, { parts }: Engine, data: Dataset | StreamDataset): void {
  if (data instanceof StreamDataset) checkFields(where, parts.heads, [...data.fields.keys()]);
  else checkTargets(where, parts, data);
}

/** Loss and metrics over a data set, or over one pass of a stream. */
export async function evaluateOn(
  where: string,
  engine: Engine,
  data: Dataset | StreamDataset,
  { batchSize, copies, prefix = '' }: EvaluationOptions,
): Promise<Logs> {
  const control = Control.like(engine.memory.control);
  const replace = new Map([...copies, [engine.memory.control.buffer, control.buffer]]);
  const { columns } = engine.parts;
  const metricsOf = ({ sums }: StepProgram): LoopSpec['metrics'] => control.metrics(sums, columns.means.length);
  try {
    const { result, samples } =
      data instanceof StreamDataset
        ? await passOver(new Ring(engine, data, { where, mode: 'evaluation', replace }), metricsOf)
        : await everyBatch(
            bindResident(engine, data, { mode: 'evaluation', fields: ['x', 'y', 'sampleWeight'], batchSize, replace }),
            metricsOf,
            data.samples,
          );
    return logsOf(result.metrics, samples, columns, prefix);
  } finally {
    control.buffer.native.dispose();
  }
}

interface Evaluated {
  readonly result: LoopResult;
  readonly samples: number;
}

type MetricsOf = (step: StepProgram) => LoopSpec['metrics'];

async function everyBatch(run: ResidentRun, metricsOf: MetricsOf, samples: number): Promise<Evaluated> {
  try {
    return { result: await runOnce(run, samples, { metrics: metricsOf(run.step) }), samples };
  } finally {
    run.dispose();
  }
}

async function passOver(ring: Ring, metricsOf: MetricsOf): Promise<Evaluated> {
  try {
    const feed = ring.createFeed();
    const metrics = metricsOf(ring.full);
    const loop = addon().startLoop({ ...ring.loop(feed), firstEpoch: 0, firstStep: 0, seed: 0, metrics }, null);
    const [{ samples, error, failed }, result] = await Promise.all([ring.feed(feed, loop), loop.done]);
    if (result.fault) throw ring.full.program.faultError(result.fault);
    if (failed) throw error;
    return { result, samples };
  } finally {
    ring.dispose();
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
