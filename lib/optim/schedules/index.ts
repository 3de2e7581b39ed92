export { sequence, warmUp, type SequenceOptions } from './compose.js';
export { constant } from './constant.js';
export {
  cosine,
  cosineRestarts,
  oneCycle,
  type CosineOptions,
  type CosineRestartsOptions,
  type OneCycleOptions,
} from './cosine.js';
export {
  exponential,
  harmonic,
  polynomial,
  type ExponentialOptions,
  type HarmonicOptions,
  type PolynomialOptions,
} from './decays.js';
export type { Duration } from './duration.js';
export { onPlateau, type OnPlateauOptions, type PlateauOptions } from './on-plateau.js';
export { piecewiseConstant, type PiecewiseConstantOptions } from './piecewise-constant.js';
