import { RavineError, describe } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import type { AnyModule } from '../nn/module.js';
import { namedParameters } from '../nn/naming.js';
import { cast } from '../ops/cast.js';
import { add } from '../ops/elementwise.js';
import { reshape } from '../ops/reshape.js';
import { selectorOf } from '../optim/selection.js';
import { checkNames } from '../options.js';
import type { Regularizer, RegularizerGroup } from '../regularizers/regularizer.js';
import { formatType } from '../shape.js';

const where = 'regularizer';
const help = "regularizer: regularizers.l2(1e-4), or [{ parameters: '*.weight', regularizer: regularizers.l2(1e-4) }]";

/** A model's option `regularizer` as a list, checked. Groups add up: a parameter that several select has the sum of theirs. */
export function resolveRegularizer(
  network: AnyModule,
  option: Regularizer | readonly RegularizerGroup[] | undefined,
): RegularizerGroup[] {
  if (option === undefined) return [];
  if (typeof option === 'function') return [{ regularizer: option }];
  const given: unknown = option;
  if (!Array.isArray(given))
    throw new RavineError('option', where, `expected a function or a list of groups, got ${describe(given)}`, { help });
  return option.map((group, i) => {
    const entry: unknown = group;
    if (typeof entry !== 'object' || entry === null)
      throw new RavineError('option', where, `expected { parameters, regularizer } in place ${i}, got ${describe(entry)}`, {
        help,
      });
    checkNames(where, group, ['parameters', 'regularizer']);
    const regularizer: unknown = group.regularizer;
    if (typeof regularizer !== 'function')
      throw new RavineError('option', where, `expected a function in group ${i}, got ${describe(regularizer)}`, { help });
    selectorOf(where, network, group.parameters, `group ${i}`);
    return group;
  });
}

/** λR(w): what the groups give for the parameters that train, added up, a scalar of `dtype`. Undefined where there is nothing. */
export function penaltyIn(
  network: AnyModule,
  groups: readonly RegularizerGroup[],
  dtype: 'float32' | 'float64',
): Tensor | undefined {
  const terms = groups.flatMap(({ parameters, regularizer }, i) => {
    const selects = selectorOf(where, network, parameters, `group ${i}`);
    return [...namedParameters(network)]
      .filter(([name, parameter]) => parameter.trainable && selects(name, parameter))
      .map(([name, parameter]) => termOf(regularizer, parameter, name, dtype));
  });
  return terms.length > 0 ? terms.reduce((total, term) => add(total, term)) : undefined;
}

function termOf(regularizer: Regularizer, weights: Tensor, name: string, dtype: 'float32' | 'float64'): Tensor {
  const term: unknown = regularizer(weights, name);
  if (!(term instanceof Tensor) || term.size !== 1) {
    const got = term instanceof Tensor ? formatType(term) : describe(term);
    throw new RavineError('shape', where, `expected one number for '${name}', got ${got}`, { help: 'add up: sum(…)' });
  }
  const number = reshape(term, []);
  return number.dtype === dtype ? number : cast(number, dtype);
}
