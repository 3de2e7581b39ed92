import { AbortError, DivergenceError, RavineError } from '../errors.js';
import type { LoopProgress, LoopResult, LoopSpec, NativeLoop } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import type { Dataset } from '../data/dataset.js';
import type { Engine } from './engine.js';
import { HistoryBuilder, logsOf, type History, type Logs } from './logs.js';
import { batchingOf, type Batching, type ResolvedFit } from './options.js';
import { accumulation } from './programs.js';
import { bindResident, type ResidentRun } from './resident.js';
import { followsLogs, scalarTable, type Scalars } from './scalars.js';

/** How far a model has come: whole epochs, batches of an unfinished one, steps. A later fit goes on from here. */
export interface Position {
  epoch: number;
  batch: number;
  step: number;
  /** Where the aborted fit began, if one was. */
  interruptedFrom: number | undefined;
  /** Of every epoch that ended. */
  readonly logs: Logs[];
}

export interface FitContext {
  readonly engine: Engine;
  readonly position: Position;
  readonly options: ResolvedFit;
  /** Tells the model which native loop runs, so that others can ask for copies of the parameters. */
  readonly onLoop: (loop: NativeLoop | undefined) => void;
  readonly validate: () => Promise<Logs>;
}

/** Rows of scalars worked out for one native call: 8,192 steps of a schedule, a few milliseconds of JavaScript. */
const mostRows = 8192;

/** Trains on a resident data set, a native call an epoch, or for many epochs where nothing happens between them. */
export async function fitResident(context: FitContext, dataset: Dataset): Promise<History> {
  const { engine, options } = context;
  const batching = batchingOf(options, dataset.samples);
  const run = bindResident(engine, dataset, {
    mode: 'training',
    fields: ['x', 'y', 'sampleWeight'],
    batchSize: options.dropLast && options.batchSize !== 'all' ? options.batchSize : batching.batchSize,
    dropLast: options.dropLast,
    ...(batching.batches > 1 && { stepSamples: batching.samples }),
  });
  try {
    return await new Fit(context, run, dataset.samples, batching).run();
  } finally {
    run.dispose();
    context.onLoop(undefined);
  }
}

class Fit {
  readonly #history = new HistoryBuilder();
  readonly #firstEpoch: number;
  readonly #lastEpoch: number;
  private readonly position: Position;
  readonly #followsLogs: boolean;

  constructor(
    private readonly context: FitContext,
    private readonly resident: ResidentRun,
    private readonly samples: number,
    private readonly batching: Batching,
  ) {
    const { options, position } = context;
    this.position = position;
    if (options.resume && position.interruptedFrom === undefined)
      throw new RavineError('option', 'fit', 'expected a fit that was aborted before, to resume it', {
        help: 'leave resume out to train on',
      });
    if (!options.resume && position.batch > 0) {
      position.epoch++;
      position.batch = 0;
    }
    this.#firstEpoch = options.resume ? (position.interruptedFrom ?? position.epoch) : position.epoch;
    this.#lastEpoch = options.steps === undefined ? this.#firstEpoch + options.epochs : Infinity;
    position.interruptedFrom = undefined;
    this.#followsLogs = followsLogs(context.engine, position);
  }

  async run(): Promise<History> {
    const { options } = this.context;
    const stepsAtStart = this.position.step;
    const stepsLeft = (): number => (options.steps ?? Infinity) - (this.position.step - stepsAtStart);
    while (this.#isUnfinished(stepsLeft())) await this.#runCall(stepsLeft());
    return this.#history.finish();
  }

  /** One native call: its epochs, their logs, what is to happen between them. */
  async #runCall(stepsLeft: number): Promise<void> {
    const { options, engine } = this.context;
    const { position } = this;
    const epochs = this.#epochsPerCall(stepsLeft);
    const { stepsPerEpoch } = this;
    const done = this.#stepsOf(position.batch);
    const steps = Math.min(stepsLeft, epochs * stepsPerEpoch - done);
    const scalars = scalarTable(engine, position, { stepsPerEpoch, steps, done });
    const loop = this.#start(this.#spec(epochs, steps, scalars.table));
    const result = await this.#follow(loop);
    await this.#record(result, scalars);
    if (result.fault) throw this.#faultError(result, scalars);
    if (options.signal?.aborted && this.#isUnfinished(stepsLeft - result.steps)) {
      position.interruptedFrom = this.#firstEpoch;
      throw new AbortError('fit', position.step, options.signal.reason);
    }
  }

