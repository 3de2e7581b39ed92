import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { formatType } from '../shape.js';
import type { Metric } from './metric.js';

/** A metric of predictions that are there already, all at once: `measure(f1Score(), scores, labels)`. */
export function measure(metric: Metric, prediction: Tensor, target: Tensor, sampleWeight?: Tensor): number {
  const [samples] = prediction.shape;
  if (!samples || samples !== target.shape[0])
    throw new RavineError(
      'shape',
      'measure',
      `expected a target for each of at least one prediction, got ${formatType(prediction)} and ${formatType(target)}`,
    );
  const sums = tidy(() =>
    metric.accumulate(prediction, target, metric.isWeighted ? sampleWeight : undefined).map((sum) => sum.item()),
  );
  return metric.result(sums, samples);
}
