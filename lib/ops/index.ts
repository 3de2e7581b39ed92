export { batchNorm, normalize, type BatchNormOptions } from './batch-norm.js';
export { groupNorm, layerNorm, rmsNorm, type NormScale } from './normalization.js';
export { conv1d, conv2d, convTranspose1d, convTranspose2d, type ConvOptions, type ConvTransposeOptions } from './conv.js';
export type { ConvPadding } from './conv-window.js';
export {
  elu,
  gelu,
  glu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  leakyRelu,
  mish,
  prelu,
  relu6,
  selu,
  silu,
  softsign,
} from './activations.js';
export type { GeluOptions } from './activations.js';
export { broadcastTo } from './broadcast.js';
export { cast } from './cast.js';
export { checkFinite } from './check-finite.js';
export type { TensorLike } from './check.js';
export { clamp, eq, ge, gt, le, lt, ne, select } from './compare.js';
export { concat, stack } from './concat.js';
export { arange, constant, full, fullLike, ones, onesLike, scalar, zeros, zerosLike } from './constant.js';
export { tensor } from './create.js';
export type { TensorData, TensorOptions } from './create.js';
export { softmaxCrossEntropyWithLogits, softmaxCrossEntropyWithSlope, softmaxCrossEntropyWithTargets } from './cross-entropy.js';
export type { ConstantOptions } from './constant.js';
export { cumsum } from './cumsum.js';
export type { CumsumOptions } from './cumsum.js';
export { channelDropout, dropout } from './dropout.js';
export type { DropoutOptions } from './dropout.js';
export {
  abs,
  add,
  cos,
  div,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  sub,
  tanh,
} from './elementwise.js';
export { identity, stopGradient } from './identity.js';
export { gather, oneHot, scatterAdd } from './indexing.js';
export type { GatherOptions } from './indexing.js';
export { conjugateGradientSolve } from './conjugate-gradient.js';
export { cholesky, choleskySolve, triangularSolve } from './linear-algebra.js';
export type { TriangularSolveOptions } from './linear-algebra.js';
export { matmul } from './matmul.js';
export type { MatmulOptions } from './matmul.js';
export { pad } from './pad.js';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
} from './pool.js';
export type { AvgPoolOptions, MaxPoolOptions } from './pool.js';
export type { PerAxis, PoolPadding } from './pool-window.js';
export { randomNormal, randomUniform } from './random.js';
export type { RandomOptions } from './random.js';
export { argmax, argmin, max, mean, min, prod, sum } from './reduce.js';
export type { ArgOptions, ReduceOptions } from './reduce.js';
export { expandDims, flatten, reshape, squeeze } from './reshape.js';
export { flip, slice, split } from './slice.js';
export { logSoftmax, softmax } from './softmax.js';
export { logSigmoid, softplus } from './softplus.js';
export { logsumexp, variance } from './statistics.js';
export type { VarianceOptions } from './statistics.js';
export { moveAxis, transpose } from './transpose.js';
export { upsample } from './upsample.js';
export type { UpsampleOptions } from './upsample.js';
