import { RavineError } from '../errors.js';
import type { Names } from '../passes/encode.js';
import { addon } from './native.js';

let resolved: Names | undefined;

/** Numbers of kernels, operations and kinds by name, as the loaded addon lists them. */
export function names(): Names {
  resolved ??= resolve();
  return resolved;
}

function resolve(): Names {
  const { kernels, elementwise, reductions } = addon();
  const kernelNumbers = new Map(kernels.map(({ name }, i) => [name, i]));
  const lists = {
    elementwise: new Map(elementwise.map((name, i) => [name, i])),
    reductions: new Map(reductions.map((name, i) => [name, i])),
  };
  const numberIn = (numbers: ReadonlyMap<string, number>, name: string): number => {
    const number = numbers.get(name);
    if (number === undefined)
      throw new RavineError('addon', 'ravine', `the addon has no '${name}'`, {
        help: 'it was built from other sources: run `npm run build`',
      });
    return number;
  };
  return { kernel: (name) => numberIn(kernelNumbers, name), code: (list, name) => numberIn(lists[list], name) };
}
