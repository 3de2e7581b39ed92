import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { formatType, type TensorType } from '../shape.js';

/** A measure of predictions, made of sums over samples, so that batches of any size add up to what the whole set would give. */
export interface Metric {
  /** The key in logs. */
  readonly name: string;
  /** How many sums it keeps. */
  readonly sums: number;
  /** Sums over the samples of a batch: scalars, added up over batches in double. */
  accumulate(prediction: Tensor, target: Tensor): readonly Tensor[];
  /** The measure, from the sums over all samples. */
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

export function refuseShapes(where: string, expected: string, prediction: TensorType, target: TensorType, help?: string): never {
  const got = `got predictions ${formatType(prediction)} and targets ${formatType(target)}`;
  throw new RavineError('shape', where, `expected ${expected}, ${got}`, help === undefined ? {} : { help });
}

export function isInteger(type: TensorType): boolean {
  return type.dtype === 'int32' || type.dtype === 'uint8';
}
