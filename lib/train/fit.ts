import { AbortError, internal } from '../errors.js';
import type { LoopProgress, LoopResult, LoopSpec, LoopStanding, NativeLoop } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import type { Dataset } from '../data/dataset.js';
import { stoppedBy } from './abort.js';
import type { Engine } from './engine.js';
import { layerThatDiverged, diverged } from './diverged.js';
import { HistoryBuilder, logsOf, type History, type Logs } from './logs.js';
import { batchingOf, type Batching, type ResolvedFit } from './options.js';
import { accumulation } from './programs.js';
import { beginFit, factsOf, type FitBegun, type Position } from './position.js';
import { bindResident, type ResidentRun } from './resident.js';
import { followsLogs, scalarTable, type Scalars } from './scalars.js';

export interface FitContext {
  readonly engine: Engine;
  readonly position: Position;
  readonly options: ResolvedFit;
  /** Tells the model which native loop runs, so that others can ask for copies of what it writes. */
  readonly onLoop: (running: RunningLoop | undefined) => void;
  readonly validate: () => Promise<Logs>;
}

export interface RunningLoop {
  readonly loop: NativeLoop;
  /** The model's position when the loop is there. */
  positionAt(standing: LoopStanding): Position;
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
    return await new Fit(context, run, dataset, batching).run();
  } finally {
    run.dispose();
    context.onLoop(undefined);
  }
}

class Fit {
  readonly #history = new HistoryBuilder();
  readonly #begun: FitBegun;
  readonly #lastEpoch: number;
  readonly #lastStep: number;
  private readonly position: Position;
  readonly #followsLogs: boolean;

  constructor(
    private readonly context: FitContext,
    private readonly resident: ResidentRun,
    private readonly dataset: Dataset,
    private readonly batching: Batching,
  ) {
    const { options, position } = context;
    this.position = position;
    this.#begun = beginFit(position, options.resume, factsOf(options, dataset, this.#logNames));
    this.#lastEpoch = options.steps === undefined ? this.#begun.epoch + options.epochs : Infinity;
    this.#lastStep = this.#begun.step + (options.steps ?? Infinity);
    this.#followsLogs = followsLogs(context.engine, position);
  }

