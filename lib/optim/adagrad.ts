import { adagradStep } from '../ops/adagrad-step.js';
import { checkNames, numberIn } from '../options.js';
import { commonNames, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, updateNumber, type Optimizer } from './optimizer.js';
import { resolveSpread, spreadNames, type SpreadOptions } from './spread.js';

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
    initialState: { sum: initialAccumulatorValue },
    ...stepping(where, adagradStep, { ...common, ...place, decoupled: false }),
    constantScalars: typeof learningRate === 'number' && lrDecay === 0,
    scalarsAt: (info) => [learningRateAt(learningRate, info) / (1 + lrDecay * (updateNumber(info) - 1))],
  };
}
