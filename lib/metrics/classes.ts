import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { gt } from '../ops/compare.js';
import { argmax } from '../ops/reduce.js';
import { sameShape } from '../shape.js';
import { isInteger, refuseShapes } from './metric.js';

/** Whether predictions have one output a sample, [n] or [n, 1]: two classes, on the sides of a threshold. */
export function isOneOutput(prediction: Tensor): boolean {
  return prediction.rank < 2 || prediction.shape.at(-1) === 1;
}

/** What each place is said to be and what it is, as 0 or 1, int32, for predictions and targets of one shape. */
export function sides(where: string, prediction: Tensor, target: Tensor, threshold: number): { said: Tensor; is: Tensor } {
  if (!sameShape(prediction.shape, target.shape))
    refuseShapes(
      where,
      'targets of the shape of the predictions',
      prediction,
      target,
      `reshape the targets to [${prediction.shape.join(', ')}]`,
    );
  return { said: cast(gt(prediction, threshold), 'int32'), is: cast(gt(cast(target, 'float32'), 0.5), 'int32') };
}

/** The targets' class numbers, int32 [n, …], for outputs [n, …, classes]: given as such, or one-hot. */
export function labelsOf(where: string, prediction: Tensor, target: Tensor): Tensor {
  if (isInteger(target) && sameShape(target.shape, prediction.shape.slice(0, -1))) return cast(target, 'int32');
  if (sameShape(target.shape, prediction.shape)) return argmax(isInteger(target) ? cast(target, 'float32') : target);
  return refuseShapes(where, 'class numbers (int32) of all axes but the last, or one-hot targets', prediction, target);
}
