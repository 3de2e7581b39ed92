import { addon } from '../../lib/runtime/native.js';
import type { LoopSpec, NativeBinding, NativeBuffer } from '../../lib/runtime/addon.js';
import { bufferOf, encode, floats } from './code.js';

// One step of a tiny training: g = Σ x[indices], then w ← w − learningRate·g. Sums depend on the order of the samples, so that
// equal bits show equal orders. Places in the arena, in bytes:
export const places = { learningRate: 0, gradient: 64, random: 128, batch: 192 } as const;
const indicesAt = (batch: number) => places.batch + Math.ceil(batch / 16) * 64;

/** Part 0: gather, sum, check; part 1: update. */
export function stepCode(samples: number, batch: number, largest = batch): Float64Array {
  const arenaBytes = indicesAt(largest) + largest * 4;
  return encode({
    slots: [{ bytes: samples * 4, writable: false }, { bytes: arenaBytes }, { bytes: 4 }],
    values: [
      { slot: 0, elements: samples },
      { slot: 1, offset: indicesAt(largest), dtype: 'int32', elements: batch },
      { slot: 1, offset: places.batch, elements: batch },
      { slot: 1, offset: places.gradient, elements: 1 },
      { slot: 1, offset: places.learningRate, elements: 1 },
      { slot: 2, elements: 1 },
    ],
    instructions: [
      { kernel: 'gather', inputs: [0, 1], outputs: [2], attributes: [1, samples, 1, batch, 1, 0] },
      { kernel: 'reduce', inputs: [2], outputs: [3], attributes: [addon().reductions.indexOf('sum'), 1, batch, 1] },
      { kernel: 'check_finite', inputs: [3] },
      { kernel: 'sgd_step', inputs: [5, 3, 4], outputs: [5], attributes: [0, 0, 0, 0, 0, 0] },
    ],
    parts: [3, 4],
  });
}

export interface Training {
  readonly data: Float32Array;
  readonly batch: number;
  readonly full: NativeBinding;
  readonly last: NativeBinding | undefined;
  readonly x: NativeBuffer;
  readonly arena: NativeBuffer;
  readonly weight: NativeBuffer;
  spec(more?: Partial<LoopSpec>): LoopSpec;
  weightNow(): number;
  dispose(): void;
}

/** The data are i·√2 mod 1 unless given. */
export function training(samples: number, batch: number, given?: Float32Array): Training {
  const data = given ?? Float32Array.from({ length: samples }, (_, i) => ((i + 1) * Math.SQRT2) % 1);
  const x = bufferOf(data);
  const arena = addon().createBuffer(indicesAt(batch) + batch * 4);
  const weight = addon().createBuffer(4);
  const bind = (count: number) =>
    addon()
      .createProgram(stepCode(samples, count, batch))
      .bind([x, arena, weight]);
  const full = bind(batch);
  const last = samples % batch > 0 ? bind(samples % batch) : undefined;
  const spec = (more: Partial<LoopSpec> = {}): LoopSpec => ({
    full,
    ...(last ? { last } : {}),
    parts: 2,
    samples,
    batchSize: batch,
    epochs: 1,
    firstBatch: 0,
    firstEpoch: 0,
    firstStep: 0,
    shuffle: true,
    seed: 7,
    indices: { buffer: arena, byteOffset: indicesAt(batch) },
    scalars: { buffer: arena, targets: [{ byteOffset: places.learningRate, dtype: 'float32' }], table: Float64Array.of(0.01) },
    random: { buffer: arena, byteOffset: places.random },
    metrics: [{ buffer: arena, byteOffset: places.gradient, dtype: 'float32', mean: false }],
    ...more,
  });
  const dispose = () => {
    for (const handle of [full, last, x, arena, weight]) handle?.dispose();
  };
  return { data, batch, full, last, x, arena, weight, spec, weightNow: () => floats(weight)[0] ?? NaN, dispose };
}

/** The samples' numbers in the order in which their values were collected. */
export function gatheredOrder(collected: NativeBuffer, data: Float32Array): number[] {
  const place = new Map(Array.from(data, (value, i) => [value, i]));
  return Array.from(floats(collected), (value) => place.get(value) ?? -1);
}