  #isUnfinished(stepsLeft: number): boolean {
    return this.position.epoch < this.#lastEpoch && stepsLeft > 0 && !this.#history.stopped;
  }

  /** Epochs of tiny data sets run many to a call, unless something has to happen after each. */
  #epochsPerCall(stepsLeft: number): number {
    const { options } = this.context;
    const { stepsPerEpoch, position } = this;
    if (options.onEpochEnd || options.validation || this.#followsLogs) return 1;
    const ends = Math.ceil((stepsLeft + this.#stepsOf(position.batch)) / stepsPerEpoch);
    const wanted = Math.min(this.#lastEpoch - position.epoch, ends);
    return Math.max(1, Math.min(wanted, Math.floor(mostRows / stepsPerEpoch)));
  }

  /** Steps that so many batches of an epoch make. */
  #stepsOf(batches: number): number {
    return Math.ceil(batches / this.batching.batches);
  }

  get stepsPerEpoch(): number {
    return this.#stepsOf(this.resident.batches);
  }

  #spec(epochs: number, steps: number, table: Float64Array): LoopSpec {
    const { engine, options } = this.context;
    const { resident, position, batching } = this;
    const { control } = engine.memory;
    return {
      ...accumulation(resident.step, batching, control),
      full: resident.full,
      ...(resident.last && { last: resident.last }),
      parts: resident.step.parts,
      samples: this.samples,
      batchSize: resident.batchSize,
      epochs,
      steps,
      firstBatch: position.batch,
      firstEpoch: position.epoch,
      firstStep: position.step,
      shuffle: options.shuffle,
      seed: options.seed,
      indices: { buffer: resident.indices.native, byteOffset: 0 },
      scalars: control.scalars(table),
      random: control.random(),
      metrics: control.metrics(resident.step.sums, true),
    };
  }

  #start(spec: LoopSpec): NativeLoop {
    const { onProgress } = this.context.options;
    const loop = addon().startLoop(spec, onProgress ? (progress) => this.#report(progress, spec) : null);
    this.context.onLoop(loop);
    return loop;
  }

  async #follow(loop: NativeLoop): Promise<LoopResult> {
    const { signal } = this.context.options;
    const stop = (): void => loop.stop();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await loop.done;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.context.onLoop(undefined);
    }
  }

  #startedAt = performance.now();
  #stepsReported = 0;

  #report(progress: LoopProgress, spec: LoopSpec): void {
    const { options } = this.context;
    const begun = progress.epoch === 0 ? spec.firstBatch : 0;
    const samples = this.#samplesOf(begun, progress.batch);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#stepsReported = spec.firstStep + progress.steps;
    options.onProgress?.({
      epoch: spec.firstEpoch + progress.epoch - this.#firstEpoch + 1,
      epochs: this.#lastEpoch - this.#firstEpoch,
      batch: progress.batch,
      batches: this.resident.batches,
      step: this.#stepsReported,
      logs: this.#logs(progress.metrics, samples),
      samplesPerSecond: seconds > 0 ? (progress.steps * this.batching.samples) / seconds : 0,
    });
  }

  /** Samples in the batches from `begin` to `end` of an epoch. */
  #samplesOf(begin: number, end: number): number {
    const { batchSize, last, batches } = this.resident;
    const whole = batches * batchSize - (last ? batchSize - (this.samples % batchSize) : 0);
    return Math.min(end * batchSize, whole) - begin * batchSize;
  }

  #logs(sums: Float64Array, samples: number): Logs {
    return logsOf(sums, samples, true, this.context.engine.parts.metrics);
  }

  /** Moves the position on, and gives each whole epoch its logs, validation and callback. */
  async #record(result: LoopResult, { learningRatesAt, learningRatesOf }: Scalars): Promise<void> {
    const { position } = this;
    this.#history.addRates(learningRatesOf(position.step, result.steps));
    const sums = this.resident.step.sums.length;
    this.#history.seconds += result.seconds;
    this.#history.steps += result.steps;
    const firstStep = position.step;
    let stepsCounted = 0;
    position.step += result.steps;
    for (let row = 0; row * sums < result.metrics.length && (row < result.epoch || result.batch > 0); row++) {
      const whole = row < result.epoch;
      const begin = position.batch;
      const end = whole ? this.resident.batches : result.batch;
      const samples = this.#samplesOf(begin, end);
      this.#history.samples += samples;
      stepsCounted += this.#stepsOf(end) - this.#stepsOf(begin);
      position.batch = whole ? 0 : end;
      if (!whole) break;
      position.epoch++;
      const logs = {
        ...this.#logs(result.metrics.subarray(row * sums, (row + 1) * sums), samples),
        ...learningRatesAt(firstStep + stepsCounted - 1),
      };
      await this.#endEpoch(logs);
    }
  }

  async #endEpoch(logs: Logs): Promise<void> {
    const { options, validate } = this.context;
    const all = options.validation ? { ...logs, ...(await validate()) } : logs;
    this.position.logs.push(all);
    this.#history.add(all);
    const { epoch, step } = this.position;
    const epochs = this.#lastEpoch - this.#firstEpoch;
    const answer: unknown = await options.onEpochEnd?.({ epoch: epoch - this.#firstEpoch, epochs, step, logs: all });
    if (answer === false) this.#history.stopped = true;
  }

  #faultError(result: LoopResult, { learningRateAt }: Scalars): Error {
    const { step } = this.position;
    if (!result.fault) return new RavineError('internal', 'fit', 'internal: no fault');
    if (result.fault.fault === 'non-finite')
      return new DivergenceError(
        'fit',
        `loss is ${result.fault.value} at step ${step}, learning rate ${learningRateAt(step)}; the step was not applied`,
        step,
        learningRateAt(step),
      );
    return this.resident.step.program.faultError(result.fault);
  }
}
