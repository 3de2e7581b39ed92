import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { AnyModule } from '../nn/module.js';
import { clamp } from '../ops/compare.js';
import { div, maximum, mul, sqrt, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { numberIn } from '../options.js';
import { smallestFloat32 } from './common.js';
import type { Optimizer } from './optimizer.js';

/** The optimiser on gradients of the loss, without those of weight decay, whose elements are kept within ±limit. */
export function clipByValue(optimizer: Optimizer, limit: number): Optimizer {
  const where = 'clipByValue';
  numberIn(where, 'limit', limit, 0);
  return withGradients(where, optimizer, { clipByValue: limit }, (gradients) => clamp(gradients, -limit, limit));
}

/** The optimiser on g·c/max(‖g‖, c), with the norm over all gradients of the step: those of norm c or less stay as they are. */
export function clipByGlobalNorm(optimizer: Optimizer, largest: number): Optimizer {
  const where = 'clipByGlobalNorm';
  numberIn(where, 'largest', largest, smallestFloat32);
  return withGradients(where, optimizer, { clipByGlobalNorm: largest }, (gradients) => {
    const norm = sqrt(sum(square(gradients)));
    return mul(gradients, div(largest, maximum(norm, largest)));
  });
}

function withGradients(where: string, optimizer: Optimizer, options: object, change: (gradients: Tensor) => Tensor): Optimizer {
  const given: unknown = optimizer;
  if (typeof given !== 'object' || given === null || typeof optimizer.update !== 'function')
    throw new RavineError('option', where, `expected an optimizer, got ${describe(given)}`, {
      help: `optim.${where}(optim.adam(), 1)`,
    });
  const { name, state, scalars, initialState, constantScalars } = optimizer;
  return {
    name,
    options: { ...optimizer.options, ...options },
    state,
    ...(initialState && { initialState }),
    scalars,
    ...(constantScalars !== undefined && { constantScalars }),
    scalarsAt: (info) => optimizer.scalarsAt(info),
    update: (inputs) => optimizer.update({ ...inputs, gradients: change(inputs.gradients) }),
    ...(optimizer.prepare && { prepare: (network: AnyModule) => optimizer.prepare?.(network) }),
    ...(optimizer.evaluateAt && { evaluateAt: optimizer.evaluateAt.bind(optimizer) }),
  };
}
