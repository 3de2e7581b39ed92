import { RavineError } from '../errors.js';
import { boolean, checkNames, numberIn, oneOf } from '../options.js';

export interface SparseLinearOptions {
  /** Of the margin z = y·s: hinge max(0, 1 − z), squaredHinge max(0, 1 − z)², log ln(1 + e^−z). Default 'hinge', a support vector machine. */
  readonly loss?: 'hinge' | 'squaredHinge' | 'log';
  /** Strength of the penalty, scikit-learn's alpha; LIBLINEAR's C is 1/(alpha · rows). Default 1e-4. */
  readonly alpha?: number;
  /** Part ρ of L1 in alpha (ρ‖w‖₁ + (1 − ρ)/2 ‖w‖²): 0 is L2, 1 is L1, between them the elastic net. Default 0. */
  readonly l1Ratio?: number;
  /**
   * 'sgd': one row a step. 'dual': coordinate descent on the dual quadratic programme to a given duality gap, with L2 only; the intercept is penalised as
   * the weight of a column of ones, as in LIBLINEAR. Default 'sgd'.
   */
  readonly solver?: 'sgd' | 'dual';
  /** With more than two classes: each against the rest, or one softmax over all (log loss). Default 'oneVsRest'. */
  readonly multiclass?: 'oneVsRest' | 'multinomial';
  /** Predict with the mean of the weights over the steps: true from the second epoch on, a number from that step on. Default false. */
  readonly average?: boolean | number;
  /** η₀ of the first step, or 'auto': doubled or halved while the objective over 1,000 rows falls (Bottou). Default 'auto'. */
  readonly learningRate?: number | 'auto';
  /** 'bottou': η₀ / (1 + alpha η₀ t), with averaging to the power 3/4; 'constant': η₀. Default 'bottou'. */
  readonly schedule?: 'bottou' | 'constant';
  /** Default true. */
  readonly intercept?: boolean;
  /** SGD: the intercept's learning rate as a part of η, small because every row moves it. Default 0.01. */
  readonly interceptRate?: number;
}

export interface ResolvedOptions extends Required<Omit<SparseLinearOptions, 'average'>> {
  readonly average: boolean;
  /** Step of the first average; undefined: the end of the first epoch. */
  readonly averageFrom: number | undefined;
}

const names = [
  'loss',
  'alpha',
  'l1Ratio',
  'solver',
  'multiclass',
  'average',
  'learningRate',
  'schedule',
  'intercept',
  'interceptRate',
] as const;

const where = 'SparseLinear';

export function resolveOptions(options: SparseLinearOptions): ResolvedOptions {
  checkNames(where, options, names);
  const { average = false, learningRate = 'auto' } = options;
  const resolved: ResolvedOptions = {
    loss: oneOf(where, 'loss', options.loss ?? 'hinge', ['hinge', 'squaredHinge', 'log']),
    alpha: positive('alpha', options.alpha ?? 1e-4),
    l1Ratio: numberIn(where, 'l1Ratio', options.l1Ratio ?? 0, 0, 1),
    solver: oneOf(where, 'solver', options.solver ?? 'sgd', ['sgd', 'dual']),
    multiclass: oneOf(where, 'multiclass', options.multiclass ?? 'oneVsRest', ['oneVsRest', 'multinomial']),
    average: average !== false,
    averageFrom: typeof average === 'number' ? numberIn(where, 'average', average, 1) : undefined,
    learningRate: learningRate === 'auto' ? 'auto' : positive('learningRate', learningRate),
    schedule: oneOf(where, 'schedule', options.schedule ?? 'bottou', ['bottou', 'constant']),
    intercept: boolean(where, 'intercept', options.intercept ?? true),
    interceptRate: numberIn(where, 'interceptRate', options.interceptRate ?? 0.01, 0),
  };
  if (typeof average !== 'number') boolean(where, 'average', average);
  if (resolved.multiclass === 'multinomial' && resolved.loss !== 'log')
    throw new RavineError('option', where, `expected the log loss with multinomial, got '${resolved.loss}'`);
  if (resolved.solver === 'dual') refuseWithDual(resolved);
  return resolved;
}

function positive(name: string, value: unknown): number {
  const number = numberIn(where, name, value, 0);
  if (number === 0) throw new RavineError('option', where, `expected ${name} to be above 0, got 0`);
  return number;
}

function refuseWithDual({ l1Ratio, average, multiclass }: ResolvedOptions): void {
  const wrong =
    l1Ratio > 0 ? 'an l1Ratio' : average ? 'averaging' : multiclass === 'multinomial' ? 'multinomial classes' : undefined;
  if (wrong === undefined) return;
  throw new RavineError('option', where, `the dual solver has no ${wrong.replace(/^an? /, '')}`, { help: "use solver: 'sgd'" });
}
