import { isFloat } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { boolean, checkNames, numberIn } from '../options.js';
import { firstNonFinite } from '../runtime/finite.js';
import { sizeOf } from '../shape.js';
import { Dataset, nonFinite, type Field } from './dataset.js';
import { readElements, toTensor, type Elements, type ReadElements } from './elements.js';

/** Named parts of the samples; the first axis counts samples. `y` is the target, all others are inputs. */
export interface DataFields {
  readonly x: Elements;
  readonly y?: Elements;
  readonly [name: string]: Elements | undefined;
}

/** For every input, or by its name. */
export type PerField = number | Readonly<Record<string, number>>;

export interface FromOptions {
  /** Inputs enter the network as `value · scale + shift`, worked out when a batch is gathered. Default 1 and 0. */
  readonly scale?: PerField;
  readonly shift?: PerField;
  /** Refuse NaN and infinities, in one native pass. Default true. */
  readonly checkFinite?: boolean;
  /**
   * Detach the caller's arrays once they are copied, so that their memory goes with the next garbage collection and nobody uses them by mistake. Elements
   * always move into native memory, at memory speed: for that moment both exist. Default false.
   */
  readonly transfer?: boolean;
}

const where = 'data.from';

/** Samples from typed arrays, nested arrays or tensors. What is given is copied (tensors are shared): later changes to it do not show. */
export function from(fields: DataFields, options: FromOptions = {}): Dataset {
  checkNames(where, options, ['scale', 'shift', 'checkFinite', 'transfer']);
  if (typeof fields !== 'object' || fields === null)
    throw new RavineError('data', where, `expected { x, y }, got ${describe(fields)}`);
  const { checkFinite = true, transfer = false } = options;
  boolean(where, 'checkFinite', checkFinite);
  boolean(where, 'transfer', transfer);
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const read = given.map(([name, value]) => [name, readElements(where, name, value, name === 'y')] as const);
  if (transfer) read.forEach(([name, elements]) => checkTransferable(name, elements));
  const scales = perField('scale', options.scale, given, 1);
  const shifts = perField('shift', options.shift, given, 0);
  const made: Field[] = [];
  try {
    for (const [name, elements] of read) made.push(makeField(name, elements, scales(name), shifts(name), checkFinite));
    const dataset = new Dataset(where, made);
    if (transfer) read.forEach(([, elements]) => detach(elements));
    return dataset;
  } catch (error) {
    made.forEach(({ tensor }) => tensor.dispose());
    throw error;
  }
}

function makeField(name: string, elements: ReadElements, scale: number, shift: number, checkFinite: boolean): Field {
  const tensor = toTensor(elements);
  const shape = tensor.shape.slice(1);
  const found = checkFinite ? firstNonFinite(tensor) : undefined;
  if (found) {
    tensor.dispose();
    throw nonFinite(where, name, found.position, found.value, sizeOf(shape));
  }
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

/** A number stands for every input, never for the target. */
function perField(
  option: string,
  value: PerField | undefined,
  given: readonly (readonly [string, unknown])[],
  standard: number,
): (name: string) => number {
  if (value === undefined) return () => standard;
  if (typeof value !== 'object') {
    const number = numberIn(where, option, value, -Infinity);
    return (name) => (name === 'y' ? standard : number);
  }
  checkNames(
    `${where} ${option}`,
    value,
    given.map(([name]) => name),
  );
  const numbers = new Map(
    Object.entries(value).map(([name, number]) => [name, numberIn(where, `${option}.${name}`, number, -Infinity)]),
  );
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
