import { checkDType, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { evaluator, type Storage } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { currentTrace, withoutTrace } from '../ir/trace.js';
import { full } from '../ops/constant.js';
import { checkNames } from '../options.js';
import { checkShape, formatType, sameShape, type Shape } from '../shape.js';

export interface BufferOptions {
  readonly dtype?: DType;
  /** What it is filled with at first; 0 unless given. */
  readonly value?: number;
}

/** State of a module that is saved with it and that no optimiser changes: running statistics, counts. */
export class Buffer extends Tensor {
  readonly #value: number;

  constructor(shape: Shape, options: BufferOptions = {}) {
    checkNames('buffer', options, ['dtype', 'value']);
    super({ dtype: checkDType('buffer', options.dtype ?? 'float32'), shape: checkShape('buffer', shape) }, { lazy: true });
    this.#value = options.value ?? 0;
  }

  /** Gives the buffer a new value: at once, or in a traced function at the end of each run; later uses in the trace see it. */
  assign(value: Tensor): void {
    if (value.dtype !== this.dtype || !sameShape(value.shape, this.shape))
      throw new RavineError('shape', 'buffer', `expected ${formatType(this)}, got ${formatType(value)}`);
    const trace = currentTrace();
    if (trace) trace.assign(this, value);
    else this.adopt(evaluator().share(value.storage));
  }

  /** Lets the buffer stand for other memory of its type, which from now on holds its elements. */
  adopt(storage: Storage): void {
    this.replaceStorage(storage);
  }

  protected override materialize(): Storage {
    const filled = withoutTrace(() => full(this.shape, this.#value, { dtype: this.dtype }));
    const storage = evaluator().share(filled.storage);
    filled.dispose();
    return storage;
  }
}
