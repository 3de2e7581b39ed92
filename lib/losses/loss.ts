import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { max, min } from '../ops/reduce.js';
import { formatType, sameShape, type TensorType } from '../shape.js';

/** What training makes small. */
export interface Loss {
  readonly name: string;
  /** What every target lies between, where the loss asks for it; data is held to it before training. */
  readonly targetRange?: readonly [low: number, high: number];
  /** Refuses targets that do not fit a prediction. */
  checkTarget(prediction: TensorType, target: TensorType): void;
  /** The mean over samples, a scalar. */
  call(prediction: Tensor, target: Tensor): Tensor;
}

/** Nothing is broadcast: [32] beside [32, 1] would give [32, 32]. */
export function expectSameShape(where: string, prediction: TensorType, target: TensorType): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const elements = (type: TensorType): string => type.shape.filter((length) => length !== 1).join();
  const help =
    elements(prediction) === elements(target) ? { help: `reshape the targets to [${prediction.shape.join(', ')}]` } : {};
  throw new RavineError(
    'shape',
    where,
    `expected targets of shape [${prediction.shape.join(',')}], got ${formatType(target)}`,
    help,
  );
}

/** Targets of the prediction's own dtype. */
export function expectSameDType(where: string, prediction: TensorType, target: TensorType): void {
  if (prediction.dtype === target.dtype) return;
  throw new RavineError('dtype', where, `expected targets of ${prediction.dtype}, got ${formatType(target)}`, {
    help: `cast them: cast(y, '${prediction.dtype}')`,
  });
}

export function expectFloatPrediction(where: string, prediction: TensorType): void {
  if (prediction.dtype === 'float32' || prediction.dtype === 'float64') return;
  throw new RavineError('dtype', where, `expected float32 or float64 predictions, got ${formatType(prediction)}`);
}

/** Refuses a mean over nothing. */
export function expectSamples(where: string, prediction: Tensor): void {
  if (prediction.size === 0) throw new RavineError('data', where, `expected at least one sample, got ${formatType(prediction)}`);
}

/** Outside of a trace, where elements are known: refuses targets that are out of range or NaN. */
export function expectRange(where: string, target: Tensor, [low, high]: readonly [number, number]): void {
  if (currentTrace()) return;
  const [least, most] = [min(target).item(), max(target).item()];
  if (least >= low && most <= high) return;
  throw new RavineError('label', where, `expected targets in [${low}, ${high}], got ${least >= low ? most : least}`);
}
