import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq, ge, gt, lt, select } from '../ops/compare.js';
import { arange } from '../ops/constant.js';
import { div } from '../ops/elementwise.js';
import { argmax, max, sum } from '../ops/reduce.js';
import { expandDims } from '../ops/reshape.js';
import { positiveInteger } from '../options.js';
import { formatType, sameShape } from '../shape.js';
import { elementsPerSample, isInteger, refuseShapes, sumAt, type Metric } from './metric.js';

/** The share of samples whose class is among the k largest outputs; of equal outputs the first counts as the larger, as in `accuracy`. */
export function topK(k: number): Metric {
  positiveInteger('topK', 'k', k);
  return {
    name: `top_${k}_accuracy`,
    sums: 1,
    accumulate(prediction, target) {
      const classes = prediction.shape.at(-1) ?? 0;
      if (prediction.rank < 2 || classes < k)
        throw new RavineError('shape', 'topK', `expected predictions of at least ${k} classes, got ${formatType(prediction)}`);
      const right = gt(behind(prediction, expandDims(labelsOf(prediction, target), -1), classes), classes - k);
      return [div(sum(cast(right, 'float32')), elementsPerSample(right))];
    },
    result: (sums, samples) => sumAt(sums, 0) / samples,
  };
}

/** How many outputs do not come before that of the label [..., 1], itself among them; none where that is NaN. */
function behind(prediction: Tensor, labels: Tensor, classes: number): Tensor {
  const places = arange(0, classes, 1, { dtype: 'int32' });
  const own = max(select(eq(places, labels), prediction, -Infinity), { axis: -1, keepDims: true });
  const isBehind = select(eq(prediction, own), cast(ge(places, labels), 'int32'), cast(lt(prediction, own), 'int32'));
  return sum(isBehind, { axis: -1 });
}

function labelsOf(prediction: Tensor, target: Tensor): Tensor {
  if (isInteger(target) && sameShape(target.shape, prediction.shape.slice(0, -1))) return cast(target, 'int32');
  if (sameShape(target.shape, prediction.shape)) return argmax(isInteger(target) ? cast(target, 'float32') : target);
  return refuseShapes('topK', 'class numbers (int32) of all axes but the last, or one-hot targets', prediction, target);
}
