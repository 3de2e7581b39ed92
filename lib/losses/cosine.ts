import type { Tensor } from '../ir/tensor.js';
import { add, div, mul, sqrt, square, sub } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { average, expectLike, expectSamples, type Loss } from './loss.js';

const name = 'cosine';
/** Keeps the root's gradient finite at zero vectors, as PyTorch does. */
const epsilon = 1e-12;

/** 1 − cos(x, y) along the last axis, the mean over all else. Targets have the predictions' shape and dtype. */
export function cosine(): Loss {
  return { name, checkTarget: (x, y) => expectLike(name, x, y), call };
}

function call(x: Tensor, y: Tensor, sampleWeight?: Tensor): Tensor {
  expectLike(name, x, y);
  expectSamples(name, x);
  const along = (values: Tensor): Tensor => sum(values, { axis: -1 });
  const lengths = sqrt(mul(add(along(square(x)), epsilon), add(along(square(y)), epsilon)));
  return average(name, sub(1, div(along(mul(x, y)), lengths)), sampleWeight);
}
