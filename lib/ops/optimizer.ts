import { RavineError } from '../errors.js';
import { applyAll } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import { at, expectDType, expectSameDType } from './check.js';
import { add, div, mul, sqrt, square, sub } from './elementwise.js';

/** Flat buffers [P] first, then scalars [], all of one float type. */
function checkStep(where: string, inputs: readonly TensorType[], flat: readonly number[]): TensorType {
  const first = at(inputs, 0);
  expectDType(where, 'parameters', first, 'float');
  expectSameDType(where, inputs);
  inputs.forEach((input, i) => {
    const expected = flat.includes(i) ? first.shape : [];
    if (!sameShape(input.shape, expected))
      throw new RavineError(
        'shape',
        where,
        `expected input ${i} to be ${formatType({ dtype: first.dtype, shape: expected })}, got ${formatType(input)}`,
      );
  });
  return first;
}

export interface SgdStepAttributes {
  /** 0: no velocity. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** The learning rate stands outside of the velocity. */
  readonly torch: boolean;
  readonly weightDecay: number;
}

/** Whether the step takes and gives a velocity. */
const hasVelocity = ({ momentum }: SgdStepAttributes): boolean => momentum !== 0;

/** parameters, gradients, learningRate, [velocity] → parameters, [velocity] */
export const sgdStepOp: Op<SgdStepAttributes> = defineOp<SgdStepAttributes>({
  name: 'sgdStep',
  infer: (inputs, attributes) => {
    const type = checkStep('sgdStep', inputs, [0, 1, 3]);
    return hasVelocity(attributes) ? [type, type] : [type];
  },
  gradient: 'definition',
  implementation: {
    kind: 'kernel',
    lower: (_, outputs, { momentum, nesterov, torch, weightDecay }) => ({
      kernel: 'sgd_step',
      attributes: [momentum, 0, Number(nesterov), Number(torch), weightDecay],
      inPlace:
        outputs.length === 1
          ? [[0, 0]]
          : [
              [0, 0],
              [1, 3],
            ],
    }),
  },
  definition: (inputs, { momentum, nesterov, torch, weightDecay }) => {
    const [w, gradient, rate, velocity] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), inputs[3]];
    const g = weightDecay === 0 ? gradient : add(gradient, mul(w, weightDecay));
    if (velocity === undefined) return [sub(w, mul(rate, g))];
    if (torch) {
      const v = add(mul(velocity, momentum), g);
      return [sub(w, mul(rate, nesterov ? add(g, mul(v, momentum)) : v)), v];
    }
    const pull = mul(rate, g);
    const v = sub(mul(velocity, momentum), pull);
    return [nesterov ? sub(add(w, mul(v, momentum)), pull) : add(w, v), v];
  },
});

/**
 * One update of stochastic gradient descent, with g = gradients + weightDecay·w:
 * without momentum w ← w − αg; v ← μv − αg, w ← w + v (w + μv − αg with Nesterov); with `torch` v ← μv + g, w ← w − αv
 * (w − α(g + μv) with Nesterov).
 */
export function sgdStep(
  w: Tensor,
  gradients: Tensor,
  learningRate: Tensor,
  velocity: Tensor | undefined,
  options: SgdStepAttributes,
): readonly Tensor[] {
  return applyAll(sgdStepOp, [w, gradients, learningRate, ...(velocity && hasVelocity(options) ? [velocity] : [])], options);
}

export interface AdamStepAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly epsilonInsideSqrt: boolean;
  readonly weightDecay: number;
}

/** parameters, gradients, m, v, learningRate, 1 − β₁ᵗ, 1 − β₂ᵗ → parameters, m, v */
export const adamStepOp: Op<AdamStepAttributes> = defineOp<AdamStepAttributes>({
  name: 'adamStep',
  infer: (inputs) => {
    const type = checkStep('adamStep', inputs, [0, 1, 2, 3]);
    return [type, type, type];
  },
  gradient: 'definition',
  implementation: {
    kind: 'kernel',
    lower: (_, __, { beta1, beta2, epsilon, epsilonInsideSqrt, weightDecay }) => ({
      kernel: 'adam_step',
      attributes: [beta1, beta2, epsilon, Number(epsilonInsideSqrt), weightDecay],
      inPlace: [
        [0, 0],
        [1, 2],
        [2, 3],
      ],
    }),
  },
  definition: (inputs, { beta1, beta2, epsilon, epsilonInsideSqrt, weightDecay }) => {
    const [w, gradient, rate, correction1, correction2] = [
      at(inputs, 0),
      at(inputs, 1),
      at(inputs, 4),
      at(inputs, 5),
      at(inputs, 6),
    ];
    const g = weightDecay === 0 ? gradient : add(gradient, mul(w, weightDecay));
    const m = add(mul(at(inputs, 2), beta1), mul(g, 1 - beta1));
    const v = add(mul(at(inputs, 3), beta2), mul(square(g), 1 - beta2));
    const spread = div(v, correction2);
    const divisor = epsilonInsideSqrt ? sqrt(add(spread, epsilon)) : add(sqrt(spread), epsilon);
    return [sub(w, div(mul(div(rate, correction1), m), divisor)), m, v];
  },
});

/**
 * One update of Adam, with g = gradients + weightDecay·w: m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
 * w ← w − α·m̂/(√v̂ + ε), or /√(v̂ + ε); m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
 */
export function adamStep(inputs: readonly Tensor[], attributes: AdamStepAttributes): readonly Tensor[] {
  return applyAll(adamStepOp, inputs, attributes);
}
