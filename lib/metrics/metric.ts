import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { weightsFor } from '../losses/loss.js';
import { mul } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { formatType, type TensorType } from '../shape.js';

/** A measure of predictions, made of sums over samples, so that batches of any size add up to what the whole set would give. */
export interface Metric {
  /** The key in logs. */
  readonly name: string;
  /** How many sums it keeps. */
  readonly sums: number;
  /** Made by `weighted`: accumulate gets the data's sample weights. */
  readonly isWeighted?: boolean;
  /** Sums over the samples of a batch: scalars, added up over batches in double. With weights [samples], each sample counts as many times. */
  accumulate(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): readonly Tensor[];
  /** The measure, from the sums over all samples and the number of samples, or of weights the sum. */
  result(sums: readonly number[], samples: number): number;
}

/** Sum `index` of the list that `result` gets. */
export function sumAt(sums: readonly number[], index: number): number {
  return sums[index] ?? NaN;
}

/** Elements that each sample has. */
export function elementsPerSample(type: TensorType): number {
  return type.shape.slice(1).reduce((product, length) => product * length, 1);
}

/** Σ values [samples, …], each as often as its sample counts. */
export function weightedSum(where: string, values: Tensor, sampleWeight: Tensor | undefined): Tensor {
  return sum(weigh(where, values, sampleWeight));
}

/** values·weight */
export function weigh(where: string, values: Tensor, sampleWeight: Tensor | undefined): Tensor {
  return sampleWeight ? mul(values, weightsFor(where, values, sampleWeight)) : values;
}

export function refuseShapes(where: string, expected: string, prediction: TensorType, target: TensorType, help?: string): never {
  const got = `got predictions ${formatType(prediction)} and targets ${formatType(target)}`;
  throw new RavineError('shape', where, `expected ${expected}, ${got}`, help === undefined ? {} : { help });
}

export function isInteger(type: TensorType): boolean {
  return type.dtype === 'int32' || type.dtype === 'uint8';
}
