import { RavineError, describe } from '../errors.js';

/** What a class may be called. */
export type Label = number | string | boolean;
export type Labels = readonly Label[] | Int32Array | Uint8Array | Int8Array | Float32Array | Float64Array;

/** Whether a file's classes are labels, at least two. */
export function areClasses(value: unknown): value is Label[] {
  return (
    Array.isArray(value) && value.length > 1 && value.every((label) => ['number', 'string', 'boolean'].includes(typeof label))
  );
}

/** The classes among labels, sorted: numbers by value, texts by code unit, false before true. Numbers are whole; all are of one kind. */
export function classesOf(where: string, labels: Labels, name = 'y'): Label[] {
  checkLabels(where, labels, name);
  const classes = [...new Set<Label>(labels)];
  const first = classes[0];
  classes.forEach((label) => checkLabel(where, label, first, name));
  return classes.sort((a, b) => (a < b ? -1 : 1));
}

/** The number of each label's class. */
export function encodeLabels(
  where: string,
  labels: Labels,
  classes: readonly Label[],
  help = 'give every class at the first call: partialFit(x, y, { classes })',
): Int32Array {
  checkLabels(where, labels, 'y');
  const numbers = new Map(classes.map((label, i) => [label, i]));
  const encoded = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    const number = label === undefined ? undefined : numbers.get(label);
    if (number === undefined)
      throw new RavineError('label', where, `${describe(label)} at row ${i} is none of the ${classes.length} classes`, { help });
    encoded[i] = number;
  }
  return encoded;
}

function checkLabels(where: string, labels: unknown, name: string): void {
  if (Array.isArray(labels) || (ArrayBuffer.isView(labels) && !(labels instanceof DataView))) return;
  throw new RavineError('label', where, `expected ${name} to be an array of labels, got ${describe(labels)}`);
}

function checkLabel(where: string, label: unknown, first: unknown, name: string): void {
  if (typeof label !== 'number' && typeof label !== 'string' && typeof label !== 'boolean')
    throw new RavineError('label', where, `expected ${name} to hold numbers, texts or booleans, got ${describe(label)}`);
  if (typeof label !== typeof first)
    throw new RavineError(
      'label',
      where,
      `expected labels of one kind, got ${describe(first)} and ${describe(label)} in ${name}`,
    );
  if (typeof label === 'number' && !Number.isInteger(label))
    throw new RavineError('label', where, `expected whole numbers as labels, got ${describe(label)} in ${name}`, {
      help: 'this is a classifier: continuous targets are for regression',
    });
}
