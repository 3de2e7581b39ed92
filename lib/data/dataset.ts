import type { DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { checkNames, nonNegativeInteger, numberIn, positiveInteger } from '../options.js';
import { tensor } from '../ops/create.js';
import { gather } from '../ops/indexing.js';
import type { Shape } from '../shape.js';
import type { Augmentation } from './augment.js';
import type { PerChannel } from './normalize.js';
import { permutation } from './permutation.js';

/** One named part of each sample, in native memory. */
export interface Field {
  readonly name: string;
  /** [samples, ...shape] */
  readonly tensor: Tensor;
  /** Of one sample. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** The network sees `value · scale + shift`, by channel where they are lists: batches of uint8 become float32 in the gather. */
  readonly scale: PerChannel;
  readonly shift: PerChannel;
  /** What training does to the images. */
  readonly augmentation?: Augmentation;
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
      const { dtype, shape, tensor } = field;
      return {
        ...field,
        tensor: new Tensor({ dtype, shape: [count, ...shape] }, { storage: evaluator().share(tensor.storage) }),
      };
    });
    return new Dataset('Dataset.take', fields);
  }

  /** Copies of the samples with these numbers, in that order. */
  subset(indices: ArrayLike<number>): Dataset {
    return this.#gather('Dataset.subset', Int32Array.from(indices));
  }

  /** Copies of the samples in two parts, drawn at random; the first holds `fraction` of them, rounded, and each at least one. */
  split(fraction: number, options: { readonly seed?: number } = {}): [Dataset, Dataset] {
    const where = 'Dataset.split';
    checkNames(where, options, ['seed']);
    const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
    const first = Math.round(numberIn(where, 'fraction', fraction, 0, 1) * this.samples);
    if (first < 1 || first >= this.samples)
      throw new RavineError('option', where, `${fraction} of ${this.samples} samples leaves a part without any`);
    const order = permutation(this.samples, seed);
    return [this.#gather(where, order.subarray(0, first)), this.#gather(where, order.subarray(first))];
  }

  #gather(where: string, rows: Int32Array): Dataset {
    const indices = tensor(rows, { dtype: 'int32' });
    const made: Field[] = [];
    try {
      for (const field of this.fields.values()) made.push({ ...field, tensor: gather(field.tensor, indices) });
      return new Dataset(where, made);
    } catch (error) {
      made.forEach(({ tensor }) => tensor.dispose());
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
    for (const { tensor } of this.fields.values()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
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
): RavineError {
  const place = `${what} ${Math.floor(position / sampleSize)}, column ${position % sampleSize}`;
  return new RavineError('data', where, `expected finite numbers, got ${describe(value)} in ${name} at ${place}`, {
    help: 'clean the data, or let it pass with { checkFinite: false }',
  });
}
