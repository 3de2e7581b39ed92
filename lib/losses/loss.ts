import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { tidy } from '../ir/tidy.js';
import { cast } from '../ops/cast.js';
import { abs, minimum, mul, sub } from '../ops/elementwise.js';
import { argmax, max, mean, min } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { formatType, sameShape, type TensorType } from '../shape.js';

/** What training makes small. */
export interface Loss {
  readonly name: string;
  /** What every target lies between, where the loss asks for it; data is held to it before training. */
  readonly targetRange?: readonly [low: number, high: number];
  /** The only values that targets may have, where the loss asks for it; likewise. */
  readonly targetValues?: readonly number[];
  /** Refuses targets that do not fit a prediction. */
  checkTarget(prediction: TensorType, target: TensorType): void;
  /** The mean over samples, a scalar; with weights [samples], Σ weight·loss/samples. */
  call(prediction: Tensor, target: Tensor, sampleWeight?: Tensor): Tensor;
}

/**
 * The mean of losses [samples, …] of single elements. A sample's weight multiplies what it adds: it does not depend on the batch that it came in, and
 * a sample of weight 2 counts as two.
 */
export function average(where: string, losses: Tensor, sampleWeight: Tensor | undefined): Tensor {
  if (!sampleWeight) return mean(losses);
  return mean(mul(losses, weightsFor(where, losses, sampleWeight)));
}

/** Weights [samples] that meet losses [samples, …], of their dtype. */
export function weightsFor(where: string, losses: Tensor, sampleWeight: Tensor): Tensor {
  if (sampleWeight.rank !== 1 || sampleWeight.shape[0] !== losses.shape[0])
    throw new RavineError(
      'shape',
      where,
      `expected a weight for each of ${losses.shape[0]} samples, got ${formatType(sampleWeight)}`,
    );
  const weights = sampleWeight.dtype === losses.dtype ? sampleWeight : cast(sampleWeight, losses.dtype);
  return reshape(weights, [sampleWeight.size, ...losses.shape.slice(1).map(() => 1)]);
}

/** A loss of the elements of predictions and targets of one shape and dtype. */
export function elementwiseLoss(
  name: string,
  elements: (prediction: Tensor, target: Tensor) => Tensor,
  limits: Pick<Loss, 'targetRange' | 'targetValues'> = {},
): Loss {
  const checkTarget = (prediction: TensorType, target: TensorType): void => {
    expectFloatPrediction(name, prediction);
    expectSameShape(name, prediction, target);
    const isWhole = target.dtype === 'int32' || target.dtype === 'uint8';
    if (!(limits.targetValues && isWhole)) expectSameDType(name, prediction, target);
  };
  return {
    name,
    ...limits,
    checkTarget,
    call(prediction, target, sampleWeight) {
      checkTarget(prediction, target);
      expectSamples(name, prediction);
      const y = target.dtype === prediction.dtype ? target : cast(target, prediction.dtype);
      if (limits.targetRange) expectRange(name, y, limits.targetRange);
      if (limits.targetValues) expectValues(name, y, limits.targetValues);
      return average(name, elements(prediction, y), sampleWeight);
    },
  };
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

/** Targets like the predictions, which are floats. */
export function expectLike(where: string, prediction: TensorType, target: TensorType): void {
  expectFloatPrediction(where, prediction);
  expectSameShape(where, prediction, target);
  expectSameDType(where, prediction, target);
}

/** Refuses a mean over nothing. */
export function expectSamples(where: string, prediction: Tensor): void {
  if (prediction.size === 0) throw new RavineError('data', where, `expected at least one sample, got ${formatType(prediction)}`);
}

/** Outside of a trace, where elements are known: refuses targets that are none of the values. */
export function expectValues(where: string, target: Tensor, values: readonly number[]): void {
  if (currentTrace()) return;
  const wrong = firstOther(target, values);
  if (wrong !== undefined) throw new RavineError('label', where, `expected targets ${values.join(' or ')}, got ${wrong}`);
}

/** A target that is none of the values, if there is one. */
function firstOther(target: Tensor, values: readonly number[]): number | undefined {
  return tidy(() => {
    const distance = values.map((value) => abs(sub(target, value))).reduce((a, b) => minimum(a, b));
    const worst = argmax(reshape(distance, [target.size])).item();
    const isWrong = max(distance).item() !== 0;
    return isWrong ? slice(reshape(target, [target.size]), [worst], [worst + 1]).item() : undefined;
  });
}

/** Outside of a trace, where elements are known: refuses targets that are out of range or NaN. */
export function expectRange(where: string, target: Tensor, [low, high]: readonly [number, number]): void {
  if (currentTrace()) return;
  const [least, most] = [min(target).item(), max(target).item()];
  if (least >= low && most <= high) return;
  throw new RavineError('label', where, `expected targets in [${low}, ${high}], got ${least >= low ? most : least}`);
}
