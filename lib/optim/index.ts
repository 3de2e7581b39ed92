export { adam, type AdamOptions } from './adam.js';
export type { Optimizer, Schedule, StepInfo, UpdateArguments, UpdateResult } from './optimizer.js';
export { sgd, type SgdOptions } from './sgd.js';
