import { AbortError, RavineError } from '../errors.js';
import type { StreamDataset } from '../data/stream.js';
import type { NativeFeed, NativeLoop } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { diverged } from './diverged.js';
import { stoppedBy } from './abort.js';
import type { FitContext } from './fit.js';
import { HistoryBuilder, logsOf, type History } from './logs.js';
import { skipRest } from './position.js';
import { accumulation } from './programs.js';
import { Ring } from './ring.js';
import { scalarTable } from './scalars.js';
import { checkFields } from './targets.js';

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
  const { accumulate } = options;
  const ring = new Ring(context.engine, stream, {
    where: 'fit',
    mode: 'training',
    ...(accumulate > 1 && { stepSamples: stream.batchSize * accumulate }),
  });
  try {
    for (let epoch = 0; epoch < options.epochs && !history.stopped; epoch++) await runEpoch(context, ring, history, epoch);
  } finally {
    ring.dispose();
    context.onLoop(undefined);
  }
  return history.finish();
}

async function runEpoch(context: FitContext, ring: Ring, history: HistoryBuilder, epoch: number): Promise<void> {
  const { position, options, engine } = context;
  const feed = ring.createFeed();
  const { table, learningRateAt, learningRatesAt, learningRatesOf } = scalarTable(engine, position, {
    stepsPerEpoch: Infinity,
    steps: mostSteps,
    done: 0,
  });
  const loop = start(context, ring, feed, table);
  const from = { ...position };
  const logged = from.logs.length;
  context.onLoop({ loop, positionAt: ({ steps }) => ({ ...from, step: from.step + steps, logs: from.logs.slice(0, logged) }) });
  const most = engine.parts.optimizer?.constantScalars ? Infinity : mostSteps;
  const work = Promise.all([ring.feed(feed, loop, most), loop.done]);
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

function start({ position, options, engine }: FitContext, ring: Ring, feed: NativeFeed, table: Float64Array): NativeLoop {
  const { control } = engine.memory;
  return addon().startLoop(
    {
      ...accumulation(ring.full, { batches: options.accumulate, samples: ring.batchSize * options.accumulate }, control),
      ...ring.loop(feed),
      firstEpoch: position.epoch,
      firstStep: position.step,
      seed: options.seed,
      scalars: control.scalars(table),
      random: control.random(),
      metrics: control.metrics(ring.full.sums, engine.parts.columns.means.length),
    },
    null,
  );
}
