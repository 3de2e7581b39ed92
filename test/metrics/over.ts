import { expect } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import type { Metric } from '../../lib/metrics/index.js';
import { slice } from '../../lib/ops/slice.js';

/** The measure over batches of some sizes. */
export function over(
  metric: Metric,
  prediction: Tensor,
  target: Tensor,
  batches: readonly number[] = [prediction.shape[0] ?? 0],
  sampleWeight?: Tensor,
): number {
  const sums = new Array<number>(metric.sums).fill(0);
  let begin = 0;
  for (const size of batches) {
    const part = (x: Tensor) => slice(x, [begin, ...x.shape.slice(1).fill(0)], [begin + size, ...x.shape.slice(1)]);
    const found = metric.accumulate(part(prediction), part(target), sampleWeight && part(sampleWeight));
    expect(found.map(({ shape }) => shape)).toEqual(sums.map(() => []));
    found.forEach((sum, i) => (sums[i] = (sums[i] ?? 0) + sum.item()));
    begin += size;
  }
  expect(begin).toBe(prediction.shape[0]);
  return metric.result(sums, begin);
}
