import { rmspropStep } from '../ops/rmsprop-step.js';
import { boolean, checkNames, numberIn } from '../options.js';
import { commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, type Optimizer } from './optimizer.js';
import { resolveSpread, spreadNames, type SpreadOptions } from './spread.js';

/** Defaults: learningRate 1e-2, epsilon 1e-8, outside of the root. */
export interface RmspropOptions extends CommonOptions, SpreadOptions {
  /** Decay of the mean of squares, in [0, 1). Default 0.99. */
  readonly alpha?: number;
  /** Of the scaled gradients, in [0, 1]. Default 0. */
  readonly momentum?: number;
  /** Scales by the gradients' variance, not by the mean of their squares. Default false. */
  readonly centered?: boolean;
}

const known: readonly (keyof RmspropOptions)[] = [...commonNames, ...spreadNames, 'alpha', 'momentum', 'centered'];

/**
 * RMSProp (Hinton 2012): v ← av + (1 − a)g²; w ← w − α·g/(√v + ε). Centered: m ← am + (1 − a)g, and v − m² in the place of v.
 * With momentum: u ← μu + g/(√v + ε); w ← w − αu.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const where = 'rmsprop';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1e-2 });
  const place = resolveSpread(where, options, { outside: 1e-8 });
  const alpha = fraction(where, 'alpha', options.alpha ?? 0.99);
  const momentum = numberIn(where, 'momentum', options.momentum ?? 0, 0, 1);
  const centered = boolean(where, 'centered', options.centered ?? false);
  const { learningRate } = common;
  return {
    name: where,
    options: { ...common, ...place, alpha, momentum, centered },
    ...stepping(where, rmspropStep, { ...common, ...place, alpha, momentum, centered, decoupled: false }),
    constantScalars: typeof learningRate === 'number',
    scalarsAt: (info) => [learningRateAt(learningRate, info)],
  };
}
