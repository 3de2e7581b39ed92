import { isFloat } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { isArray } from '../ops/check.js';
import { boolean, checkNames } from '../options.js';
import { firstNonFinite } from '../runtime/finite.js';
import { formatType, sizeOf } from '../shape.js';
import { Dataset, disposeField, nonFinite, type Field } from './dataset.js';
import { isInput, isTarget } from './names.js';
import { perChannel, scaleOf, type Normalization, type PerChannel } from './normalize.js';
import { readElements, toTensor, type Elements, type ReadElements } from './elements.js';
import { isSparse, refuseSparse, sparseParts, type SparseElements } from './sparse-rows.js';

/**
 * Named parts of the samples; the first axis counts samples. `y` is the target, `sampleWeight` [samples] what each sample counts in the loss, all others
 * are inputs.
 */
export type DataFields = OneInput | SeveralInputs;

interface OneInput {
  readonly x: Elements | SparseElements;
  readonly y?: Elements;
  readonly [name: string]: Elements | SparseElements | undefined;
}

/** Fields `x.<name>` enter the network as one record, by name; `y.<name>` and `sampleWeight.<name>` belong to its output of that name. */
interface SeveralInputs {
  readonly x?: undefined;
  readonly y?: Elements;
  readonly sampleWeight?: Elements;
  readonly [name: `x.${string}` | `y.${string}` | `sampleWeight.${string}`]: Elements | SparseElements | undefined;
}

/** For every input, or by its name; a list has a number for each channel, the last axis. */
export type PerField = PerChannel | Readonly<Record<string, PerChannel>>;

export interface FromOptions {
  /** Inputs enter the network as `value · scale + shift`, worked out when a batch is gathered. Default 1 and 0. */
  readonly scale?: PerField;
  readonly shift?: PerField;
  /** Every input enters as (value/max − mean)/deviation, by channel where these are lists. In place of scale and shift. */
  readonly normalize?: Normalization;
  /** Refuse NaN and infinities, in one native pass. Default true. */
  readonly checkFinite?: boolean;
  /**
   * Detach the caller's arrays once they are copied, so that their memory goes with the next garbage collection and nobody uses them by mistake. Elements
   * always move into native memory, at memory speed: for that moment both exist. Default false.
   */
  readonly transfer?: boolean;
}

const where = 'data.from';

/**
 * Samples from typed arrays, nested arrays, tensors or sparse matrices. What is given is copied (tensors are shared): later changes to it do not show. A
 * network sees the rows of a SparseMatrix as dense ones, float32 [columns]; `linear` and `sparseLinear` use only their entries.
 */
export function from(fields: DataFields, options: FromOptions = {}): Dataset {
  checkNames(where, options, ['scale', 'shift', 'normalize', 'checkFinite', 'transfer']);
  if (typeof fields !== 'object' || fields === null)
    throw new RavineError('data', where, `expected { x, y }, got ${describe(fields)}`);
  const { checkFinite = true, transfer = false } = options;
  boolean(where, 'checkFinite', checkFinite);
  boolean(where, 'transfer', transfer);
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const read = given.flatMap(([name, value]) =>
    isSparse(value) ? [] : [[name, readElements(where, name, value, isTarget(name))] as const],
  );
  if (transfer) read.forEach(([name, elements]) => checkTransferable(name, elements));
  const scalesOf = scaling(options, given);
  const elementsOf = new Map(read);
  const made: Field[] = [];
  try {
    for (const [name, value] of given) {
      const elements = elementsOf.get(name);
      if (elements) made.push(makeField(name, elements, scalesOf(name, elements), checkFinite));
      else if (isSparse(value)) made.push(sparseField(name, value, options, scalesOf));
    }
    const dataset = new Dataset(where, made);
    if (transfer) read.forEach(([, elements]) => detach(elements));
    return dataset;
  } catch (error) {
    made.forEach(disposeField);
    throw error;
  }
}

