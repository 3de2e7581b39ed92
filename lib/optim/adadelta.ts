import { adadeltaStep } from '../ops/adadelta-step.js';
import { checkNames } from '../options.js';
import { checkEpsilon, commonNames, fraction, resolveCommon, stepping, type CommonOptions } from './common.js';
import { learningRateAt, type Optimizer } from './optimizer.js';
import { resolveSpread, spreadNames, type SpreadOptions } from './spread.js';

/** Defaults: learningRate 1; epsilon 1e-6 inside of the roots, which is the default place, 1e-3 outside: with 1e-6 it hardly moves there. */
export interface AdadeltaOptions extends CommonOptions, SpreadOptions {
  /** Decay of both means, in [0, 1). Default 0.9; the paper has 0.95. */
  readonly rho?: number;
  /**
   * ε of the numerator √(d + ε), which seeds the motion; `epsilon`, which is then the denominator's alone, unless given. Their units differ: with parameters in a
   * unit s times as small, steps are the same for ε·s² here and ε/s² there (inside of the roots).
   */
  readonly numeratorEpsilon?: number;
}

const known: readonly (keyof AdadeltaOptions)[] = [...commonNames, ...spreadNames, 'rho', 'numeratorEpsilon'];

/** Adadelta (Zeiler 2012): v ← ρv + (1 − ρ)g²; Δ = √(d + ε′)/√(v + ε)·g; w ← w − αΔ; d ← ρd + (1 − ρ)Δ². It needs no step length. */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const where = 'adadelta';
  checkNames(where, options, known);
  const common = resolveCommon(where, options, { learningRate: 1 });
  const place = resolveSpread(where, options, { outside: 1e-3, inside: 1e-6, insideByDefault: true });
  const numeratorEpsilon = checkEpsilon(where, options.numeratorEpsilon ?? place.epsilon, 'numeratorEpsilon');
  const rho = fraction(where, 'rho', options.rho ?? 0.9);
  const { learningRate } = common;
  return {
    name: where,
    options: { ...common, ...place, rho, numeratorEpsilon },
    ...stepping(where, adadeltaStep, { ...common, ...place, rho, numeratorEpsilon, decoupled: false }),
    constantScalars: typeof learningRate === 'number',
    scalarsAt: (info) => [learningRateAt(learningRate, info)],
  };
}
