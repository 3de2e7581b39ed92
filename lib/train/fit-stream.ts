import { AbortError, RavineError, internal } from '../errors.js';
import { isWeight } from '../data/names.js';
import type { CheckedBatch, StreamDataset } from '../data/stream.js';
import { bytesOf } from '../dtype.js';
import type { NativeBinding, NativeFeed, NativeLoop } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import { sizeOf } from '../shape.js';
import { diverged } from './diverged.js';
import { stoppedBy } from './abort.js';
import type { FitContext } from './fit.js';
import { HistoryBuilder, logsOf, type History } from './logs.js';
import { skipRest } from './position.js';
import { accumulation, bindStep, type StepProgram } from './programs.js';
import { scalarTable } from './scalars.js';
import { checkBatchTargets, checkBatchWeights, checkFields } from './targets.js';
import type { BatchSpec, FieldSpec } from './session.js';

/** Batches that may wait while another is trained on. */
const ringSize = 4;
/** Rows of scalars for one epoch of a stream, whose length is not known before. */
const mostSteps = 65_536;

/** Trains on batches that an iterator gives, one pass of it an epoch. */
export async function fitStream(context: FitContext, stream: StreamDataset): Promise<History> {
  const { options } = context;
  if (options.batchSize === 'all')
    throw new RavineError('option', 'fit', "expected batchSize 'all' with resident data, got a stream", {
      help: 'use data.from, or accumulate as many batches as the stream has',
    });
  if (options.steps !== undefined || options.resume || options.dropLast)
    throw new RavineError('option', 'fit', 'expected epochs with a stream, got steps, resume or dropLast');
  skipRest(context.position);
  context.position.fit = undefined;
  checkFields('fit', context.engine.parts.heads, [...stream.fields.keys()]);
  const history = new HistoryBuilder();
  const ring = new Ring(context, stream);
  try {
    for (let epoch = 0; epoch < options.epochs && !history.stopped; epoch++)
      await runEpoch(context, stream, ring, history, epoch);
  } finally {
    ring.dispose();
    context.onLoop(undefined);
  }
  return history.finish();
}

async function runEpoch(
  context: FitContext,
  stream: StreamDataset,
  ring: Ring,
  history: HistoryBuilder,
  epoch: number,
): Promise<void> {
  const { position, options, engine } = context;
  const feed = addon().createFeed(ringSize);
  const { table, learningRateAt, learningRatesAt, learningRatesOf } = scalarTable(engine, position, {
    stepsPerEpoch: Infinity,
    steps: mostSteps,
    done: 0,
  });
  const loop = ring.start(feed, table);
  const from = { ...position };
  const logged = from.logs.length;
  context.onLoop({ loop, positionAt: ({ steps }) => ({ ...from, step: from.step + steps, logs: from.logs.slice(0, logged) }) });
  const work = Promise.all([ring.feed(feed, stream, loop), loop.done]);
  const [fed, result] = await stoppedBy(options.signal, () => loop.stop(), work);
  const rate = learningRateAt(position.step + result.steps);
  history.addRates(learningRatesOf(position.step, result.steps));
  position.step += result.steps;
  history.steps += result.steps;
  history.seconds += result.seconds;
  if (result.fault?.fault === 'non-finite') throw diverged(result.fault.value, position.step, rate);
  if (result.fault) throw ring.full.program.faultError(result.fault);
  if (fed.failed) throw fed.error;
  if (options.signal?.aborted) throw new AbortError('fit', position.step, options.signal.reason);
  history.samples += fed.samples;
  position.epoch++;
  const sums = result.metrics.subarray(0, ring.full.sums.length);
  const logs = { ...logsOf(sums, fed.samples, engine.parts.columns), ...learningRatesAt(position.step - 1) };
  const all = options.validation ? { ...logs, ...(await context.validate()) } : logs;
  position.logs.push(all);
  history.add(all);
  const answer: unknown = await options.onEpochEnd?.({
    epoch: epoch + 1,
    epochs: options.epochs,
    step: position.step,
    logs: all,
    history: position.logs.slice(-1 - epoch),
  });
  if (answer === false) history.stopped = true;
}

/** Buffers for a few batches, each with its bindings by batch size. */
class Ring {
  readonly full: StepProgram;
  readonly #entries: { readonly storages: readonly BufferStorage[]; readonly bindings: Map<number, NativeBinding> }[];
  readonly #fields: readonly FieldSpec[];
  readonly #arenas: SharedBuffer[] = [];

