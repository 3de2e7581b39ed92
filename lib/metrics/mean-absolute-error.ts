import { cast } from '../ops/cast.js';
import { abs, div, sub } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { sameShape } from '../shape.js';
import { elementsPerSample, refuseShapes, sumAt, type Metric } from './metric.js';

/** |x − y|, the mean over all elements. Targets have the predictions' shape. */
export function meanAbsoluteError(): Metric {
  return {
    name: 'mean_absolute_error',
    sums: 1,
    accumulate(prediction, target) {
      if (!sameShape(prediction.shape, target.shape))
        refuseShapes('meanAbsoluteError', 'targets of the shape of the predictions', prediction, target);
      return [div(sum(abs(sub(prediction, cast(target, prediction.dtype)))), elementsPerSample(prediction))];
    },
    result: (sums, samples) => sumAt(sums, 0) / samples,
  };
}
