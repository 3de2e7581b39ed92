import { RavineError, internal } from '../errors.js';
import { isWeight } from '../data/names.js';
import type { CheckedBatch, StreamDataset } from '../data/stream.js';
import { bytesOf } from '../dtype.js';
import type { LoopSpec, NativeBinding, NativeFeed, NativeLoop } from '../runtime/addon.js';
import { addon } from '../runtime/native.js';
import { BufferStorage, SharedBuffer } from '../runtime/storage.js';
import { sizeOf } from '../shape.js';
import type { Engine, Mode } from './engine.js';
import { bindStep, type StepProgram } from './programs.js';
import { checkBatchTargets, checkBatchWeights } from './targets.js';
import type { BatchSpec, FieldSpec } from './session.js';

/** Batches that may wait while another is computed. */
const ringSize = 4;

export interface RingOptions {
  readonly where: string;
  readonly mode: Mode;
  /** Samples of a step of several batches. */
  readonly stepSamples?: number;
  readonly replace?: ReadonlyMap<SharedBuffer, SharedBuffer>;
}

/** What came of feeding a loop. */
export interface Fed {
  readonly samples: number;
  readonly error: unknown;
  readonly failed: boolean;
}

/** Buffers for a few batches of a stream, each with its bindings by batch size. */
export class Ring {
  readonly full: StepProgram;
  readonly batchSize: number;
  readonly #entries: { readonly storages: readonly BufferStorage[]; readonly bindings: Map<number, NativeBinding> }[];
  readonly #fields: readonly FieldSpec[];
  readonly #arenas: SharedBuffer[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly stream: StreamDataset,
    private readonly options: RingOptions,
  ) {
    this.#fields = [...stream.fields.values()];
    this.batchSize = stream.batchSize;
    this.full = this.#program(this.batchSize);
    this.#entries = Array.from({ length: ringSize }, () => ({
      storages: this.#fields.map(
        ({ dtype, shape }) => new BufferStorage(SharedBuffer.allocate(this.batchSize * sizeOf(shape) * bytesOf(dtype)), 0),
      ),
      bindings: new Map<number, NativeBinding>(),
    }));
    this.#arenas.push(SharedBuffer.allocate(this.full.program.arenaBytes));
  }

  createFeed(): NativeFeed {
    return addon().createFeed(ringSize);
  }

  /** What a loop over one pass of the stream is told. */
  loop(
    feed: NativeFeed,
  ): Pick<LoopSpec, 'full' | 'parts' | 'samples' | 'batchSize' | 'epochs' | 'firstBatch' | 'shuffle' | 'feed'> {
    const { batchSize } = this;
    const full = this.#binding(0, batchSize);
    return { full, parts: this.full.parts, samples: 0, batchSize, epochs: 1, firstBatch: 0, shuffle: false, feed };
  }

  /** Fills entries as they become free, by at most so many batches. An error of the iterator ends the loop after the batches before it. */
  async feed(feed: NativeFeed, loop: NativeLoop, mostBatches = Infinity): Promise<Fed> {
    let samples = 0;
    let batches = 0;
    try {
      for await (const batch of this.stream.batches()) {
        if (batches++ === mostBatches)
          throw new RavineError(
            'data',
            'fit',
            `expected at most ${mostBatches} batches in an epoch of a stream whose scalars change`,
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
    for (const { loss, target } of this.engine.parts.heads) {
      const targets = batch.arrays.get(target);
      if (loss && targets) checkBatchTargets(loss, targets, index);
    }
    for (const [name, array] of batch.arrays) if (isWeight(name)) checkBatchWeights(this.options.where, name, array, index);
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
    const { arenaBytes } = program.program;
    const arena = this.#arenas.find(({ native }) => native.byteLength >= arenaBytes) ?? SharedBuffer.allocate(arenaBytes);
    if (!this.#arenas.includes(arena)) this.#arenas.push(arena);
    const { replace } = this.options;
    const binding = bindStep(program, { arguments: owner.storages, arena, ...(replace && { replace }) });
    owner.bindings.set(samples, binding);
    return binding;
  }

  #program(samples: number): StepProgram {
    const { mode, stepSamples } = this.options;
    const spec: BatchSpec = {
      samples,
      rows: undefined,
      fields: this.#fields.map(({ name, dtype, shape, scale, shift }) => ({ name, dtype, shape, scale, shift })),
      ...(stepSamples !== undefined && { share: samples / stepSamples }),
    };
    return this.engine.program(mode, spec);
  }

  dispose(): void {
    for (const { storages, bindings } of this.#entries) {
      for (const binding of bindings.values()) binding.dispose();
      for (const storage of storages) storage.dispose();
    }
    for (const arena of this.#arenas) arena.native.dispose();
  }
}
