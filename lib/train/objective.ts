import { RavineError, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { add, mul } from '../ops/elementwise.js';
import { reshape } from '../ops/reshape.js';
import { formatType } from '../shape.js';
import type { Head } from './heads.js';
import { penaltyIn } from './penalty.js';
import type { Prediction } from './prediction.js';
import type { Batch, ModelParts } from './session.js';

export function field(batch: Batch, name: string): Tensor {
  const tensor = batch.get(name);
  if (tensor === undefined)
    throw new RavineError('data', 'fit', `expected data with '${name}', got ${[...batch.keys()].join(', ') || 'nothing'}`);
  return tensor;
}

/** What training makes small: Σ weight·loss of the outputs, each the mean of the batch, and the regularizers' λR(w) once, whatever samples weigh. */
export function lossIn(parts: ModelParts, prediction: Prediction, batch: Batch): Tensor {
  return totalOf(parts, lossesIn(parts, prediction, batch));
}

/** What the logs are made of, in the order of `columnsOf`; `loss` is the first of it where there is one. */
export function sumsIn(parts: ModelParts, prediction: Prediction, batch: Batch): { loss: Tensor | undefined; sums: Tensor[] } {
  const losses = lossesIn(parts, prediction, batch);
  const loss = losses.length > 0 ? totalOf(parts, losses) : undefined;
  const own = losses.filter(({ head }) => head.output !== undefined).map(({ value }) => value);
  const metrics = parts.heads.flatMap((head) => {
    const [target, weights] = [field(batch, head.target), weightsOf(head, batch)];
    return head.metrics.flatMap((metric) => [
      ...metric.accumulate(outputIn(prediction, head, parts), target, metric.isWeighted ? weights : undefined),
    ]);
  });
  return { loss, sums: [...(loss ? [loss] : []), ...own, ...metrics] };
}

interface HeadLoss {
  readonly head: Head;
  readonly value: Tensor;
}

function lossesIn(parts: ModelParts, prediction: Prediction, batch: Batch): HeadLoss[] {
  return parts.heads.flatMap((head) => {
    if (!head.loss) return [];
    const value: unknown = head.loss.call(outputIn(prediction, head, parts), field(batch, head.target), weightsOf(head, batch));
    if (!(value instanceof Tensor) || value.size !== 1)
      throw new RavineError(
        'shape',
        head.loss.name,
        `expected a loss that is one number, got ${value instanceof Tensor ? formatType(value) : String(value)}`,
      );
    return [{ head, value }];
  });
}

/** Its own samples' weights, or those of all. */
function weightsOf({ sampleWeight }: Head, batch: Batch): Tensor | undefined {
  return batch.get(sampleWeight) ?? batch.get('sampleWeight');
}

function totalOf(parts: ModelParts, losses: readonly HeadLoss[]): Tensor {
  const [first] = losses;
  internal(first !== undefined, 'a loss in all of nothing');
  const dtype = first.value.dtype === 'float64' ? 'float64' : 'float32';
  const terms = losses.map(({ head, value }) => {
    const number = value.dtype === dtype ? value : cast(value, dtype);
    return head.weight === 1 ? number : mul(number, head.weight);
  });
  const penalty = penaltyIn(parts.network, parts.regularizer, dtype);
  const all = penalty ? [...terms, penalty] : terms;
  return all.length === 1 ? (all[0] ?? first.value) : all.map((term) => reshape(term, [])).reduce((a, b) => add(a, b));
}

function outputIn(prediction: Prediction, { output }: Head, { heads }: ModelParts): Tensor {
  if (prediction instanceof Tensor) {
    if (output === undefined) return prediction;
    throw new RavineError(
      'option',
      'model',
      `expected a network of the outputs ${namesOf(heads)}, got one that returns a tensor`,
      {
        help: `return { ${namesOf(heads)} }, or give one loss and a list of metrics`,
      },
    );
  }
  const names = Object.keys(prediction).join(', ');
  if (output === undefined)
    throw new RavineError('option', 'model', `expected losses and metrics by the network's outputs, which are ${names}`, {
      help: 'loss: { a: losses.…, b: losses.… }, metrics: { a: [metrics.…] }',
    });
  const tensor = Object.hasOwn(prediction, output) ? prediction[output] : undefined;
  if (tensor) return tensor;
  throw new RavineError('option', 'model', `expected an output '${output}' of the network, got ${names}`);
}

function namesOf(heads: readonly Head[]): string {
  return heads.map(({ output }) => output).join(', ');
}
