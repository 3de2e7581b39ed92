import { RavineError, describe } from '../errors.js';
import { Module, walk, type AnyModule } from '../nn/module.js';
import { namedParameters } from '../nn/naming.js';
import type { Parameter } from '../nn/parameter.js';

/**
 * Which parameters: those in a module or in any of several; by a name such as `0.weight`, a path such as `encoder`, or a pattern in which `*` stands for
 * any text; or those of whose name and self a function says true.
 */
export type ParameterSelection =
  AnyModule | readonly AnyModule[] | string | RegExp | ((name: string, parameter: Parameter) => boolean);

export type Selector = (name: string, parameter: Parameter) => boolean;

/** Which parameters of the network are selected; all where there is no selection. `who` is what selects, in errors. */
export function selectorOf(where: string, network: AnyModule, selection: ParameterSelection | undefined, who: string): Selector {
  if (selection === undefined) return () => true;
  const selects = matcherOf(where, selection);
  const all = [...namedParameters(network)];
  if (!all.some(([name, parameter]) => selects(name, parameter))) {
    const named = typeof selection === 'string' ? ` by '${selection}'` : '';
    throw new RavineError('option', where, `${who} selects none of the network's parameters${named}`, {
      help: `they are ${all.map(([name]) => name).join(', ')}`,
    });
  }
  return selects;
}

function matcherOf(where: string, selection: ParameterSelection): Selector {
  if (selection instanceof RegExp)
    return (name) => new RegExp(selection.source, selection.flags.replace(/[gy]/gu, '')).test(name);
  if (typeof selection === 'string') {
    const parts = selection.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/gu, String.raw`\$&`));
    const pattern = new RegExp(String.raw`^${parts.join('.*')}(\..*)?$`, 'u');
    return (name) => pattern.test(name);
  }
  const modules: readonly unknown[] = Array.isArray(selection) ? selection : [selection];
  if (modules.length > 0 && modules.every((module): module is AnyModule => module instanceof Module)) {
    const members = new Set<object>(modules.flatMap((module) => [...walk(module)].map(([, member]) => member)));
    return (_, parameter) => members.has(parameter);
  }
  if (typeof selection === 'function') return (name, parameter) => selection(name, parameter);
  throw new RavineError(
    'option',
    where,
    `expected parameters to be modules, a name, a pattern or a function, got ${describe(selection)}`,
    { help: "such as { parameters: encoder }, 'encoder', '*.bias', /^body/u" },
  );
}
