export { elasticNet, type ElasticNetOptions } from './elastic-net.js';
export { l1 } from './l1.js';
export { l2 } from './l2.js';
export type { Regularizer, RegularizerGroup } from './regularizer.js';
