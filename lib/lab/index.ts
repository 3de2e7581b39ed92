import '../runtime/index.js';
import '../ops/methods.js';

export { chainStep, type ChainPoint, type ChainStep, type ChainStepOptions } from './chain-step.js';
export { measureConvergence, type ConvergenceOptions } from './convergence.js';
export { balance, rescale, type GaugeFactor, type LayerBalance } from './gauge.js';
export {
  momentumDynamics,
  momentumWeights,
  optimalMomentum,
  type Complex,
  type MomentumDynamics,
  type MomentumRegime,
  type OptimalMomentum,
  type Optimum,
} from './momentum.js';
export { Signals, signals, type LayerSignal, type Scale, type SignalOptions } from './signals.js';
export { unitsOfMeasurement, type UnitsMethod, type UnitsOptions, type UnitsPath } from './units.js';
export { race, type RaceFunction, type RaceOptions, type RacePath } from './race.js';
export * from './charts/index.js';
export { hessianExtremes, type HessianExtremes, type HessianExtremesOptions } from './hessian-extremes.js';
export { lanczos, type LanczosOptions, type LanczosResult, type Product, type RitzValue } from './lanczos.js';
