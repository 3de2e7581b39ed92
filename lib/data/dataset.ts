import type { DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { positiveInteger } from '../options.js';
import { tensor } from '../ops/create.js';
import { gather } from '../ops/indexing.js';
import type { Shape } from '../shape.js';
import type { Augmentation } from './augment.js';
import type { PerChannel } from './normalize.js';
import { countOf, foldRows, joinRows, resolveSplit, splitRows, type SplitOptions } from './split.js';

/** One named part of each sample, in native memory. */
export interface Field {
  readonly name: string;
  /** [samples, ...shape]; of sparse rows int32 [samples, 2], where each one's entries begin and end. */
  readonly tensor: Tensor;
  /** Columns, int32, and values, float32, of all entries: [entries]. Parts of the data share them. */
  readonly sparse?: { readonly columns: Tensor; readonly values: Tensor };
  /** Of one sample. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** The network sees `value · scale + shift`, by channel where they are lists: batches of uint8 become float32 in the gather. */
  readonly scale: PerChannel;
  readonly shift: PerChannel;
  /** What training does to the images. */
  readonly augmentation?: Augmentation;
}

/** One way to cross-validate: what to train on, and what to validate on. */
export interface Fold {
  readonly train: Dataset;
  readonly validation: Dataset;
}

/** Samples in native memory: what `fit` gathers its batches from. `dispose` frees them early. */
export class Dataset {
  readonly kind = 'resident';
  readonly samples: number;
  readonly fields: ReadonlyMap<string, Field>;

  /** Made by `data.from` and `data.idx`. Every field has the same number of samples, at least one. */
  constructor(where: string, fields: Iterable<Field>) {
    this.fields = new Map([...fields].map((field) => [field.name, field]));
    this.samples = countSamples(where, [...this.fields.values()]);
  }

  /** The first `count` samples, without a copy. */
  take(count: number): Dataset {
    if (positiveInteger('Dataset.take', 'count', count) > this.samples)
      throw new RavineError('option', 'Dataset.take', `expected a count from 1 to ${this.samples}, got ${count}`);
    const fields = [...this.fields.values()].map((field) => {
      const { dtype, shape } = field.tensor;
      const type = { dtype, shape: [count, ...shape.slice(1)] };
      return {
        ...field,
        tensor: new Tensor(type, { storage: evaluator().share(field.tensor.storage) }),
        ...sharedEntries(field),
      };
    });
    return new Dataset('Dataset.take', fields);
  }

  /** Copies of the samples with these numbers, in that order. */
  subset(indices: ArrayLike<number>): Dataset {
    return this.#gather('Dataset.subset', Int32Array.from(indices));
  }

  /**
   * Copies of the samples in two parts, drawn at random. The first holds `fraction` of them, rounded, or as many as a whole number from 1 on says; each
   * at least one. With `stratify` both have the classes of `y` in the same proportions, to within one sample a class.
   */
  split(fraction: number, options: SplitOptions = {}): [Dataset, Dataset] {
    const where = 'Dataset.split';
    const { seed, classes } = resolveSplit(where, this, options, 2);
    const first = countOf(where, fraction, this.samples);
    const [left, right] = splitRows(this.samples, first, seed, classes);
    return [this.#gather(where, left), this.#gather(where, right)];
  }

  /**
   * Cross-validation: the samples in `count` parts, drawn at random, which differ by one sample at most; each in turn is the one to validate on, the others
   * together those to train on. With `stratify` every part has the classes of `y` in the same proportions. Copies, one fold at a time.
   */
  *folds(count: number, options: SplitOptions = {}): IterableIterator<Fold> {
    const where = 'Dataset.folds';
    if (positiveInteger(where, 'count', count) < 2 || count > this.samples)
      throw new RavineError('option', where, `expected a count from 2 to ${this.samples}, got ${count}`);
    const { seed, classes } = resolveSplit(where, this, options, count);
    const parts = foldRows(this.samples, count, seed, classes);
    for (const [i, validation] of parts.entries()) {
      const rest = parts.filter((_, other) => other !== i);
      yield { train: this.#gather(where, joinRows(rest)), validation: this.#gather(where, validation) };
    }
  }

  #gather(where: string, rows: Int32Array): Dataset {
    const indices = tensor(rows, { dtype: 'int32' });
    const made: Field[] = [];
    try {
      for (const field of this.fields.values())
        made.push({ ...field, tensor: gather(field.tensor, indices), ...sharedEntries(field) });
      return new Dataset(where, made);
    } catch (error) {
      made.forEach(disposeField);
      throw error;
    } finally {
      indices.dispose();
    }
  }

  get disposed(): boolean {
    return [...this.fields.values()].some(({ tensor }) => tensor.disposed);
  }

  /** Frees native memory now; a fit that is running keeps what it needs. */
  dispose(): void {
    for (const field of this.fields.values()) disposeField(field);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Another handle on the entries of a sparse field. */
function sharedEntries({ sparse }: Field): Pick<Field, 'sparse'> {
  if (!sparse) return {};
  const share = (tensor: Tensor): Tensor => new Tensor(tensor, { storage: evaluator().share(tensor.storage) });
  return { sparse: { columns: share(sparse.columns), values: share(sparse.values) } };
}

export function disposeField({ tensor, sparse }: Field): void {
  tensor.dispose();
  sparse?.columns.dispose();
  sparse?.values.dispose();
}

function countSamples(where: string, fields: readonly Field[]): number {
  const [first] = fields;
  if (!first) throw new RavineError('data', where, 'expected at least one field, such as { x }');
  const samples = first.tensor.shape[0];
  for (const { name, tensor } of fields) {
    const own = tensor.shape[0];
    if (own === undefined) throw new RavineError('shape', where, `expected ${name} to have an axis of samples, got a scalar`);
    if (own !== samples)
      throw new RavineError(
        'shape',
        where,
        `expected as many samples in every field, got ${samples} in ${first.name} and ${own} in ${name}`,
        {
          help: `a flat array counts as one number a sample: give its shape, as in { data: ${name}, shape: [samples, features] }`,
        },
      );
  }
  if (samples === undefined || samples === 0) throw new RavineError('data', where, '0 samples');
  return samples;
}

/** The message of a field that has NaN or infinity in it. */
export function nonFinite(
  where: string,
  name: string,
  position: number,
  value: number,
  sampleSize: number,
  what = 'row',
  help = 'clean the data, or let it pass with { checkFinite: false }',
): RavineError {
  const place = `${what} ${Math.floor(position / sampleSize)}, column ${position % sampleSize}`;
  return new RavineError('data', where, `expected finite numbers, got ${describe(value)} in ${name} at ${place}`, { help });
}