interface Scaling {
  readonly scale: PerChannel;
  readonly shift: PerChannel;
}

type ScalesOf = (name: string, elements: Pick<ReadElements, 'dtype'>) => Scaling;

function sparseField(name: string, matrix: SparseElements, { normalize }: FromOptions, scalesOf: ScalesOf): Field {
  const { scale, shift } = scalesOf(name, { dtype: 'float32' });
  refuseSparse(where, name, !isInput(name), normalize !== undefined || scale !== 1 || shift !== 0);
  const { ranges, columns, values, width } = matrix[sparseParts](where);
  return { name, tensor: ranges, sparse: { columns, values }, shape: [width], dtype: 'float32', scale, shift };
}

/** How each field is scaled: by scale and shift, or to mean 0 and deviation 1. */
function scaling({ scale, shift, normalize }: FromOptions, given: readonly (readonly [string, unknown])[]): ScalesOf {
  if (normalize === undefined) {
    const [scales, shifts] = [perField('scale', scale, given, 1), perField('shift', shift, given, 0)];
    return (name) => ({ scale: scales(name), shift: shifts(name) });
  }
  if (scale !== undefined || shift !== undefined)
    throw new RavineError('option', where, 'expected scale and shift, or normalize, got both');
  return (name, { dtype }) => (isInput(name) ? scaleOf(where, normalize, dtype === 'uint8') : { scale: 1, shift: 0 });
}

function makeField(name: string, elements: ReadElements, { scale, shift }: Scaling, checkFinite: boolean): Field {
  const tensor = toTensor(elements);
  const shape = tensor.shape.slice(1);
  const found = checkFinite ? firstNonFinite(tensor) : undefined;
  if (found) {
    tensor.dispose();
    throw nonFinite(where, name, found.position, found.value, sizeOf(shape));
  }
  checkChannels(name, tensor, scale, shift);
  if ((scale !== 1 || shift !== 0) && !isFloat(tensor.dtype) && tensor.dtype !== 'uint8') {
    tensor.dispose();
    throw new RavineError(
      'dtype',
      where,
      `expected ${name} to be uint8 or float where scale or shift is given, got ${elements.dtype}`,
    );
  }
  return { name, tensor, shape, dtype: tensor.dtype, scale, shift };
}

/** Lists have as many numbers as there are channels. */
function checkChannels(name: string, tensor: Tensor, ...lists: readonly PerChannel[]): void {
  const channels = tensor.rank > 1 ? tensor.shape.at(-1) : undefined;
  for (const list of lists) {
    if (typeof list === 'number' || list.length === channels) continue;
    const got = formatType(tensor);
    tensor.dispose();
    throw new RavineError('shape', where, `expected ${name} to have ${list.length} channels in its last axis, got ${got}`);
  }
}

/** A number or list stands for every input, never for the target. */
function perField(
  option: string,
  value: PerField | undefined,
  given: readonly (readonly [string, unknown])[],
  standard: number,
): (name: string) => PerChannel {
  if (value === undefined) return () => standard;
  if (typeof value !== 'object' || isArray(value)) {
    const numbers = perChannel(where, option, value);
    return (name) => (isInput(name) ? numbers : standard);
  }
  checkNames(
    `${where} ${option}`,
    value,
    given.map(([name]) => name),
  );
  const numbers = new Map(Object.entries(value).map(([name, own]) => [name, perChannel(where, `${option}.${name}`, own)]));
  return (name) => numbers.get(name) ?? standard;
}

function checkTransferable(name: string, { owned }: ReadElements): void {
  if (owned) return;
  throw new RavineError(
    'data',
    where,
    `${name} cannot be transferred: expected a typed array that is alone on an ArrayBuffer of its own`,
    {
      help: 'leave transfer out: the data is copied either way',
    },
  );
}

function detach({ owned }: ReadElements): void {
  if (owned && owned.byteLength > 0) structuredClone(owned, { transfer: [owned] });
}