  constructor(
    private readonly context: FitContext,
    stream: StreamDataset,
  ) {
    this.#fields = [...stream.fields.values()];
    this.#stepSamples = stream.batchSize * context.options.accumulate;
    this.full = this.#program(stream.batchSize);
    this.#entries = Array.from({ length: ringSize }, () => ({
      storages: this.#fields.map(
        ({ dtype, shape }) => new BufferStorage(SharedBuffer.allocate(stream.batchSize * sizeOf(shape) * bytesOf(dtype)), 0),
      ),
      bindings: new Map<number, NativeBinding>(),
    }));
    this.#arenas.push(SharedBuffer.allocate(this.full.program.arenaBytes));
    this.#batchSize = stream.batchSize;
  }

  readonly #batchSize: number;
  readonly #stepSamples: number;

  start(feed: NativeFeed, table: Float64Array): NativeLoop {
    const { position, options, engine } = this.context;
    const { control } = engine.memory;
    return addon().startLoop(
      {
        ...accumulation(this.full, { batches: options.accumulate, samples: this.#stepSamples }, control),
        full: this.#binding(0, this.#batchSize),
        parts: this.full.parts,
        samples: 0,
        batchSize: this.#batchSize,
        epochs: 1,
        firstBatch: 0,
        firstEpoch: position.epoch,
        firstStep: position.step,
        shuffle: false,
        seed: options.seed,
        scalars: control.scalars(table),
        random: control.random(),
        metrics: control.metrics(this.full.sums, engine.parts.columns.means.length),
        feed,
      },
      null,
    );
  }

  /** Fills entries as they become free. An error of the iterator ends the loop after the batches before it. */
  async feed(
    feed: NativeFeed,
    stream: StreamDataset,
    loop: NativeLoop,
  ): Promise<{ samples: number; error: unknown; failed: boolean }> {
    let samples = 0;
    let batches = 0;
    try {
      for await (const batch of stream.batches()) {
        if (batches++ === mostSteps && !this.context.engine.parts.optimizer?.constantScalars)
          throw new RavineError(
            'data',
            'fit',
            `expected at most ${mostSteps} batches in an epoch of a stream whose scalars change`,
            {
              help: 'let the iterator end earlier: the next epoch goes on',
            },
          );
        this.#checkTargets(batch, batches - 1);
        const entry = await feed.acquire();
        if (entry < 0) break;
        feed.submit(entry, this.#fill(entry, batch), batch.samples);
        samples += batch.samples;
      }
      feed.end(true);
      return { samples, error: undefined, failed: false };
    } catch (error) {
      feed.end(true);
      await loop.done;
      return { samples, error, failed: true };
    }
  }

  #checkTargets(batch: CheckedBatch, index: number): void {
    for (const { loss, target } of this.context.engine.parts.heads) {
      const targets = batch.arrays.get(target);
      if (loss && targets) checkBatchTargets(loss, targets, index);
    }
    for (const [name, array] of batch.arrays) if (isWeight(name)) checkBatchWeights(name, array, index);
  }

  #fill(entry: number, batch: CheckedBatch): NativeBinding {
    const storages = this.#entries[entry]?.storages ?? [];
    this.#fields.forEach(({ name }, i) => {
      const array = batch.arrays.get(name);
      if (array) storages[i]?.buffer.native.write(array, 0);
    });
    return this.#binding(entry, batch.samples);
  }

  #binding(entry: number, samples: number): NativeBinding {
    const owner = this.#entries[entry];
    internal(owner !== undefined, 'no such entry of the ring');
    const known = owner.bindings.get(samples);
    if (known) return known;
    const program = this.#program(samples);
    const arena =
      this.#arenas.find((buffer) => buffer.native.byteLength >= program.program.arenaBytes) ??
      SharedBuffer.allocate(program.program.arenaBytes);
    if (!this.#arenas.includes(arena)) this.#arenas.push(arena);
    const binding = bindStep(program, { arguments: owner.storages, arena });
    owner.bindings.set(samples, binding);
    return binding;
  }

  #program(samples: number): StepProgram {
    const spec: BatchSpec = {
      samples,
      rows: undefined,
      fields: this.#fields.map(({ name, dtype, shape, scale, shift }) => ({ name, dtype, shape, scale, shift })),
      ...(this.context.options.accumulate > 1 && { share: samples / this.#stepSamples }),
    };
    return this.context.engine.program('training', spec);
  }

  dispose(): void {
    for (const { storages, bindings } of this.#entries) {
      for (const binding of bindings.values()) binding.dispose();
      for (const storage of storages) storage.dispose();
    }
    for (const arena of this.#arenas) arena.native.dispose();
  }
}
