import { RavineError } from '../errors.js';
import type { Dataset } from '../data/dataset.js';
import type { NativeBinding } from '../runtime/addon.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import type { Engine, Mode } from './engine.js';
import { bindStep, type StepProgram } from './programs.js';
import { batchSpec, storagesOf } from './sources.js';

/** Programs for the whole and the short batches of a data set, bound to it. */
export interface ResidentRun {
  readonly batchSize: number;
  readonly batches: number;
  readonly step: StepProgram;
  readonly full: NativeBinding;
  readonly last: NativeBinding | undefined;
  readonly indices: SharedBuffer;
  /** For each output of a prediction. */
  readonly outputs: readonly SharedBuffer[];
  /** Samples in the first batches of an epoch. */
  samplesIn(batches: number): number;
  dispose(): void;
}

export interface ResidentOptions {
  readonly mode: Mode;
  readonly fields: readonly string[];
  readonly batchSize: number;
  readonly dropLast?: boolean;
  /** Samples of a step of several batches. */
  readonly stepSamples?: number;
  readonly layer?: string | undefined;
  readonly replace?: ReadonlyMap<SharedBuffer, SharedBuffer>;
}

/** Compiles what an epoch over a data set needs, and binds it to one arena of the largest size. */
export function bindResident(engine: Pick<Engine, 'program'>, dataset: Dataset, options: ResidentOptions): ResidentRun {
  const { mode, fields, replace, stepSamples, layer } = options;
  const { samples } = dataset;
  const batchSize = Math.min(options.batchSize, samples);
  if (options.dropLast && samples < options.batchSize)
    throw new RavineError('data', 'fit', `${samples} samples give no batch of ${options.batchSize} with dropLast`, {
      help: 'use a smaller batchSize',
    });
  const short = options.dropLast ? 0 : samples % batchSize;
  const programFor = (count: number): StepProgram =>
    engine.program(mode, {
      ...batchSpec(dataset, count, fields),
      ...(layer !== undefined && { layer }),
      ...(stepSamples !== undefined && { share: count / stepSamples }),
    });
  const step = programFor(batchSize);
  const lastStep = short > 0 ? programFor(short) : undefined;
  const arena = SharedBuffer.allocate(Math.max(step.program.arenaBytes, lastStep?.program.arenaBytes ?? 0));
  const indices = SharedBuffer.allocate(batchSize * 4);
  const outputs = step.outputs.map(({ slot }) => SharedBuffer.allocate(step.program.slots.slots[slot]?.bytes ?? 0));
  const storages = storagesOf(dataset, fields);
  const bind = (program: StepProgram): NativeBinding =>
    bindStep(program, {
      arguments: [...storages, new BufferStorage(indices, 0)],
      arena,
      outputs,
      ...(replace && { replace }),
    });
  const full = bind(step);
  const last = lastStep && bind(lastStep);
  return {
    batchSize,
    batches: Math.floor(samples / batchSize) + (short > 0 ? 1 : 0),
    step,
    full,
    last,
    indices,
    outputs,
    samplesIn: (count) => Math.min(count * batchSize, options.dropLast ? samples - (samples % batchSize) : samples),
    dispose() {
      full.dispose();
      last?.dispose();
      for (const buffer of [arena, indices, ...outputs]) buffer.native.dispose();
    },
  };
}
