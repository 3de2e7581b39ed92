import { RavineError, describe } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { tensor } from '../../ops/create.js';
import { checkNames, positiveInteger } from '../../options.js';
import { jit } from '../../runtime/jit.js';
import { checkNumbers, type Numbers } from './options.js';

/** Values of a function of two numbers over a grid. */
export interface Field {
  /** [n], [m]: ascending. */
  readonly x: Numbers;
  readonly y: Numbers;
  /** [m, n] by rows: a row for each y. */
  readonly values: Numbers;
}

/** From, to. */
export type Range = readonly [number, number];

export interface FieldOptions {
  readonly x: Range;
  readonly y: Range;
  /** On each side. Default 81. */
  readonly points?: number;
}

/** A function of two parameters, w float64 [2] → [], over a grid of equal steps. */
export function sampleField(f: (w: Tensor) => Tensor, options: FieldOptions): Field {
  const where = 'lab.sampleField';
  if (typeof f !== 'function') throw new RavineError('option', where, `expected a function of a tensor, got ${describe(f)}`);
  checkNames(where, options, ['x', 'y', 'points']);
  const points = positiveInteger(where, 'points', options.points ?? 81);
  const [x, y] = [gridOf(checkRange(where, 'x', options.x), points), gridOf(checkRange(where, 'y', options.y), points)];
  const program = jit(f);
  const values = new Float64Array(points * points);
  for (let i = 0; i < values.length; i++) {
    const w = tensor(Float64Array.of(x[i % points] ?? NaN, y[Math.floor(i / points)] ?? NaN));
    const value = program.sync(w);
    values[i] = value.item();
    // Nothing is collected inside of a synchronous loop.
    w.dispose();
    value.dispose();
  }
  return { x, y, values };
}

function gridOf([from, to]: Range, points: number): Float64Array {
  return Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / Math.max(1, points - 1));
}

export function checkRange(where: string, name: string, range: Range): Range {
  const value: unknown = range;
  const [from, to] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  if (!(typeof from === 'number' && typeof to === 'number' && from < to && Number.isFinite(to - from)))
    throw new RavineError(
      'option',
      where,
      `expected ${name} to be [from, to], got ${Array.isArray(value) ? `[${value.join(', ')}]` : describe(value)}`,
    );
  return [from, to];
}

export function checkField(where: string, field: Field): Field {
  checkNames(where, field, ['x', 'y', 'values']);
  const [x, y] = [checkAscending(where, 'field.x', field.x), checkAscending(where, 'field.y', field.y)];
  return { x, y, values: checkNumbers(where, 'field.values', field.values, x.length * y.length) };
}

function checkAscending(where: string, name: string, value: Numbers): Numbers {
  const numbers = Array.from(checkNumbers(where, name, value));
  const ascends = numbers.every((number, i) => Number.isFinite(number) && (i === 0 || number > (numbers[i - 1] ?? NaN)));
  if (numbers.length < 2 || !ascends)
    throw new RavineError('option', where, `expected ${name} to be two or more numbers that ascend`);
  return value;
}
