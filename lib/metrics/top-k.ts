import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq, ge, gt, lt, select } from '../ops/compare.js';
import { arange } from '../ops/constant.js';
import { div } from '../ops/elementwise.js';
import { max, sum } from '../ops/reduce.js';
import { expandDims } from '../ops/reshape.js';
import { positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { labelsOf } from './classes.js';
import { elementsPerSample, sumAt, weightedSum, type Metric } from './metric.js';

/** The share of samples whose class is among the k largest outputs; of equal outputs the first counts as the larger, as in `accuracy`. */
export function topK(k: number): Metric {
  positiveInteger('topK', 'k', k);
  return {
    name: `top_${k}_accuracy`,
    sums: 1,
    accumulate(prediction, target, sampleWeight) {
      const classes = prediction.shape.at(-1) ?? 0;
      if (prediction.rank < 2 || classes < k)
        throw new RavineError('shape', 'topK', `expected predictions of at least ${k} classes, got ${formatType(prediction)}`);
      const labels = expandDims(labelsOf('topK', prediction, target), -1);
      const right = cast(gt(behind(prediction, labels, classes), classes - k), 'float32');
      return [div(weightedSum('topK', right, sampleWeight), elementsPerSample(right))];
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
