import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { eq, gt, select } from '../ops/compare.js';
import { scalar } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { add, div, mul } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import { sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { numberIn } from '../options.js';
import { formatType } from '../shape.js';
import { weightsFor } from './loss.js';

/** What losses over classes have in common. */
export interface ClassOptions {
  /** A weight for each class, ≥ 0: the mean is then Σ w·loss/Σ w over the samples' classes. Default all 1. */
  readonly classWeights?: ArrayLike<number>;
  /** Samples with this class number do not count. Default none. */
  readonly ignoreLabel?: number;
}

export const classNames = ['classWeights', 'ignoreLabel'] as const satisfies (keyof ClassOptions)[];

export interface ResolvedClasses {
  readonly weights: readonly number[] | undefined;
  readonly ignoreLabel: number | undefined;
}

export function resolveClasses(where: string, { classWeights, ignoreLabel }: ClassOptions): ResolvedClasses {
  if (ignoreLabel !== undefined && !Number.isSafeInteger(ignoreLabel))
    throw new RavineError('option', where, `expected ignoreLabel to be an integer, got ${describe(ignoreLabel)}`);
  const weights = classWeights === undefined ? undefined : Array.from(classWeights);
  weights?.forEach((weight, i) => numberIn(where, `classWeights[${i}]`, weight, 0));
  return { weights, ignoreLabel };
}

/** The weights as a tensor [classes]. */
export function weightTensor(where: string, weights: readonly number[], logits: Tensor): Tensor {
  const classes = logits.shape.at(-1);
  if (weights.length !== classes)
    throw new RavineError('shape', where, `expected a weight for each of ${classes} classes, got ${weights.length}`);
  return tensor(Float64Array.from(weights), { dtype: logits.dtype });
}

/** Class numbers, with 0 in place of the ignored ones, and what each sample counts: undefined where all count alike. */
export function countedLabels(
  where: string,
  labels: Tensor,
  logits: Tensor,
  { weights, ignoreLabel }: ResolvedClasses,
): { labels: Tensor; counts: Tensor | undefined } {
  const ignored = ignoreLabel === undefined ? undefined : eq(labels, ignoreLabel);
  const kept = ignored ? select(ignored, 0, labels) : labels;
  const weighted = weights && reshape(gather(weightTensor(where, weights, logits), reshape(kept, [kept.size])), kept.shape);
  if (!ignored) return { labels: kept, counts: weighted };
  const number = (value: number): Tensor => scalar(value, { dtype: logits.dtype });
  const present = select(ignored, number(0), number(1));
  return { labels: kept, counts: weighted ? mul(weighted, present) : present };
}

/** count·loss; what does not count may be infinite. */
export function counted(losses: Tensor, counts: Tensor): Tensor {
  return mul(select(gt(counts, 0), losses, 0), counts);
}

/** Σ counted/Σ count, 0 where nothing counts; sample weights multiply what is added up. */
export function countedMean(where: string, losses: Tensor, counts: Tensor, sampleWeight: Tensor | undefined): Tensor {
  const total = sum(counts);
  const weighted = sampleWeight ? mul(losses, weightsFor(where, losses, sampleWeight)) : losses;
  return div(sum(weighted), select(gt(total, 0), total, 1));
}

/** Probabilities have no class number to ignore. */
export function refuseIgnored(where: string, target: Tensor): never {
  throw new RavineError('option', where, `expected class numbers with ignoreLabel, got ${formatType(target)} probabilities`);
}

/** y·(1 − ε) + ε/classes */
export function smoothed(targets: Tensor, smoothing: number): Tensor {
  return smoothing === 0 ? targets : add(mul(targets, 1 - smoothing), smoothing / (targets.shape.at(-1) ?? 1));
}
