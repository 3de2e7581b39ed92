import { RavineError, describe } from '../errors.js';
import { add, mul, neg, sub } from '../ops/elementwise.js';
import { sgdStep } from '../ops/optimizer.js';
import { boolean, checkNames, numberIn, oneOf } from '../options.js';
import {
  checkLearningRate,
  learningRateAt,
  named,
  updateNumber,
  type Optimizer,
  type Schedule,
  type UpdateArguments,
  type UpdateResult,
} from './optimizer.js';

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
  const resolved = resolve(options);
  const { learningRate, momentum, nesterov, dampening } = resolved;
  const optimizer: Optimizer = {
    name: 'sgd',
    options: resolved,
    state: momentum === 0 ? [] : ['velocity'],
    scalars: dampening === 0 ? ['learningRate'] : ['learningRate', 'gradientWeight'],
    constantScalars: typeof learningRate === 'number' && dampening === 0,
    scalarsAt(info) {
      const rate = learningRateAt(learningRate, info);
      return dampening === 0 ? [rate] : [rate, updateNumber(info) === 1 ? 1 : 1 - dampening];
    },
    update: (inputs) => (dampening === 0 ? update(resolved, inputs) : dampenedUpdate(resolved, inputs)),
  };
  if (nesterov !== 'lookahead') return optimizer;
  return { ...optimizer, evaluateAt: (parameters, state) => add(parameters, mul(named('sgd', state, 'velocity'), momentum)) };
}

function resolve(given: SgdOptions | undefined): Resolved {
  const where = 'sgd';
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

function checkNesterov(value: unknown): boolean | 'lookahead' {
  if (typeof value === 'boolean' || value === 'lookahead') return value;
  throw new RavineError('option', 'sgd', `expected nesterov to be true, false or 'lookahead', got ${describe(value)}`);
}

function update(options: Resolved, { parameters, gradients, state, scalars }: UpdateArguments): UpdateResult {
  const { momentum, momentumForm, nesterov, maximize } = options;
  const rate = named('sgd', scalars, 'learningRate');
  const velocity = momentum === 0 ? undefined : named('sgd', state, 'velocity');
  let g = maximize ? neg(gradients) : gradients;
  let { weightDecay } = options;
  // The gradient was taken at w + μv: so is that of the decay.
  if (nesterov === 'lookahead' && velocity && weightDecay !== 0) {
    g = add(g, mul(add(parameters, mul(velocity, momentum)), weightDecay));
    weightDecay = 0;
  }
  const attributes = { momentum, nesterov: nesterov === true, torch: momentumForm === 'torch', weightDecay };
  const [next = parameters, v] = sgdStep(parameters, g, rate, velocity, attributes);
  return { parameters: next, state: v ? { velocity: v } : {} };
}

/** PyTorch's form with dampening, whose first step has none: the weight of the gradient is a scalar of the step. */
function dampenedUpdate({ momentum, maximize, weightDecay }: Resolved, inputs: UpdateArguments): UpdateResult {
  const { parameters, gradients, state, scalars } = inputs;
  const uphill = maximize ? neg(gradients) : gradients;
  const g = weightDecay === 0 ? uphill : add(uphill, mul(parameters, weightDecay));
  const v = add(mul(named('sgd', state, 'velocity'), momentum), mul(named('sgd', scalars, 'gradientWeight'), g));
  return { parameters: sub(parameters, mul(named('sgd', scalars, 'learningRate'), v)), state: { velocity: v } };
}
