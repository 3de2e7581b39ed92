import { RavineError, describe } from '../../errors.js';
import { checkNames, numberIn, oneOf } from '../../options.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What every chart takes. */
export interface ChartOptions {
  readonly title?: string;
  /** Pixels, at least 200. Default 720. */
  readonly width?: number;
  /** Pixels, at least 150. Default 440. */
  readonly height?: number;
}

export interface AxisOptions {
  readonly name?: string;
  /** Default 'linear'. What is not positive has no place on a logarithmic axis and is left out. */
  readonly scale?: 'linear' | 'log';
  /** Default: of the data. */
  readonly min?: number;
  readonly max?: number;
}

/** Numbers in a row: an array, a typed array, a tensor's data. */
export type Numbers = ArrayLike<number>;

export const chartNames = ['title', 'width', 'height'] as const;

export function checkChart(where: string, options: ChartOptions, names: readonly string[], size: Partial<Size> = {}): Size {
  checkNames(where, options, [...chartNames, ...names]);
  if (options.title !== undefined) checkText(where, 'title', options.title);
  return {
    width: numberIn(where, 'width', options.width ?? size.width ?? 720, 200),
    height: numberIn(where, 'height', options.height ?? size.height ?? 440, 150),
  };
}

export function checkAxis(where: string, name: string, axis: AxisOptions = {}): AxisOptions {
  checkNames(where, axis, ['name', 'scale', 'min', 'max']);
  if (axis.name !== undefined) checkText(where, `${name}.name`, axis.name);
  const scale = oneOf(where, `${name}.scale`, axis.scale ?? 'linear', ['linear', 'log']);
  const lowest = scale === 'log' ? Number.MIN_VALUE : -Number.MAX_VALUE;
  for (const [end, value] of Object.entries({ min: axis.min, max: axis.max }))
    if (value !== undefined) numberIn(where, `${name}.${end}`, value, lowest);
  if (axis.min !== undefined && axis.max !== undefined && axis.min >= axis.max)
    throw new RavineError('option', where, `expected ${name}.min < ${name}.max, got ${axis.min} and ${axis.max}`);
  return { ...axis, scale };
}

export function checkText(where: string, name: string, value: unknown): string {
  if (typeof value !== 'string') throw new RavineError('option', where, `expected ${name} to be a text, got ${describe(value)}`);
  return value;
}

export function checkNumbers(where: string, name: string, value: unknown, length?: number): Numbers {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList) throw new RavineError('option', where, `expected ${name} to be an array of numbers, got ${describe(value)}`);
  const numbers = Array.from(value as ArrayLike<unknown>);
  const wrong = numbers.find((entry) => typeof entry !== 'number');
  if (wrong !== undefined || numbers.includes(undefined))
    throw new RavineError('option', where, `expected ${name} to be an array of numbers, got ${describe(wrong)} in it`);
  if (length !== undefined && numbers.length !== length)
    throw new RavineError('option', where, `expected ${name} to have ${length} numbers, got ${numbers.length}`);
  return value as Numbers;
}

/** Of a record: at least one entry. */
export function checkEntries<T>(where: string, name: string, value: Readonly<Record<string, T>>): [string, T][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0)
    throw new RavineError('option', where, `expected ${name} by label, got ${describe(value)}`, {
      help: `${name}: { label: … }`,
    });
  return Object.entries(value);
}

export function checkCategories(where: string, name: string, value: readonly (string | number)[]): (string | number)[] {
  const list: unknown = value;
  const isList =
    Array.isArray(list) && list.length > 0 && list.every((entry) => typeof entry === 'string' || typeof entry === 'number');
  if (!isList) throw new RavineError('option', where, `expected ${name} to be texts or numbers, got ${describe(list)}`);
  return [...value];
}
