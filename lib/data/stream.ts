import { checkDType, isFloat, type DType, type TypedArray } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { boolean, checkNames, positiveInteger } from '../options.js';
import { checkShape, sameShape, sizeOf, type Shape } from '../shape.js';
import { nonFinite } from './dataset.js';
import { isInput, isTarget, isWeight } from './names.js';
import { perChannel, type PerChannel } from './normalize.js';
import { readElements, type Elements } from './elements.js';

/** What a stream says of one field: batches have [rows, ...shape]. */
export interface StreamField {
  /** Of one sample. */
  readonly shape: Shape;
  /** Default 'float32', and 'int32' for targets. */
  readonly dtype?: DType;
  /** As for `data.from`. */
  readonly scale?: PerChannel;
  readonly shift?: PerChannel;
}

export interface StreamOptions extends StreamFields {
  /** Rows of a batch, at most; programs are planned for it. */
  readonly batchSize: number;
  /** Refuse NaN and infinities. Default true. */
  readonly checkFinite?: boolean;
}

/** Fields by the names that `data.from` has for them: x, or `x.<name>` of several inputs, likewise y and sampleWeight. */
interface StreamFields {
  readonly x?: StreamField;
  readonly y?: StreamField;
  /** What each sample counts in the loss: { shape: [] }. */
  readonly sampleWeight?: StreamField;
  readonly [name: `x.${string}` | `y.${string}` | `sampleWeight.${string}`]: StreamField;
}

/** A batch as the iterator gives it. */
export type Batch = Readonly<Record<string, Elements>>;

/** A batch that fits what the stream promised: dense arrays of the fields' dtypes, [rows, ...shape]. */
export interface CheckedBatch {
  readonly samples: number;
  readonly arrays: ReadonlyMap<string, TypedArray>;
}

type ResolvedField = Required<StreamField> & { readonly name: string };

const where = 'data.stream';

/**
 * Batches from an iterator, one pass an epoch: `data.stream(() => readBatches(), { batchSize, x: { shape: [784] }, y: { shape: [] } })`.
 * The function is called at the start of each epoch; what it gives is iterated while native code trains on the batches before.
 */
export function stream(open: () => AsyncIterable<Batch> | Iterable<Batch>, options: StreamOptions): StreamDataset {
  return new StreamDataset(open, options);
}

/** The data of a fit, its validation or an evaluation, batch by batch. */
export class StreamDataset {
  readonly kind = 'stream';
  readonly batchSize: number;
  readonly fields: ReadonlyMap<string, ResolvedField>;
  readonly #open: () => AsyncIterable<Batch> | Iterable<Batch>;
  readonly #checkFinite: boolean;

  constructor(open: () => AsyncIterable<Batch> | Iterable<Batch>, options: StreamOptions) {
    if (typeof open !== 'function')
      throw new RavineError('option', where, `expected a function that gives an iterable of batches, got ${describe(open)}`, {
        help: 'each epoch iterates anew: pass () => batches, not batches',
      });
    const { batchSize, checkFinite, ...given }: StreamOptions = options ?? {};
    const isNamed = (name: string): boolean => /^(x|y|sampleWeight)\../u.test(name);
    checkNames(where, options, ['batchSize', 'x', 'y', 'sampleWeight', 'checkFinite', ...Object.keys(given).filter(isNamed)]);
    this.#open = open;
    this.#checkFinite = boolean(where, 'checkFinite', checkFinite ?? true);
    this.batchSize = positiveInteger(where, 'batchSize', batchSize);
    const fields = Object.entries(given).filter(([, field]) => field !== undefined);
    if (!fields.some(([name]) => isInput(name)))
      throw new RavineError(
        'option',
        where,
        `expected an input, x: { shape, dtype }, got ${fields.map(([name]) => name).join(', ') || 'no fields'}`,
      );
    this.fields = new Map(fields.map(([name, field]) => [name, resolveField(name, field)]));
  }

