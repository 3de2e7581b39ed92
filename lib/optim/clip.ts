import type { Tensor } from '../ir/tensor.js';
import { clamp } from '../ops/compare.js';
import { div, maximum, mul, sqrt, square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { numberIn } from '../options.js';
import { smallestFloat32 } from './common.js';
import { checkOptimizer, type Optimizer } from './optimizer.js';

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
  checkOptimizer(where, optimizer, `optim.${where}(optim.adam(), 1)`);
  const changed = { ...optimizer, options: { ...optimizer.options, ...options } };
  if (optimizer.groups)
    return { ...changed, changeGradients: (gradients) => optimizer.changeGradients?.(change(gradients)) ?? change(gradients) };
  return { ...changed, update: (inputs) => optimizer.update({ ...inputs, gradients: change(inputs.gradients) }) };
}
