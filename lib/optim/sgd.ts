import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { add, mul, neg, sub } from '../ops/elementwise.js';
import { sgdStep } from '../ops/sgd-step.js';
import { boolean, checkNames, numberIn, oneOf } from '../options.js';
import { stepping } from './common.js';
import {
  checkLearningRate,
  learningRateAt,
  named,
  updateNumber,
  type Optimizer,
  type Schedule,
  type UpdateArguments,
} from './optimizer.js';
import { declareLinear, type LinearStep } from './linear.js';

export interface SgdOptions {
  readonly learningRate: number | Schedule;
  /** μ in [0, 1]. */
  readonly momentum?: number;
  /**
   * 'lecture': v ← μv − αg, w ← w + v, as Keras has it; 'torch': v ← μv + g, w ← w − αv. The same while α is constant. Default 'lecture'.
   */
  readonly momentumForm?: 'lecture' | 'torch';
  /**
   * true: one gradient, at w, with the velocity applied once more. 'lookahead': the gradient is taken at w + μv (lecture's form only);
   * evaluation, prediction and saving use w.
   */
  readonly nesterov?: boolean | 'lookahead';
  /** v ← μv + (1 − dampening)·g in PyTorch's form, from the second step on. */
  readonly dampening?: number;
  /** g ← g + weightDecay·w: the gradient of ½·weightDecay·‖w‖². */
  readonly weightDecay?: number;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

type Resolved = Required<SgdOptions>;

const known: readonly (keyof SgdOptions)[] = [
  'learningRate',
  'momentum',
  'momentumForm',
  'nesterov',
  'dampening',
  'weightDecay',
  'maximize',
];

/** Stochastic gradient descent: w ← w − αg, with momentum in either form. */
export function sgd(options: SgdOptions): Optimizer {
  const where = 'sgd';
  const resolved = resolve(where, options);
  const { learningRate, momentumForm, nesterov, dampening } = resolved;
  const dampened = dampening !== 0;
  const form = { torch: momentumForm === 'torch', nesterov: nesterov === true, dampened, decoupled: false };
  const optimizer: Optimizer = {
    name: where,
    options: resolved,
    ...stepping(where, sgdStep, { ...resolved, ...form }),
    constantScalars: typeof learningRate === 'number' && !dampened,
    scalarsAt(info) {
      const rate = learningRateAt(learningRate, info);
      // PyTorch's first step has no dampening.
      return dampened ? [rate, updateNumber(info) === 1 ? 1 : 1 - dampening] : [rate];
    },
  };
  if (nesterov === 'lookahead') return lookAhead(optimizer, resolved);
  declareLinear(optimizer, linearStep(resolved));
  return optimizer;
}

/** The gradient is taken at w + μv: so is that of the decay. The step adds what is of w. */
function lookAhead(optimizer: Optimizer, { momentum, weightDecay, maximize }: Resolved): Optimizer {
  const decay = momentum * weightDecay * (maximize ? -1 : 1);
  const ahead = ({ gradients, state }: UpdateArguments): Tensor => add(gradients, mul(named('sgd', state, 'velocity'), decay));
  return {
    ...optimizer,
    update: (inputs) => optimizer.update(decay === 0 ? inputs : { ...inputs, gradients: ahead(inputs) }),
    evaluateAt: (parameters, state) => add(parameters, mul(named('sgd', state, 'velocity'), momentum)),
  };
}

function resolve(where: string, given: SgdOptions | undefined): Resolved {
  checkNames(where, given, known);
  const options: Partial<SgdOptions> = given ?? {};
  const { momentum = 0, nesterov = false, dampening = 0 } = options;
  const resolved: Resolved = {
    learningRate: checkLearningRate(where, options.learningRate),
    momentum: numberIn(where, 'momentum', momentum, 0, 1),
    momentumForm: oneOf(where, 'momentumForm', options.momentumForm ?? 'lecture', ['lecture', 'torch']),
    nesterov: checkNesterov(nesterov),
    dampening: numberIn(where, 'dampening', dampening, 0, 1),
    weightDecay: numberIn(where, 'weightDecay', options.weightDecay ?? 0, 0),
    maximize: boolean(where, 'maximize', options.maximize ?? false),
  };
  const refuse = (message: string): never => {
    throw new RavineError('option', where, message);
  };
  if (momentum === 0 && nesterov !== false) refuse(`expected momentum > 0 with nesterov: ${JSON.stringify(nesterov)}, got 0`);
  if (momentum === 0 && dampening !== 0) refuse('expected momentum > 0 with dampening, got 0');
  if (nesterov !== false && dampening !== 0) refuse(`expected dampening 0 with nesterov, got ${dampening}`);
  if (resolved.momentumForm !== 'torch' && dampening !== 0) refuse("expected momentumForm 'torch' with dampening, got 'lecture'");
  if (resolved.momentumForm !== 'lecture' && nesterov === 'lookahead')
    refuse("expected momentumForm 'lecture' with nesterov: 'lookahead', got 'torch'");
  return resolved;
}

/**
 * The formulas of `sgdStep`, with g ± for maximize and γ the gradient's weight: plain w ← (1 − αλ)w − αg; lecture v ← μv − αλw − αg, torch
 * v ← μv + γλw + γg; what w gets of the new v and, with Nesterov, once more of the gradient.
 */
function linearStep({ momentum, momentumForm, nesterov, maximize, weightDecay, dampening }: Resolved): LinearStep {
  const sign = maximize ? -1 : 1;
  return {
    velocity: momentum === 0 ? undefined : 'velocity',
    coefficients(scalars) {
      const rate = named('sgd', scalars, 'learningRate');
      const pull = mul(rate, -sign);
      const kept = sub(1, mul(rate, weightDecay));
      if (momentum === 0) return [0, 0, 0, kept, 0, pull];
      if (momentumForm === 'lecture') {
        const v = [momentum, mul(rate, -weightDecay), pull];
        return nesterov === true ? [...v, kept, momentum, pull] : [...v, 1, 1, 0];
      }
      if (nesterov === true) return [momentum, weightDecay, sign, kept, mul(rate, -momentum), pull];
      if (dampening === 0) return [momentum, weightDecay, sign, 1, neg(rate), 0];
      const weight = named('sgd', scalars, 'gradientWeight');
      return [momentum, mul(weight, weightDecay), mul(weight, sign), 1, neg(rate), 0];
    },
  };
}

function checkNesterov(value: unknown): boolean | 'lookahead' {
  if (typeof value === 'boolean' || value === 'lookahead') return value;
  throw new RavineError('option', 'sgd', `expected nesterov to be true, false or 'lookahead', got ${describe(value)}`);
}
