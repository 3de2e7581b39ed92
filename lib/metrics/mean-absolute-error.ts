import { cast } from '../ops/cast.js';
import { abs, div, sub } from '../ops/elementwise.js';
import { sameShape } from '../shape.js';
import { elementsPerSample, refuseShapes, sumAt, weightedSum, type Metric } from './metric.js';

/** |x − y|, the mean over all elements. Targets have the predictions' shape. */
export function meanAbsoluteError(): Metric {
  return {
    name: 'mean_absolute_error',
    sums: 1,
    accumulate(prediction, target, sampleWeight) {
      if (!sameShape(prediction.shape, target.shape))
        refuseShapes('meanAbsoluteError', 'targets of the shape of the predictions', prediction, target);
      const distances = abs(sub(prediction, cast(target, prediction.dtype)));
      return [div(weightedSum('meanAbsoluteError', distances, sampleWeight), elementsPerSample(prediction))];
    },
    result: (sums, samples) => sumAt(sums, 0) / samples,
  };
}
