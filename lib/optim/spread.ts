import { boolean } from '../options.js';
import { checkEpsilon } from './common.js';

export interface SpreadOptions {
  /** Keeps the divisor from 0. */
  readonly epsilon?: number;
  /** √(v + ε) in place of √v + ε. */
  readonly epsilonInsideSqrt?: boolean;
}

export const spreadNames = ['epsilon', 'epsilonInsideSqrt'] as const satisfies (keyof SpreadOptions)[];

/** `outside` and `inside` are the default ε of either place; `insideByDefault` says which place is the default. */
export function resolveSpread(
  where: string,
  options: SpreadOptions,
  defaults: { readonly outside: number; readonly inside?: number; readonly insideByDefault?: boolean },
): Required<SpreadOptions> {
  const epsilonInsideSqrt = boolean(where, 'epsilonInsideSqrt', options.epsilonInsideSqrt ?? defaults.insideByDefault ?? false);
  const epsilon = epsilonInsideSqrt ? (defaults.inside ?? defaults.outside) : defaults.outside;
  return { epsilon: checkEpsilon(where, options.epsilon ?? epsilon), epsilonInsideSqrt };
}
