import type { Tensor } from '../ir/tensor.js';
import { numberIn, positiveInteger } from '../options.js';
import { sizeOf } from '../shape.js';
import { at, expectDType, expectShape, expectTensor } from './check.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';
import { mean } from './reduce.js';
import { reshape } from './reshape.js';

function check(where: string, x: Tensor, epsilon: number): void {
  expectTensor(where, 'x', x);
  expectDType(where, 'x', x, 'float');
  numberIn(where, 'epsilon', epsilon, 0);
}

/** (x − μ)/√(σ² + ε) with mean and biased variance over axes. */
function standardized(x: Tensor, axis: readonly number[], epsilon: number): Tensor {
  const off = sub(x, mean(x, { axis, keepDims: true }));
  return div(off, sqrt(add(mean(square(off), { axis, keepDims: true }), epsilon)));
}

/** Each sample and place for itself: (x − μ)/√(σ² + ε) over the last `axes` axes. Floats. Ba, Kiros & Hinton 2016. */
export function layerNorm(x: Tensor, axes = 1, epsilon = 1e-5): Tensor {
  check('layerNorm', x, epsilon);
  positiveInteger('layerNorm', 'axes', axes);
  expectShape(x.rank >= axes, 'layerNorm', `at least ${axes} axes`, [x]);
  return standardized(
    x,
    Array.from({ length: axes }, (_, i) => x.rank - axes + i),
    epsilon,
  );
}

/** x/√(mean x² + ε) over the last axis. Floats. Zhang & Sennrich 2019. */
export function rmsNorm(x: Tensor, epsilon = 1e-5): Tensor {
  check('rmsNorm', x, epsilon);
  expectShape(x.rank > 0, 'rmsNorm', 'at least one axis', [x]);
  return div(x, sqrt(add(mean(square(x), { axis: -1, keepDims: true }), epsilon)));
}

/**
 * Each sample and group of channels for itself, over all places: x [samples, …, channels], the channels cut into `groups`. Floats. Wu & He 2018;
 * as many groups as channels: instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016).
 */
export function groupNorm(x: Tensor, groups: number, epsilon = 1e-5): Tensor {
  check('groupNorm', x, epsilon);
  positiveInteger('groupNorm', 'groups', groups);
  expectShape(x.rank >= 2, 'groupNorm', 'x [samples, …, channels]', [x]);
  const [samples, channels] = [at(x.shape, 0), at(x.shape, x.rank - 1)];
  expectShape(channels % groups === 0, 'groupNorm', `channels in ${groups} groups`, [x]);
  const places = sizeOf(x.shape.slice(1, -1));
  const grouped = reshape(x, [samples, places, groups, channels / groups]);
  const average = (values: Tensor): Tensor => mean(mean(values, { axis: 1, keepDims: true }), { axis: 3, keepDims: true });
  const off = sub(grouped, average(grouped));
  return reshape(mul(off, div(1, sqrt(add(average(square(off)), epsilon)))), x.shape);
}
