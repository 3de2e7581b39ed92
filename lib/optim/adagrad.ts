import { add, div, mul, square, sub } from '../ops/elementwise.js';
import { checkNames, numberIn } from '../options.js';
import { commonNames, descent, reader, resolveCommon, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';
import { resolveSpread, spread, spreadNames, type SpreadOptions } from './spread.js';

/** Defaults: learningRate 1e-2, epsilon 1e-10, outside of the root. */
export interface AdagradOptions extends CommonOptions, SpreadOptions {
  /** α/(1 + lrDecay·t), t = 0 at the first update. Default 0. */
  readonly lrDecay?: number;
  /** Where the sum of squares begins. Default 0. */
  readonly initialAccumulatorValue?: number;
}

const known: readonly (keyof AdagradOptions)[] = [...commonNames, ...spreadNames, 'lrDecay', 'initialAccumulatorValue'];

/** Adagrad (Duchi 2011): s ← s + g²; w ← w − α·g/(√s + ε). Its steps only become shorter. */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const where = 'adagrad';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1e-2 });
  const place = resolveSpread(where, options, { outside: 1e-10 });
  const lrDecay = numberIn(where, 'lrDecay', options.lrDecay ?? 0, 0);
  const initialAccumulatorValue = numberIn(where, 'initialAccumulatorValue', options.initialAccumulatorValue ?? 0, 0);
  const { learningRate } = common;
  return {
    name: where,
    options: { ...common, ...place, lrDecay, initialAccumulatorValue },
    state: ['sum'],
    initialState: { sum: initialAccumulatorValue },
    scalars: ['learningRate'],
    constantScalars: typeof learningRate === 'number' && lrDecay === 0,
    scalarsAt: (info) => [learningRateAt(learningRate, info) / (1 + lrDecay * (updateNumber(info) - 1))],
    update(inputs) {
      const read = reader(where, inputs);
      const g = descent(common, inputs);
      const sum = add(read('sum'), square(g));
      return { parameters: sub(inputs.parameters, div(mul(read('learningRate'), g), spread(sum, place))), state: { sum } };
    },
  };
}
