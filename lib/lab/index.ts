import '../runtime/index.js';
import '../ops/methods.js';

export { measureConvergence, type ConvergenceOptions } from './convergence.js';
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
export { race, type RaceFunction, type RaceOptions, type RacePath } from './race.js';
export * from './charts/index.js';
