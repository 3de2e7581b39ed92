export {
  Activation,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  identity,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from './activations.js';
export { BatchNorm, batchNorm, type BatchNormLayerOptions } from './batch-norm.js';
export { BatchRenorm, batchRenorm, type BatchRenormOptions } from './batch-renorm.js';
export { Buffer, type BufferOptions } from './buffer.js';
export { Conv, conv1d, conv2d, depthwiseConv2d, type ConvLayerOptions } from './conv.js';
export { ConvTranspose, convTranspose1d, convTranspose2d, type ConvTransposeLayerOptions } from './conv-transpose.js';
export { describeLayers, type LayerRow } from './describe.js';
export { ChannelDropout, Dropout, dropout, dropout1d, dropout2d } from './dropout.js';
export { Embedding, embedding, type EmbeddingOptions } from './embedding.js';
export { Flatten, flatten, type FlattenOptions } from './flatten.js';
export { fold } from './fold.js';
export { foldNorm } from './fold-norm.js';
export { Folded } from './folded.js';
export { Glu, glu } from './glu.js';
export { initialize, type InitializationPreset, type InitializationRules } from './initialize.js';
export {
  constant,
  initializers,
  normal,
  uniform,
  varianceScaling,
  type Initializer,
  type InitializerLike,
  type InitializerName,
  type InitializerRequest,
  type VarianceScalingOptions,
} from './initializers.js';
export { Lambda, lambda } from './lambda.js';
export { Linear, linear, type LinearOptions } from './linear.js';
export { Module, type AnyModule } from './module.js';
export { initializeParameters, namedBuffers, namedModules, namedParameters } from './naming.js';
export { orthogonal } from './orthogonal.js';
export {
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  RmsNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  rmsNorm,
  type NormOptions,
} from './norm.js';
export { Parameter, type Layout, type ParameterOptions } from './parameter.js';
export {
  GlobalPool,
  Pool,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  globalAvgPool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from './pool.js';
export { Prelu, prelu, type PreluOptions } from './prelu.js';
export { Reshape, reshape } from './reshape.js';
export { Residual, residual } from './residual.js';
export { Sequential, sequential } from './sequential.js';
export type { InputShape, InputType, SampleShape } from './shape-trace.js';
export { shapeRule, type KeepsChannelsRule, type Mismatch, type SameShapeRule, type ShapeRule } from './shape-rule.js';
export { truncatedNormal } from './truncated-normal.js';
export { Upsample, upsample } from './upsample.js';
export { ZeroPad, zeroPad1d, zeroPad2d, type Margin } from './zero-pad.js';
export { WeightNorm, weightNorm } from './weight-norm.js';
export { SparseLinearLayer, sparseLinear, type SparseLinearLayerOptions } from './sparse-linear.js';
