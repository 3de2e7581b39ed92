import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { LoopSpec } from '../runtime/addon.js';
import { SharedBuffer } from '../runtime/storage.js';
import type { TensorType } from '../shape.js';

const randomBytes = 64;
const scalarBytes = 8;
/** Sums of loss and metrics that one step may give. */
const mostSums = 4096;

/** The small buffer through which the loop and a program talk: random words, the step's scalars, sums of loss and metrics. */
export class Control {
  readonly buffer: SharedBuffer;
  readonly #dtype: DType;

  constructor(
    /** Numbers that change each step. */
    readonly scalarCount: number,
    dtype: DType,
  ) {
    this.#dtype = dtype;
    this.buffer = SharedBuffer.allocate(this.scaleOffset + scalarBytes);
  }

  readonly randomOffset = 0;

  /** The same layout in memory of its own, for what runs beside a fit. */
  static like(control: Control): Control {
    return new Control(control.scalarCount, control.#dtype);
  }

  scalarOffset(index: number): number {
    return randomBytes + index * scalarBytes;
  }

  sumOffset(index: number): number {
    if (index >= mostSums)
      throw new RavineError('option', 'model', `expected metrics that keep at most ${mostSums - 1} sums together, got more`, {
        help: 'those that are averaged over classes keep three a class',
      });
    return this.#sumsOffset + index * scalarBytes;
  }

  /** Where the loop writes what a short step's gradients are multiplied by. */
  get scaleOffset(): number {
    return this.#sumsOffset + mostSums * scalarBytes;
  }

  scale(): NonNullable<LoopSpec['accumulate']>['scale'] {
    return {
      buffer: this.buffer.native,
      byteOffset: this.scaleOffset,
      dtype: this.#dtype === 'float64' ? 'float64' : 'float32',
    };
  }

  get #sumsOffset(): number {
    return randomBytes + Math.ceil((this.scalarCount * scalarBytes) / 64) * 64;
  }

  /** Where the loop writes the rows of `table`. */
  scalars(table: Float64Array): NonNullable<LoopSpec['scalars']> {
    const dtype = this.#dtype === 'float64' ? 'float64' : 'float32';
    return {
      buffer: this.buffer.native,
      targets: Array.from({ length: this.scalarCount }, (_, i) => ({ byteOffset: this.scalarOffset(i), dtype })),
      table,
    };
  }

  random(): NonNullable<LoopSpec['random']> {
    return { buffer: this.buffer.native, byteOffset: this.randomOffset };
  }

  /** What the loop adds up after each step; the first `means` are means over the batch. */
  metrics(sums: readonly TensorType[], means: number): LoopSpec['metrics'] {
    return sums.map(({ dtype }, i) => ({
      buffer: this.buffer.native,
      byteOffset: this.sumOffset(i),
      dtype: dtype === 'float64' ? 'float64' : 'float32',
      mean: i < means,
    }));
  }
}
