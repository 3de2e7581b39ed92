import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames, checkSignal, nearest, nonNegativeInteger, numberIn, oneOf } from '../options.js';
import type { Label } from '../sparse/labels.js';

/** 'balanced': N/(K · the class's samples). Else a weight ≥ 0 by class, as in { '-1': 1, 1: 5 }; classes that are not named have 1. */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>>;

export interface LogisticRegressionOptions {
  /** 'l2' adds ½‖w‖² to E, never of the intercepts. Default 'l2'. */
  readonly penalty?: 'l2' | 'none';
  /** What the data count against the penalty, scikit-learn's C, above 0; λ of a mean loss + λ‖w‖² is 1/(2NC). Default 1. */
  readonly C?: number;
  /** Default true. */
  readonly fitIntercept?: boolean;
  /** Multiplies the samples' own weights. Default all 1. */
  readonly classWeight?: ClassWeight;
  /** Both have the same minimum: Hessian-vector products, or gradients only. Default 'newton-cg'. */
  readonly solver?: 'newton-cg' | 'lbfgs';
  /** Converged when the gradient's norm is at most that: of E/(C·Σ weights), by the coefficients of columns scaled to variance 1. Default 1e-8. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
}

export interface ResolvedOptions extends Required<Omit<LogisticRegressionOptions, 'classWeight'>> {
  readonly classWeight: ClassWeight | undefined;
}

export interface LogisticFitOptions {
  /** What each sample counts, ≥ 0. Default all 1. */
  readonly sampleWeight?: ArrayLike<number> | Tensor;
  /** Ends the fit with an AbortError; what was learnt before it stays. */
  readonly signal?: AbortSignal;
}

const where = 'LogisticRegression';
const names = ['penalty', 'C', 'fitIntercept', 'classWeight', 'solver', 'tolerance', 'maxIterations'] as const;

export function resolveOptions(options: LogisticRegressionOptions): ResolvedOptions {
  checkNames(where, options, names);
  const { C = 1, classWeight } = options;
  if (typeof C !== 'number' || !Number.isFinite(C) || C <= 0)
    throw new RavineError('option', where, `expected C to be a finite number above 0, got ${describe(C)}`);
  return {
    penalty: oneOf(where, 'penalty', options.penalty ?? 'l2', ['l2', 'none']),
    C,
    fitIntercept: boolean(where, 'fitIntercept', options.fitIntercept ?? true),
    classWeight: classWeight === undefined ? undefined : checkClassWeight(classWeight),
    solver: oneOf(where, 'solver', options.solver ?? 'newton-cg', ['newton-cg', 'lbfgs']),
    tolerance: numberIn(where, 'tolerance', options.tolerance ?? 1e-8, 0),
    maxIterations: nonNegativeInteger(where, 'maxIterations', options.maxIterations ?? 1000),
  };
}

function checkClassWeight(value: ClassWeight): ClassWeight {
  if (value === 'balanced') return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RavineError('option', where, `expected classWeight to be 'balanced' or { class: weight }, got ${describe(value)}`);
  for (const [label, weight] of Object.entries(value)) numberIn(where, `classWeight['${label}']`, weight, 0);
  return { ...value };
}

export function checkFitOptions(caller: string, options: LogisticFitOptions): AbortSignal | undefined {
  checkNames(caller, options, ['sampleWeight', 'signal']);
  return checkSignal(caller, options.signal);
}

/** A weight for each class. */
export function classWeights(
  caller: string,
  value: ClassWeight | undefined,
  classes: readonly Label[],
  counts: readonly number[],
): readonly number[] {
  if (value === undefined) return classes.map(() => 1);
  const samples = counts.reduce((sum, count) => sum + count, 0);
  if (value === 'balanced') return counts.map((count) => samples / (classes.length * count));
  const known = classes.map(String);
  for (const label of Object.keys(value)) {
    if (known.includes(label)) continue;
    const near = nearest(label, known);
    throw new RavineError('option', caller, `classWeight names '${label}', which is no class of y`, {
      help: near === undefined ? `classes: ${known.slice(0, 20).join(', ')}` : `did you mean '${near}'?`,
    });
  }
  return known.map((label) => value[label] ?? 1);
}
