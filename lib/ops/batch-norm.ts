import { apply, applyAll } from '../ir/apply.js';
import { defineOp, type Implementation, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { checkNames, numberIn } from '../options.js';
import { sizeOf, type TensorType } from '../shape.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor } from './check.js';
import { gt, select } from './compare.js';
import { isZero } from './constant.js';
import { add, div, mul, relu, sqrt, square, sub } from './elementwise.js';
import { mean, sum } from './reduce.js';

export interface BatchNormAttributes {
  /** Added to the variance under the root. */
  readonly epsilon: number;
  /** max(y, 0) in the same pass. */
  readonly relu: boolean;
}

const defaultEpsilon = 1e-5;

function inferWith(name: string, vectors: readonly string[]) {
  return (inputs: readonly TensorType[]): readonly TensorType[] => {
    const x = at(inputs, 0);
    expectSameDType(name, inputs);
    expectDType(name, 'x', x, 'float');
    const channels = x.shape.at(-1);
    const fits = inputs.slice(1, vectors.length + 1).every(({ shape }) => shape.length === 1 && shape[0] === channels);
    expectShape(x.shape.length >= 2 && fits, name, `x [..., channels] and ${vectors.join(', ')} [channels]`, inputs);
    return [x];
  };
}

/** A call whose last input may be overwritten by the first output, as may the first. */
function kernel(name: string, inPlace: readonly number[]): Implementation<BatchNormAttributes> {
  return {
    kind: 'kernel',
    lower: (inputs, _, { epsilon, relu: positive }) => {
      const { shape } = at(inputs, 0);
      const channels = at(shape, shape.length - 1);
      return {
        kernel: name,
        attributes: [sizeOf(shape.slice(0, -1)), channels, epsilon, Number(positive)],
        inPlace: inPlace.map((input) => [0, input] as const),
      };
    },
  };
}

/** All axes but the last. */
const rowsOf = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);
const countOf = (x: Tensor): number => sizeOf(x.shape.slice(0, -1));
const deviation = (variance: Tensor, epsilon: number): Tensor => sqrt(add(variance, epsilon));

/**
 * x [..., channels], gamma, beta [channels] → y, mean, variance: y = (x − mean)/√(variance + ε)·gamma + beta with the mean and the biased
 * variance of each channel over all other axes. Ioffe & Szegedy 2015.
 */
export const batchNormOp: Op<BatchNormAttributes> = defineOp<BatchNormAttributes>({
  name: 'batchNorm',
  infer: (inputs) => {
    const types = inferWith('batchNorm', ['gamma', 'beta'])(inputs);
    return [...types, at(inputs, 1), at(inputs, 1)];
  },
  // From mean and variance: ∂x = (dmean + 2·(x − mean)·dvariance)/m
  gradient: ({ inputs, outputs, cotangents, attributes }) => {
    const [x, gamma, beta] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    const [dy, dmean, dvariance] = [at(cotangents, 0), at(cotangents, 1), at(cotangents, 2)];
    const moments = [at(outputs, 1), at(outputs, 2)];
    const gradients = applyAll(batchNormGradientOp, [x, gamma, beta, ...moments, dy], attributes);
    const m = countOf(x);
    const fromMoments = [
      ...(isZero(dmean) ? [] : [div(dmean, m)]),
      ...(isZero(dvariance) ? [] : [mul(sub(x, at(moments, 0)), mul(dvariance, 2 / m))]),
    ];
    return [fromMoments.reduce(add, at(gradients, 0)), at(gradients, 1), at(gradients, 2)];
  },
  implementation: kernel('batch_norm', [0]),
  definition: (inputs, { epsilon, relu: positive }) => {
    const [x, gamma, beta] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    const average = mean(x, { axis: rowsOf(x) });
    const off = sub(x, average);
    const variance = mean(square(off), { axis: rowsOf(x) });
    const y = add(mul(off, div(gamma, deviation(variance, epsilon))), beta);
    return [positive ? relu(y) : y, average, variance];
  },
});

/** x, gamma, beta, mean, variance, dy → dx, dgamma, dbeta: through the statistics. */
export const batchNormGradientOp: Op<BatchNormAttributes> = defineOp<BatchNormAttributes>({
  name: 'batchNormGradient',
  infer: (inputs) => {
    const types = inferWith('batchNormGradient', ['gamma', 'beta', 'mean', 'variance'])(inputs);
    return [...types, at(inputs, 1), at(inputs, 1)];
  },
  gradient: 'definition',
  implementation: kernel('batch_norm_gradient', [5, 0]),
  definition: (inputs, { epsilon, relu: positive }) => {
    const [x, gamma, beta, average] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3)];
    const sigma = deviation(at(inputs, 4), epsilon);
    const scale = div(gamma, sigma);
    const off = sub(x, average);
    const given = at(inputs, 5);
    const dy = positive ? select(gt(add(mul(off, scale), beta), 0), given, 0) : given;
    const axis = rowsOf(x);
    const [dgamma, dbeta] = [div(sum(mul(dy, off), { axis }), sigma), sum(dy, { axis })];
    const m = Math.max(countOf(x), 1);
    const dx = mul(scale, sub(dy, div(add(dbeta, mul(div(off, sigma), dgamma)), m)));
    return [dx, dgamma, dbeta];
  },
});

/** x, gamma, beta, mean, variance → (x − mean)/√(variance + ε)·gamma + beta with statistics that are given. */
export const normalizeOp: Op<BatchNormAttributes> = defineOp<BatchNormAttributes>({
  name: 'normalize',
  infer: inferWith('normalize', ['gamma', 'beta', 'mean', 'variance']),
  gradient: 'definition',
  implementation: kernel('normalize', [0]),
  definition: (inputs, { epsilon, relu: positive }) => {
    const [x, gamma, beta, average, variance] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3), at(inputs, 4)];
    const y = add(mul(sub(x, average), div(gamma, deviation(variance, epsilon))), beta);
    return [positive ? relu(y) : y];
  },
});

export interface BatchNormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  readonly epsilon?: number;
}

function check(where: string, tensors: Readonly<Record<string, Tensor>>, options: BatchNormOptions): BatchNormAttributes {
  for (const [name, value] of Object.entries(tensors)) expectTensor(where, name, value);
  checkNames(where, options, ['epsilon']);
  return { epsilon: numberIn(where, 'epsilon', options.epsilon ?? defaultEpsilon, 0), relu: false };
}

/**
 * Batch normalisation by the batch's own statistics: x [..., channels], gamma and beta [channels] → y like x, and the mean and biased variance
 * [channels] over all other axes. Equal dtypes, floats. One value a channel has no variance: an error.
 */
export function batchNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchNormOptions = {},
): { readonly y: Tensor; readonly mean: Tensor; readonly variance: Tensor } {
  const attributes = check('batchNorm', { x, gamma, beta }, options);
  expectShape(
    x.rank < 2 || countOf(x) > 1,
    'batchNorm',
    'more than one value for each channel in training',
    [x],
    'a last batch of one sample is left out by fit with dropLast: true',
  );
  const outputs = applyAll(batchNormOp, [x, gamma, beta], attributes);
  return { y: at(outputs, 0), mean: at(outputs, 1), variance: at(outputs, 2) };
}

/** The same by statistics that are given: x [..., channels]; gamma, beta, mean and variance [channels]. */
export function normalize(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  options: BatchNormOptions = {},
): Tensor {
  const attributes = check('normalize', { x, gamma, beta, mean, variance }, options);
  return apply(normalizeOp, [x, gamma, beta, mean, variance], attributes);
}
