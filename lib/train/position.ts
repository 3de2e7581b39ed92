import { crc32 } from 'node:zlib';
import type { Dataset, Field } from '../data/dataset.js';
import { RavineError } from '../errors.js';
import { bytesOf, dtypes } from '../dtype.js';
import { formatType, sizeOf } from '../shape.js';
import { storageOf } from '../runtime/storage.js';
import type { Logs } from './logs.js';
import type { ResolvedFit } from './options.js';

/** How far a model has come. A later fit goes on from here. */
export interface Position {
  /** Whole epochs. */
  epoch: number;
  /** Batches of an unfinished epoch, and their sums of loss and metrics. */
  batch: number;
  sums: readonly number[];
  step: number;
  /** The last fit, unless it came to its end: it can be resumed. */
  fit: FitBegun | undefined;
  /** Of every epoch that ended. */
  readonly logs: Logs[];
  /** While the last epoch is validated: settles when its logs are there. */
  validated?: Promise<unknown>;
}

/** Where a fit began, and what has to be the same for it to go on as if it had not been interrupted. */
export interface FitBegun {
  readonly epoch: number;
  readonly step: number;
  /** Epochs logged before it. */
  readonly logged: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export function start(): Position {
  return { epoch: 0, batch: 0, sums: [], step: 0, fit: undefined, logs: [] };
}

/** Takes up the fit that was interrupted, or begins a new one at the next whole epoch. */
export function beginFit(position: Position, resume: boolean, facts: FitBegun['facts']): FitBegun {
  if (resume) return resumed(position, facts);
  skipRest(position);
  return (position.fit = { epoch: position.epoch, step: position.step, logged: position.logs.length, facts });
}

/** Leaves an unfinished epoch behind. */
export function skipRest(position: Position): void {
  if (position.batch > 0) position.epoch++;
  position.batch = 0;
  position.sums = [];
}

function resumed({ fit }: Position, facts: FitBegun['facts']): FitBegun {
  if (!fit)
    throw new RavineError('option', 'fit', 'expected a fit that was interrupted before, to resume it', {
      help: 'leave resume out to train on',
    });
  const other = Object.keys(facts).find((name) => facts[name] !== fit.facts[name]);
  if (other === undefined) return fit;
  throw new RavineError(
    'option',
    'fit',
    `expected ${other} ${String(fit.facts[other])} as in the fit that is resumed, got ${String(facts[other])}`,
    { help: 'leave resume out to train on from the next epoch' },
  );
}

/** What decides which samples each step sees, in which order, and what is added up of them. */
export function factsOf(
  { batchSize, accumulate, chunkSize, shuffle, dropLast, seed }: ResolvedFit,
  dataset: Dataset,
  logs: readonly string[],
): FitBegun['facts'] {
  const fields = [...dataset.fields.values()];
  return {
    batchSize,
    accumulate,
    ...(batchSize === 'all' && { chunkSize }),
    shuffle,
    dropLast,
    seed,
    logs: logs.join(', '),
    data: `${fields.map((field) => `${field.name} ${formatType({ dtype: field.dtype, shape: [dataset.samples, ...field.shape] })}`).join(', ')} with the checksum ${fingerprint(fields)}`,
  };
}

/** Of the first and the last sample, or entry of sparse rows: enough to tell data sets of one shape apart, at no cost. */
function fingerprint(fields: readonly Field[]): string {
  let sum = 0;
  for (const tensor of fields.flatMap((field) => [field.tensor, ...Object.values(field.sparse ?? {})])) {
    const { buffer, byteOffset } = storageOf(tensor);
    const { dtype } = tensor;
    const row = new dtypes[dtype].array(sizeOf(tensor.shape.slice(1)));
    const samples = tensor.shape[0] ?? 0;
    for (const sample of row.length > 0 && samples > 0 ? [0, samples - 1] : []) {
      buffer.native.read(row, byteOffset + sample * row.length * bytesOf(dtype));
      sum = crc32(new Uint8Array(row.buffer), sum);
    }
  }
  return sum.toString(16).padStart(8, '0');
}
