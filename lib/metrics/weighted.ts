import { scalar } from '../ops/constant.js';
import { sum } from '../ops/reduce.js';
import { cast } from '../ops/cast.js';
import type { Metric } from './metric.js';

/**
 * The metric with every sample counting as much as the data's `sampleWeight` says, as in Keras' weighted metrics; its key is `weighted_<name>`. Without
 * weights all count 1.
 */
export function weighted(metric: Metric): Metric {
  return {
    name: `weighted_${metric.name}`,
    sums: metric.sums + 1,
    isWeighted: true,
    accumulate(prediction, target, sampleWeight) {
      const total = sampleWeight ? sum(cast(sampleWeight, 'float64')) : scalar(prediction.shape[0] ?? 1, { dtype: 'float64' });
      return [...metric.accumulate(prediction, target, sampleWeight), total];
    },
    result: (sums, samples) => metric.result(sums.slice(0, -1), sums.at(-1) ?? samples),
  };
}
