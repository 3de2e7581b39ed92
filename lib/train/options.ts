import { RavineError } from '../errors.js';
import { boolean, checkNames, checkSignal, nonNegativeInteger, optionalFunction, positiveInteger } from '../options.js';
import type { Logs } from './logs.js';
import type { Trainable } from './sources.js';

/** Where a fit stands, some fifty milliseconds apart at the least. */
export interface Progress {
  /** The running epoch, counted from 1 in this fit, and how many there will be. */
  readonly epoch: number;
  readonly epochs: number;
  /** Finished batches of the epoch; `batches` is undefined for a stream. */
  readonly batch: number;
  readonly batches: number | undefined;
  /** Steps of the model, counted from its first. */
  readonly step: number;
  /** Loss and metrics of the epoch so far. */
  readonly logs: Logs;
  readonly samplesPerSecond: number;
}

export interface EpochEnd {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly logs: Logs;
  /** Logs of all epochs of the fit so far, these the last; also of those before it was interrupted. */
  readonly history: readonly Logs[];
}

export interface FitOptions {
  /** Passes over the data; 1 unless given. */
  readonly epochs?: number;
  /** Exactly that many steps instead, going on through epochs. */
  readonly steps?: number;
  /** Samples a batch; 32 unless given. 'all': a step is the whole data set, gradient descent proper. */
  readonly batchSize?: number | 'all';
  /**
   * Batches a step: their gradients are added up, weighted by samples, and applied once, so that a step is that of a batch so many times as large. What an
   * epoch leaves unfinished is applied at its end. Default 1. Batch norm has its statistics from each batch alone, and so differs from the large batch.
   */
  readonly accumulate?: number;
  /** With batchSize 'all': samples at once, 4096 unless given. Changes no result but rounding. */
  readonly chunkSize?: number;
  /** Evaluated at the end of each epoch, a stream in one pass; its logs begin with `val_`. */
  readonly validation?: Trainable;
  /** A new random permutation each epoch; true unless given, and of no use with batchSize 'all'. */
  readonly shuffle?: boolean;
  /** Leaves out the short batch at an epoch's end; false unless given. */
  readonly dropLast?: boolean;
  /** Keys permutations and dropout; the model's seed unless given. */
  readonly seed?: number;
  /** Goes on where the last fit was interrupted, also within an epoch, with the same options and data. `epochs` and `steps` count from that fit's first. */
  readonly resume?: boolean;
  /** Ends the fit after the running step: it rejects with an AbortError. */
  readonly signal?: AbortSignal;
  /** Called now and then; never awaited, and training does not wait for it. */
  readonly onProgress?: (progress: Progress) => void;
  /** Awaited at the end of each epoch; training pauses. Returning false ends the fit. */
  readonly onEpochEnd?: (end: EpochEnd) => unknown;
}

const fitNames: readonly (keyof FitOptions)[] = [
  ...([
    'epochs',
    'steps',
    'batchSize',
    'accumulate',
    'chunkSize',
    'validation',
    'shuffle',
    'dropLast',
    'seed',
    'resume',
    'signal',
    'onProgress',
    'onEpochEnd',
  ] as const),
];

export interface ResolvedFit extends FitOptions {
  readonly epochs: number;
  readonly batchSize: number | 'all';
  readonly accumulate: number;
  readonly chunkSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly resume: boolean;
}

export function resolveFit(options: FitOptions | undefined, modelSeed: number): ResolvedFit {
  checkNames('fit', options, fitNames);
  const given = options ?? {};
  if (given.steps !== undefined) positiveInteger('fit', 'steps', given.steps);
  if (given.steps !== undefined && given.epochs !== undefined)
    throw new RavineError('option', 'fit', 'expected either epochs or steps, got both');
  checkSignal('fit', given.signal);
  optionalFunction('fit', 'onProgress', given.onProgress);
  optionalFunction('fit', 'onEpochEnd', given.onEpochEnd);
  const isAll = given.batchSize === 'all';
  if (isAll && (given.accumulate !== undefined || given.dropLast === true))
    throw new RavineError('option', 'fit', "expected batchSize 'all' without accumulate or dropLast, got both");
  if (!isAll && given.chunkSize !== undefined)
    throw new RavineError('option', 'fit', "expected chunkSize with batchSize 'all'", { help: 'see accumulate' });
  return {
    ...given,
    epochs: given.steps === undefined ? positiveInteger('fit', 'epochs', given.epochs ?? 1) : Number.MAX_SAFE_INTEGER,
    batchSize: isAll ? 'all' : positiveInteger('fit', 'batchSize', given.batchSize ?? 32),
    accumulate: positiveInteger('fit', 'accumulate', given.accumulate ?? 1),
    chunkSize: positiveInteger('fit', 'chunkSize', given.chunkSize ?? 4096),
    shuffle: boolean('fit', 'shuffle', given.shuffle ?? !isAll),
    dropLast: boolean('fit', 'dropLast', given.dropLast ?? false),
    seed: nonNegativeInteger('fit', 'seed', given.seed ?? modelSeed),
    resume: boolean('fit', 'resume', given.resume ?? false),
  };
}

/** How a step is made of batches. */
export interface Batching {
  readonly batchSize: number;
  /** Batches a step, and the samples of a whole one. */
  readonly batches: number;
  readonly samples: number;
}

export function batchingOf({ batchSize, accumulate, chunkSize }: ResolvedFit, samples: number): Batching {
  const size = Math.min(batchSize === 'all' ? chunkSize : batchSize, samples);
  const batches = batchSize === 'all' ? Math.ceil(samples / size) : accumulate;
  return { batchSize: size, batches, samples: Math.min(size * batches, samples) };
}
