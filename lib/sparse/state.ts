import type { NativeBuffer } from '../runtime/addon.js';
import { allocateBuffer } from './job.js';

/** Places in the scalars after 2 · outputs intercepts. */
export const scalarPlaces = { steps: 0, eta0: 1, due: 2, averagedFrom: 3 } as const;
const scalarCount = 4;

/** What a linear model has learnt, in native memory. A fit works on a copy, which then takes this one's place. */
export class LinearState {
  readonly weights: NativeBuffer;
  readonly averages: NativeBuffer | undefined;
  readonly penalties: NativeBuffer | undefined;
  readonly scalars: NativeBuffer;

  constructor(
    private readonly where: string,
    readonly columns: number,
    readonly outputs: number,
    private readonly parts: { readonly average: boolean; readonly l1: boolean },
  ) {
    const size = columns * outputs;
    this.weights = allocateBuffer(where, size * 4);
    this.averages = parts.average ? allocateBuffer(where, size * 4) : undefined;
    this.penalties = parts.l1 ? allocateBuffer(where, size * 8) : undefined;
    this.scalars = allocateBuffer(where, (2 * outputs + scalarCount) * 8);
    this.setScalar('averagedFrom', -1);
  }

  get buffers(): NativeBuffer[] {
    return [this.weights, this.averages, this.penalties, this.scalars].filter((buffer) => buffer !== undefined);
  }

  copy(): LinearState {
    const copy = new LinearState(this.where, this.columns, this.outputs, this.parts);
    copy.buffers.forEach((buffer, i) => {
      const source = this.buffers[i];
      if (source) buffer.copyFrom(source, 0, 0, buffer.byteLength);
    });
    return copy;
  }

  readScalars(): Float64Array {
    const scalars = new Float64Array(2 * this.outputs + scalarCount);
    this.scalars.read(scalars, 0);
    return scalars;
  }

  scalar(name: keyof typeof scalarPlaces): number {
    return this.readScalars()[2 * this.outputs + scalarPlaces[name]] ?? 0;
  }

  setScalar(name: keyof typeof scalarPlaces, value: number): void {
    this.scalars.write(Float64Array.of(value), (2 * this.outputs + scalarPlaces[name]) * 8);
  }

  /** What predictions use: the averages where there are some. */
  get effectiveWeights(): NativeBuffer {
    return this.averages ?? this.weights;
  }

  effectiveIntercepts(): Float64Array {
    const first = this.averages ? this.outputs : 0;
    return this.readScalars().slice(first, first + this.outputs);
  }

  dispose(): void {
    this.buffers.forEach((buffer) => buffer.dispose());
  }
}
