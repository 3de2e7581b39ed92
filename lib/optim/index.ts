export { adadelta, type AdadeltaOptions } from './adadelta.js';
export { adagrad, type AdagradOptions } from './adagrad.js';
export { adam, type AdamOptions } from './adam.js';
export { adamax, type AdamaxOptions } from './adamax.js';
export { adamw, type AdamwOptions } from './adamw.js';
export { average, type AverageOptions } from './average.js';
export { clipByGlobalNorm, clipByValue } from './clip.js';
export type { CommonOptions } from './common.js';
export { groups, type ParameterGroup } from './groups.js';
export { lamb, type LambOptions } from './lamb.js';
export { lion, type LionOptions } from './lion.js';
export { nadam, type NadamOptions } from './nadam.js';
export type {
  InputTypes,
  Optimizer,
  OptimizerGroup,
  PrepareArguments,
  Schedule,
  StepInfo,
  UpdateArguments,
  UpdateResult,
} from './optimizer.js';
export { pathSgd, type PathSgdOptions } from './path-sgd.js';
export { radam, type RadamOptions } from './radam.js';
export { rmsprop, type RmspropOptions } from './rmsprop.js';
export * as schedules from './schedules/index.js';
export type { ParameterSelection } from './selection.js';
export { sgd, type SgdOptions } from './sgd.js';
export type { SpreadOptions } from './spread.js';
