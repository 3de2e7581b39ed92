import { AbortError, RavineError } from '../errors.js';
import { isFloat } from '../dtype.js';
import type { Dataset } from '../data/dataset.js';
import type { DataFields } from '../data/from.js';
import type { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import { flatten, type Tree } from '../ir/tree.js';
import { boolean, checkNames, checkSignal, nonNegativeInteger, positiveInteger } from '../options.js';
import { addon } from '../runtime/native.js';
import { Lru } from '../runtime/lru.js';
import { Captured, jit as compile, type JitOptions, type Jitted } from '../runtime/jit.js';
import { Program } from '../runtime/program.js';
import { SlotTable } from '../runtime/slots.js';
import { formatType } from '../shape.js';
import { stoppedBy } from './abort.js';
import { traceBatch } from './batch-graph.js';
import { Control } from './control.js';
import { placeEffects, placeInputs, placeSums, type StepProgram } from './programs.js';
import { bindResident, type ResidentRun } from './resident.js';
import type { BatchSpec } from './session.js';
import { residentSource } from './sources.js';

export interface RunStepsOptions {
  /** Passes over the data; 1 unless given. */
  readonly epochs?: number;
  /** Exactly that many steps instead, going on through epochs. */
  readonly steps?: number;
  /** Samples a batch; 32 unless given. */
  readonly batchSize?: number;
  /** A new random permutation each epoch; true unless given. */
  readonly shuffle?: boolean;
  /** Leaves out the short batch at an epoch's end; false unless given. */
  readonly dropLast?: boolean;
  /** Keys permutations and what random ops draw. Default 0. */
  readonly seed?: number;
  /** Ends the run after the running step: it rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

export interface RunStepsResult {
  readonly steps: number;
  /** Whole epochs. */
  readonly epochs: number;
  /** Native seconds in steps. */
  readonly seconds: number;
  /** For each number that the function returns, in order: its mean over the samples of each epoch. The last epoch may be a part of one. */
  readonly means: readonly (readonly number[])[];
}

export interface Runnable<A extends unknown[], R> extends Jitted<A, R> {
  /**
   * Many steps in one native call: the function is given the fields of a batch in the data's order, as `x, y`, and changes the `nn.Buffer`s that it assigns to.
   * What it returns has to be numbers, [] each. A second run goes on where the first ended, in its epochs and in what random ops draw.
   */
  run(data: Dataset | DataFields, options?: RunStepsOptions): Promise<RunStepsResult>;
}

const where = 'run';
/** Programs a function keeps for data sets and batch sizes. */
const mostPrograms = 16;

/** `jit` of the runtime, with `run`. */
export function jit<A extends Tree[], R extends Tree>(f: (...args: A) => R, options: JitOptions = {}): Runnable<A, R> {
  const compiled = compile(f, options);
  const steps = new Steps((args) => Reflect.apply(f, undefined, args), f.length, options.training ?? false);
  return Object.assign(compiled, {
    run: async (data: Dataset | DataFields, runOptions: RunStepsOptions = {}): Promise<RunStepsResult> => {
      const resolved = resolve(runOptions);
      const { dataset, owned } = residentSource(data);
      try {
        return await steps.run(dataset, resolved);
      } finally {
        if (owned) dataset.dispose();
      }
    },
  });
}

type Resolved = Required<Omit<RunStepsOptions, 'signal'>> & Pick<RunStepsOptions, 'signal'>;

function resolve(options: RunStepsOptions): Resolved {
  checkNames(where, options, ['epochs', 'steps', 'batchSize', 'shuffle', 'dropLast', 'seed', 'signal']);
  const { epochs, steps, signal } = options;
  if (epochs !== undefined && steps !== undefined)
    throw new RavineError('option', where, 'expected either epochs or steps, got both');
  checkSignal(where, signal);
  const most = Number.MAX_SAFE_INTEGER;
  return {
    epochs: steps === undefined ? positiveInteger(where, 'epochs', epochs ?? 1) : most,
    steps: positiveInteger(where, 'steps', steps ?? most),
    batchSize: positiveInteger(where, 'batchSize', options.batchSize ?? 32),
    shuffle: boolean(where, 'shuffle', options.shuffle ?? true),
    dropLast: boolean(where, 'dropLast', options.dropLast ?? false),
    seed: nonNegativeInteger(where, 'seed', options.seed ?? 0),
    ...(signal && { signal }),
  };
}

interface RunProgram extends StepProgram {
  readonly captured: Captured;
}

/** A function's programs, and how far its runs have come. */
class Steps {
  readonly #programs = new Lru<string, RunProgram>(mostPrograms);
  readonly #control = new Control(0, 'float32');
  #running = false;
  #epoch = 0;
  #step = 0;

  constructor(
    private readonly f: (args: readonly Tensor[]) => unknown,
    private readonly arity: number,
    private readonly training: boolean,
  ) {}

  program(_: string, spec: BatchSpec): StepProgram {
    const make = (): RunProgram => build(this.f, spec, this.training, this.#control);
    return this.#programs.get(JSON.stringify(spec), make, ({ captured }) => captured.isCurrent);
  }

  async run(dataset: Dataset, options: Resolved): Promise<RunStepsResult> {
    if (this.#running)
      throw new RavineError('busy', where, 'this function is running over other data', { help: 'await the first run' });
    if (dataset.fields.size < this.arity)
      throw new RavineError(
        'data',
        where,
        `expected data with ${this.arity} fields, one for each argument, got ${dataset.fields.size}`,
      );
    const { batchSize, dropLast } = options;
    const bound = bindResident(this, dataset, { mode: 'training', fields: [...dataset.fields.keys()], batchSize, dropLast });
    this.#running = true;
    try {
      return await this.#loop(bound, dataset.samples, options);
    } finally {
      this.#running = false;
      bound.dispose();
    }
  }

  async #loop(bound: ResidentRun, samples: number, { epochs, steps, shuffle, seed, signal }: Resolved): Promise<RunStepsResult> {
    const { step } = bound;
    const loop = addon().startLoop(
      {
        full: bound.full,
        ...(bound.last && { last: bound.last }),
        parts: step.parts,
        samples,
        batchSize: bound.batchSize,
        epochs,
        steps,
        firstBatch: 0,
        firstEpoch: this.#epoch,
        firstStep: this.#step,
        shuffle,
        seed,
        indices: { buffer: bound.indices.native, byteOffset: 0 },
        random: this.#control.random(),
        metrics: this.#control.metrics(step.sums, step.sums.length),
      },
      null,
    );
    const result = await stoppedBy(signal, () => loop.stop(), loop.done);
    this.#step += result.steps;
    this.#epoch += result.epoch + (result.batch > 0 ? 1 : 0);
    if (result.fault) throw step.program.faultError(result.fault);
    if (signal?.aborted && result.reason === 'stopped') throw new AbortError(where, result.steps, signal.reason);
    const width = step.sums.length;
    const rows = result.epoch + (result.batch > 0 ? 1 : 0);
    const samplesOf = (row: number): number => bound.samplesIn(row < result.epoch ? bound.batches : result.batch);
    return {
      steps: result.steps,
      epochs: result.epoch,
      seconds: result.seconds,
      means: step.sums.map((_, column) =>
        Array.from({ length: rows }, (__, row) => (result.metrics[row * width + column] ?? NaN) / samplesOf(row)),
      ),
    };
  }
}

function build(f: (args: readonly Tensor[]) => unknown, spec: BatchSpec, training: boolean, control: Control): RunProgram {
  const trace = new Trace({ training });
  const [returned, effects, graph] = withTrace(trace, () => {
    const numbers = flatten(where, f([...traceBatch(trace, spec, 'float32').values()])).leaves;
    const wrong = numbers.find(({ dtype, shape }) => !isFloat(dtype) || shape.length > 0);
    if (wrong)
      throw new RavineError(
        'shape',
        where,
        `expected the function to return numbers, float32[] or float64[], got ${formatType(wrong)}`,
        {
          help: 'assign to an nn.Buffer what is to outlive the step',
        },
      );
    const assigned = trace.effects;
    return [numbers, assigned, trace.finish([...numbers, ...assigned.map(({ value }) => trace.tensorOf(value))])] as const;
  });
  const slots = new SlotTable();
  const step = {
    graph,
    sums: returned.map(({ dtype, shape }) => ({ dtype, shape })),
    effects: effects.map(({ target }) => target),
  } as const;
  const { inputs, argumentSlots } = placeInputs(slots, step, control);
  const program = new Program(
    [{ graph, inputs, outputs: [...placeSums(slots, step, control), ...placeEffects(slots, step)] }],
    slots,
  );
  return { program, parts: 1, argumentSlots, sums: step.sums, outputs: [], captured: new Captured(graph, effects) };
}
