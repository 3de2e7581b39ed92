import { RavineError, describe } from '../errors.js';
import type { Parameter } from '../nn/parameter.js';
import { checkNames } from '../options.js';
import { checkOptimizer, type Optimizer, type OptimizerGroup } from './optimizer.js';
import { selectorOf, type ParameterSelection, type Selector } from './selection.js';

export interface ParameterGroup {
  /** In logs: `learning_rate_<name>`. The group's number, from 0, unless given. */
  readonly name?: string;
  /** The last group may leave it out: it has all others. */
  readonly parameters?: ParameterSelection;
  readonly optimizer: Optimizer;
}

const where = 'optim.groups';
const help =
  'optim.groups([{ parameters: encoder, optimizer: optim.adam({ learningRate: 1e-4 }) }, { optimizer: optim.adam() }])';

/**
 * An optimiser for each group of parameters, with its own learning rate, schedule and weight decay. A parameter belongs to the first group that selects it,
 * and has to belong to one. Freeze modules to leave them as they are. A group's step is one pass over its part of the flat buffer.
 */
export function groups(list: readonly ParameterGroup[]): Optimizer {
  const resolved = resolve(list);
  const optimizers = resolved.map(({ optimizer }) => optimizer);
  return {
    name: 'groups',
    options: { groups: resolved.map(({ name, optimizer }) => ({ name, optimizer: optimizer.name, ...optimizer.options })) },
    groups: resolved,
    state: [...new Set(optimizers.flatMap(({ state }) => state))],
    scalars: [],
    constantScalars: optimizers.every(({ constantScalars }) => constantScalars === true),
    scalarsAt: () => [],
    update() {
      throw new RavineError('option', where, 'expected to be the optimizer of a model, got a call of update', {
        help: 'each group has an optimizer with an update of its own',
      });
    },
    groupsIn(network) {
      const selectors = list.map(({ parameters }, i) =>
        selectorOf(where, network, parameters, `group '${resolved[i]?.name ?? ''}'`),
      );
      return (name, parameter) => indexOf(selectors, name, parameter);
    },
  };
}

function resolve(list: readonly ParameterGroup[]): readonly OptimizerGroup[] {
  const given: unknown = list;
  if (!Array.isArray(given) || list.length === 0)
    throw new RavineError('option', where, `expected a list of groups, got ${describe(given)}`, { help });
  const resolved = list.map(({ name, optimizer, ...rest }, i) => {
    checkNames(where, rest, ['parameters']);
    checkOptimizer(where, optimizer, help);
    if (optimizer.groups) throw new RavineError('option', where, `expected groups without groups in them, got one in group ${i}`);
    if (rest.parameters === undefined && i < list.length - 1)
      throw new RavineError('option', where, `expected parameters in all groups but the last, got none in group ${i}`);
    return { name: name ?? String(i), optimizer };
  });
  const names = new Set(resolved.map(({ name }) => name));
  if (names.size < resolved.length) throw new RavineError('option', where, 'expected a name of its own for each group');
  return resolved;
}

function indexOf(selectors: readonly Selector[], name: string, parameter: Parameter): number {
  const index = selectors.findIndex((selects) => selects(name, parameter));
  if (index >= 0) return index;
  throw new RavineError('option', where, `expected a group for every parameter, got none for '${name}'`, {
    help: 'a last group without `parameters` has all others',
  });
}
