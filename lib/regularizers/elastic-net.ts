import { add } from '../ops/elementwise.js';
import { checkNames, numberIn } from '../options.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import type { Regularizer } from './regularizer.js';

export interface ElasticNetOptions {
  /** λ₁ ≥ 0. */
  readonly l1: number;
  /** λ₂ ≥ 0. */
  readonly l2: number;
}

/** λ₁‖w‖₁ + λ₂‖w‖² (Zou & Hastie 2005). */
export function elasticNet(options: ElasticNetOptions): Regularizer {
  const where = 'elasticNet';
  checkNames(where, options, ['l1', 'l2']);
  const given: Partial<ElasticNetOptions> = options ?? {};
  const [first, second] = [l1(numberIn(where, 'l1', given.l1, 0)), l2(numberIn(where, 'l2', given.l2, 0))];
  return (weights, name) => add(first(weights, name), second(weights, name));
}
