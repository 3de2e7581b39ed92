import type { Tensor } from '../ir/tensor.js';
import { numberIn } from '../options.js';
import { expectDType, expectShape, expectTensor } from './check.js';
import { lt, select } from './compare.js';
import { abs, add, exp, log, mul, square, sub } from './elementwise.js';
import { stopGradient } from './identity.js';
import { countOf, max, mean, reduceAttributes, sum, type ReduceOptions } from './reduce.js';
import { reshape } from './reshape.js';

/**
 * log Σ exp(x) over axes, without overflow: m + log Σ exp(x − m), m the largest element where it is finite. An error for nothing. Floats. Its gradient is
 * softmax(x).
 */
export function logsumexp(x: Tensor, options?: ReduceOptions): Tensor {
  const { axes, keepDims } = reduceAttributes('logsumexp', x, options);
  expectDType('logsumexp', 'x', x, 'float');
  expectShape(countOf(x, axes) > 0, 'logsumexp', 'at least one element', [x]);
  const largest = stopGradient(max(x, { axis: axes, keepDims: true }));
  const shift = select(lt(abs(largest), Infinity), largest, 0);
  const y = add(log(sum(exp(sub(x, shift)), { axis: axes, keepDims: true })), shift);
  return keepDims ? y : without(y, axes);
}

function without(y: Tensor, axes: readonly number[]): Tensor {
  return reshape(
    y,
    y.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

export interface VarianceOptions extends ReduceOptions {
  /** What is taken off the number of elements: 0 (default) for the population's variance, 1 for a sample's. */
  readonly correction?: number;
}

/** Σ (x − mean)² / (n − correction) over axes; NaN where n ≤ correction. Floats. */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  expectTensor('variance', 'x', x);
  expectDType('variance', 'x', x, 'float');
  const { axes, keepDims } = reduceAttributes('variance', x, options, ['correction']);
  const correction = numberIn('variance', 'correction', options.correction ?? 0, 0);
  const deviations = square(sub(x, mean(x, { axis: axes, keepDims: true })));
  return mul(sum(deviations, { axis: axes, keepDims }), 1 / Math.max(0, countOf(x, axes) - correction));
}
