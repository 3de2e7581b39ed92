export { conjugateGradient } from './conjugate-gradient.js';
export type { ConjugateGradientOptions, ConjugateGradientResult } from './conjugate-gradient.js';
export { minimize } from './minimize.js';
export type { MinimizeMethod, MinimizeOptions } from './options.js';
export type { Evaluations, IterationInfo, MinimizeResult, StopReason } from './result.js';
