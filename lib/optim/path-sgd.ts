import { internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { flatten } from '../ir/tree.js';
import { namedParameters } from '../nn/naming.js';
import { gt, select } from '../ops/compare.js';
import { constant } from '../ops/constant.js';
import { add, div, mul, neg, square, sub } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { boolean, checkNames } from '../options.js';
import { backward } from '../passes/differentiate.js';
import { reader } from './common.js';
import { checkLearningRate, learningRateAt, type Optimizer, type PrepareArguments, type Schedule } from './optimizer.js';
import { expectPaths, onesFor } from './path-network.js';

export interface PathSgdOptions {
  readonly learningRate: number | Schedule;
  /** Goes uphill. */
  readonly maximize?: boolean;
}

const where = 'pathSgd';

/**
 * Path-SGD (Neyshabur, Salakhutdinov & Srebro 2015): w ← w − (α/κ)·g with κ = ∂/∂(w²) Σ net(1; w²), the sum over all paths through a weight of the squares of
 * the path's other weights; where κ = 0 the weight stays. The steps of the function do not depend on the gauge: they are the same where a unit's incoming
 * weights are multiplied and its outgoing ones divided by any number. For networks of linear layers, convolutions, ReLU, sum and average pooling, also with
 * skip connections; biases are weights from a unit that is 1. A step costs one more forward and backward pass of one sample.
 */
export function pathSgd(options: PathSgdOptions): Optimizer {
  const { learningRate, maximize } = resolve(options);
  return {
    name: where,
    options: { learningRate, maximize },
    state: [],
    prepared: ['kappa'],
    scalars: ['learningRate'],
    constantScalars: typeof learningRate === 'number',
    scalarsAt: (info) => [learningRateAt(learningRate, info)],
    prepare: (inputs) => ({ kappa: pathScales(inputs) }),
    update(inputs) {
      const read = reader(where, inputs);
      const g = maximize ? neg(inputs.gradients) : inputs.gradients;
      const kappa = read('kappa');
      const step = select(gt(kappa, 0), div(mul(read('learningRate'), g), kappa), 0);
      return { parameters: sub(inputs.parameters, step), state: {} };
    },
  };
}

function resolve(given: PathSgdOptions | undefined): Required<PathSgdOptions> {
  checkNames(where, given, ['learningRate', 'maximize']);
  const options: Partial<PathSgdOptions> = given ?? {};
  return {
    learningRate: checkLearningRate(where, options.learningRate),
    maximize: boolean(where, 'maximize', options.maximize ?? false),
  };
}

/** κ of each parameter: the network runs on ones with squares in place of its parameters, those that stay too. */
function pathScales({ network, input, parameters }: PrepareArguments): Tensor[] {
  expectPaths(where, network, input);
  const trace = currentTrace();
  internal(trace !== undefined, 'path scales outside of a trace');
  const squares = new Map(
    [...namedParameters(network).values()].map((parameter): [Tensor, Tensor] => [parameter, square(parameter)]),
  );
  const outputs = flatten(
    where,
    trace.substitute(squares, () => network.forward(onesFor(input, 1))),
  ).leaves;
  const total = outputs.map((output) => sum(output)).reduce(add);
  const wrt = parameters.map((parameter) => squares.get(parameter) ?? parameter);
  return backward([total], [constant(1, { dtype: total.dtype })], wrt);
}
