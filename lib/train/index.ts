export { earlyStopping } from './early-stopping.js';
export { Model, type ModelOptions, type RunOptions } from './model.js';
export type { EpochEnd, FitOptions, Progress } from './options.js';
export type { History, Logs } from './logs.js';
export type { SaveOptions } from './files.js';
export type { StateDict } from './state.js';
export type { Trainable } from './sources.js';
export type { ModelMinimizeOptions } from './minimize.js';
export type { StateOptions } from './copies.js';
