import { internal } from '../errors.js';
import type { Dataset } from '../data/dataset.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { reshape } from '../ops/reshape.js';
import { split } from '../ops/slice.js';
import { gatherBatch } from './batch-graph.js';
import { lossIn } from './objective.js';
import { inputIn, predictIn } from './prediction.js';
import type { ModelParts } from './session.js';
import { fieldsOf } from './sources.js';

/**
 * A model's mean loss over samples as a function of parameters, [P] one after the other, and of the samples' numbers; the others are as they are. Traced as in
 * evaluation: dropout off, statistics as they are.
 */
export function lossOfParameters(
  parts: ModelParts,
  dataset: Dataset,
  parameters: readonly Tensor[],
  workType: 'float32' | 'float64',
): (x: Tensor, indices: Tensor) => Tensor {
  const fields = fieldsOf(dataset, ['x', 'y', 'sampleWeight']);
  return (x, indices) => {
    const trace = currentTrace();
    internal(trace !== undefined, 'a loss outside of a trace');
    const pieces = split(
      x,
      parameters.map(({ size }) => size),
    );
    const own = new Map(parameters.map((parameter, i) => [parameter, reshape(pieces[i] ?? x, parameter.shape)]));
    return trace.substitute(own, () => {
      const batch = gatherBatch(trace, dataset, fields, indices, workType);
      return lossIn(parts, predictIn(parts.network, inputIn(batch)), batch);
    });
  };
}
