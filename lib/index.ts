import './runtime/index.js';
import './ops/methods.js';

export { AbortError, DivergenceError, RavineError, type ErrorCode } from './errors.js';
export type { DType, TypedArray } from './dtype.js';
export type { Shape, TensorType } from './shape.js';
export { Tensor, type NestedArray } from './ir/tensor.js';
export { tidy } from './ir/tidy.js';
export type { Tree } from './ir/tree.js';
export * from './ops/index.js';
export { checkGradients, grad, hessian, hvp, valueAndGrad } from './runtime/index.js';
export type { GradOptions } from './runtime/grad.js';
export type { GradientCheckOptions, GradientReport } from './runtime/check-gradients.js';
export type { JitOptions, Jitted } from './runtime/jit.js';
export { counters, info, setThreads } from './runtime/info.js';
export * as data from './data/index.js';
export * as losses from './losses/index.js';
export * as metrics from './metrics/index.js';
export * as nn from './nn/index.js';
export * as optim from './optim/index.js';
export * as regularizers from './regularizers/index.js';
export * from './optim/minimize/index.js';
export * from './sparse/index.js';
export * from './estimators/index.js';
export {
  earlyStopping,
  jit,
  Model,
  type EpochEnd,
  type FitOptions,
  type History,
  type InspectOptions,
  type Inspection,
  type Logs,
  type ModelMinimizeOptions,
  type ModelOptions,
  type LoadOptions,
  type PredictOptions,
  type Prediction,
  type Progress,
  type Runnable,
  type RunOptions,
  type RunStepsOptions,
  type RunStepsResult,
  type SaveOptions,
  type StateDict,
  type StateOptions,
  type Trainable,
} from './train/index.js';