  /**
   * One epoch's batches, checked one by one. Errors name the batch; an error of the iterator's own passes with its batch as it is. Ending early
   * (`return`) ends the caller's iterator too.
   */
  async *batches(): AsyncGenerator<CheckedBatch, void, undefined> {
    let index = 0;
    for await (const batch of this.#iterate()) yield this.check(batch, index++);
    if (index === 0)
      throw new RavineError('data', where, '0 batches: the iterator ended before the first', {
        help: 'the function has to give a new iterator each time',
      });
  }

  /** Checks one batch against what the stream promised. */
  check(batch: unknown, index: number): CheckedBatch {
    const at = `${where} batch ${index}`;
    if (typeof batch !== 'object' || batch === null)
      throw new RavineError('data', at, `expected { ${[...this.fields.keys()].join(', ')} }, got ${describe(batch)}`);
    const given = new Map<string, unknown>(Object.entries(batch));
    for (const name of given.keys())
      if (!this.fields.has(name)) throw new RavineError('data', at, `unknown field ${describe(name)}`);
    const arrays = new Map<string, TypedArray>();
    let samples: number | undefined;
    for (const field of this.fields.values()) {
      const { array, rows } = this.#readField(at, field, given.get(field.name));
      if (samples !== undefined && rows !== samples)
        throw new RavineError('shape', at, `expected ${samples} rows in every field, got ${rows} in ${field.name}`);
      samples = rows;
      arrays.set(field.name, array);
    }
    return { samples: samples ?? 0, arrays };
  }

  #iterate(): AsyncIterable<Batch> | Iterable<Batch> {
    const batches = this.#open();
    if (typeof batches === 'object' && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches))
      return batches;
    throw new RavineError('data', where, `expected the function to give an iterable of batches, got ${describe(batches)}`);
  }

  #readField(at: string, { name, shape, dtype }: ResolvedField, value: unknown): { array: TypedArray; rows: number } {
    const read = readElements(at, name, value, isTarget(name));
    const array = read.content instanceof Tensor ? read.content.data() : read.content;
    const size = sizeOf(shape);
    // A flat array may stand for rows: its length says how many.
    const rows = read.shape.length === 1 && shape.length > 0 && size > 0 ? array.length / size : (read.shape[0] ?? 0);
    const flat = read.shape.length === 1 && Number.isInteger(rows);
    if (!flat && !sameShape(read.shape.slice(1), shape))
      throw new RavineError('shape', at, `expected ${name} of shape [rows,${shape.join(',')}], got [${read.shape.join(',')}]`);
    if (read.dtype !== dtype) throw new RavineError('dtype', at, `expected ${name} to be ${dtype}, got ${read.dtype}`);
    if (rows < 1 || rows > this.batchSize)
      throw new RavineError('shape', at, `expected 1 to ${this.batchSize} rows in ${name}, got ${rows}`);
    if (this.#checkFinite && isFloat(dtype)) refuseNonFinite(at, name, array, size);
    return { array, rows };
  }
}

/** Batches are small and on this side of the border: the engine's own searches find what is not finite. */
function refuseNonFinite(at: string, name: string, array: TypedArray, sampleSize: number): void {
  if (!array.includes(NaN) && !array.includes(Infinity) && !array.includes(-Infinity)) return;
  const position = array.findIndex((value) => !Number.isFinite(value));
  throw nonFinite(at, name, position, array[position] ?? NaN, sampleSize);
}

function resolveField(name: string, field: StreamField): ResolvedField {
  const at = `${where} ${name}`;
  if (typeof field !== 'object' || field === null)
    throw new RavineError('option', at, `expected { shape, dtype }, got ${describe(field)}`);
  checkNames(at, field, ['shape', 'dtype', 'scale', 'shift']);
  const dtype = checkDType(at, field.dtype ?? (isTarget(name) ? 'int32' : 'float32'));
  const shape = checkShape(at, field.shape);
  const [scale, shift] = [perChannel(at, 'scale', field.scale ?? 1), perChannel(at, 'shift', field.shift ?? 0)];
  if (isWeight(name) && shape.length > 0)
    throw new RavineError('shape', at, `expected one number a sample, shape [], got [${shape.join(',')}]`);
  for (const list of [scale, shift])
    if (typeof list !== 'number' && list.length !== shape.at(-1))
      throw new RavineError('shape', at, `expected ${list.length} channels in the last axis, got the shape [${shape.join(',')}]`);
  return { name, shape, dtype, scale, shift };
}