  async run(): Promise<History> {
    while (this.#isUnfinished()) await this.#runCall();
    // One that counts steps may end within an epoch, which more steps can resume.
    if (this.context.options.steps === undefined) this.position.fit = undefined;
    return this.#history.finish();
  }

  /** One native call: its epochs, their logs, what is to happen between them. */
  async #runCall(): Promise<void> {
    const { options, engine } = this.context;
    const { position } = this;
    const stepsLeft = this.#lastStep - position.step;
    const epochs = this.#epochsPerCall(stepsLeft);
    const { stepsPerEpoch } = this;
    const done = this.#stepsOf(position.batch);
    const steps = Math.min(stepsLeft, epochs * stepsPerEpoch - done);
    const scalars = scalarTable(engine, position, { stepsPerEpoch, steps, done });
    const loop = this.#start(this.#spec(epochs, steps, scalars.table), scalars);
    const result = await this.#follow(loop);
    await this.#record(result, scalars);
    if (result.fault) throw await this.#faultError(result, scalars);
    if (options.signal?.aborted && this.#isUnfinished()) throw new AbortError('fit', position.step, options.signal.reason);
  }

  #isUnfinished(): boolean {
    const { epoch, step } = this.position;
    return epoch < this.#lastEpoch && step < this.#lastStep && !this.#history.stopped;
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

  get #logNames(): string[] {
    const { means, metrics } = this.context.engine.parts.columns;
    return [...means, ...metrics].map(({ name }) => name);
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
      ...resident.step.late,
      full: resident.full,
      ...(resident.last && { last: resident.last }),
      parts: resident.step.parts,
      samples: this.dataset.samples,
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
      metrics: control.metrics(resident.step.sums, engine.parts.columns.means.length),
      ...(position.batch > 0 && { firstSums: Float64Array.from(position.sums) }),
    };
  }

  #start(spec: LoopSpec, scalars: Scalars): NativeLoop {
    const { onProgress } = this.context.options;
    const loop = addon().startLoop(spec, onProgress ? (progress) => this.#report(progress, spec) : null);
    const from = { ...this.position };
    const logged = from.logs.length;
    this.context.onLoop({
      loop,
      positionAt: (standing) => this.#positionAt({ ...from, logs: from.logs.slice(0, logged) }, standing, scalars),
    });
    return loop;
  }

  async #follow(loop: NativeLoop): Promise<LoopResult> {
    try {
      return await stoppedBy(this.context.options.signal, () => loop.stop(), loop.done);
    } finally {
      this.context.onLoop(undefined);
    }
  }

  #startedAt = performance.now();
  #stepsReported = 0;

  #report(progress: LoopProgress, spec: LoopSpec): void {
    const { options } = this.context;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#stepsReported = spec.firstStep + progress.steps;
    options.onProgress?.({
      epoch: spec.firstEpoch + progress.epoch - this.#begun.epoch + 1,
      epochs: this.#lastEpoch - this.#begun.epoch,
      batch: progress.batch,
      batches: this.resident.batches,
      step: this.#stepsReported,
      logs: this.#logs(progress.metrics, this.resident.samplesIn(progress.batch)),
      samplesPerSecond: seconds > 0 ? (progress.steps * this.batching.samples) / seconds : 0,
    });
  }

  #logs(sums: Float64Array, samples: number): Logs {
    return logsOf(sums, samples, this.context.engine.parts.columns);
  }

  /** Moves the position on, and gives each whole epoch its logs, validation and callback. */
  async #record(result: LoopResult, scalars: Scalars): Promise<void> {
    const { position } = this;
    this.#history.addRates(scalars.learningRatesOf(position.step, result.steps));
    this.#history.seconds += result.seconds;
    this.#history.steps += result.steps;
    this.#history.samples +=
      result.epoch * this.resident.samplesIn(this.resident.batches) +
      this.resident.samplesIn(result.batch) -
      this.resident.samplesIn(position.batch);
    const ended = this.#endedEpochs(position, result, scalars);
    Object.assign(position, this.#pointAt(position, result));
    for (const logs of ended) await this.#endEpoch(logs);
  }

  /** Epochs that a call ended, as logs. */
  #endedEpochs(from: Position, { epoch, metrics }: LoopStanding, { learningRatesAt }: Scalars): Logs[] {
    const { stepsPerEpoch } = this;
    const sums = this.resident.step.sums.length;
    const lastStep = from.step - this.#stepsOf(from.batch) - 1;
    return Array.from({ length: epoch }, (_, row) => ({
      ...this.#logs(metrics.subarray(row * sums, (row + 1) * sums), this.resident.samplesIn(this.resident.batches)),
      ...learningRatesAt(lastStep + (row + 1) * stepsPerEpoch),
    }));
  }

  #pointAt(from: Position, { steps, epoch, batch, metrics }: LoopStanding): Pick<Position, 'epoch' | 'batch' | 'sums' | 'step'> {
    const sums = metrics.subarray(epoch * this.resident.step.sums.length);
    return {
      epoch: from.epoch + epoch,
      batch,
      // Without a batch of its own a call has no row for the epoch that it found unfinished.
      sums: batch > 0 && sums.length === 0 ? from.sums : [...sums],
      step: from.step + steps,
    };
  }

  #positionAt(from: Position, standing: LoopStanding, scalars: Scalars): Position {
    return { ...from, ...this.#pointAt(from, standing), logs: [...from.logs, ...this.#endedEpochs(from, standing, scalars)] };
  }

  async #endEpoch(logs: Logs): Promise<void> {
    const { options, position } = this.context;
    const all = await this.#validated(logs);
    this.#history.add(all);
    const { epoch, step } = position;
    const epochs = this.#lastEpoch - this.#begun.epoch;
    const history = position.logs.slice(this.#begun.logged);
    const answer: unknown = await options.onEpochEnd?.({ epoch: epoch - this.#begun.epoch, epochs, step, logs: all, history });
    if (answer === false) this.#history.stopped = true;
  }

  async #validated(logs: Logs): Promise<Logs> {
    const { options, validate, position } = this.context;
    if (!options.validation) {
      position.logs.push(logs);
      return logs;
    }
    const validating = validate().then((own) => {
      const all = { ...logs, ...own };
      position.logs.push(all);
      return all;
    });
    position.validated = validating.catch(() => undefined);
    try {
      return await validating;
    } finally {
      delete position.validated;
    }
  }

  async #faultError({ fault }: LoopResult, { learningRateAt }: Scalars): Promise<Error> {
    const { step } = this.position;
    const { program } = this.resident.step;
    internal(fault !== null, 'no fault');
    if (fault.fault !== 'non-finite') return program.faultError(fault);
    const rows = new Int32Array(this.resident.batchSize);
    this.resident.indices.native.read(rows, 0);
    const layer = await layerThatDiverged(this.context.engine, this.dataset, rows);
    return diverged(fault.value, step, learningRateAt(step), layer);
  }
}
