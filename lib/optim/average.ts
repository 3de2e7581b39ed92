import { add, mul, sub } from '../ops/elementwise.js';
import { RavineError } from '../errors.js';
import { checkNames, nonNegativeInteger } from '../options.js';
import { fraction, reader } from './common.js';
import { checkOptimizer, updateNumber, type Optimizer, type StepInfo } from './optimizer.js';

export interface AverageOptions {
  /** Exponential: a ← decay·a + (1 − decay)·w, decay in [0, 1). Without it the plain mean of all w (Polyak & Juditsky 1992). */
  readonly decay?: number;
  /** Updates before averaging begins: until then the average is w itself. Default 0. */
  readonly start?: number;
}

/**
 * The optimiser, with an average of the weights kept beside them: a ← a + k·(w − a) after each step, k = 1/t or 1 − decay, and 1 at the first, so that
 * nothing has to be corrected. Use it by `{ weights: 'average' }` in `evaluate`, `predict`, `stateDict` and `save`; training goes on from w. Running
 * statistics of batch norm are those of w.
 */
export function average(optimizer: Optimizer, options: AverageOptions = {}): Optimizer {
  const where = 'optim.average';
  checkOptimizer(where, optimizer, 'optim.average(optim.adam(), { decay: 0.999 })');
  checkNames(where, options, ['decay', 'start']);
  const start = nonNegativeInteger(where, 'start', options.start ?? 0);
  const decay = options.decay === undefined ? undefined : fraction(where, 'decay', options.decay);
  if (optimizer.average !== undefined)
    throw new RavineError('option', where, 'expected an optimizer without an average, got one with it');
  const weightAt = (info: StepInfo): number => {
    const t = updateNumber(info) - start;
    return t <= 1 ? 1 : decay === undefined ? 1 / t : 1 - decay;
  };
  const averaged = { ...optimizer, options: { ...optimizer.options, average: { decay, start } }, average: 'average' };
  if (optimizer.groups)
    return {
      ...averaged,
      state: [...optimizer.state, 'average'],
      constantScalars: false,
      groups: optimizer.groups.map(({ name, optimizer: own }) => ({ name, optimizer: average(own, options) })),
    };
  return {
    ...averaged,
    state: [...optimizer.state, 'average'],
    scalars: [...optimizer.scalars, 'averageWeight'],
    constantScalars: false,
    scalarsAt: (info) => [...optimizer.scalarsAt(info), weightAt(info)],
    update(inputs) {
      const read = reader(where, inputs);
      const { parameters, state } = optimizer.update(inputs);
      const a = read('average');
      return { parameters, state: { ...state, average: add(a, mul(read('averageWeight'), sub(parameters, a))) } };
    },
  };
}
