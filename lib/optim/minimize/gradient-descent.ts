import { neg } from '../../ops/elementwise.js';
import type { Method } from './method.js';

/** d = −∇f */
export function gradientDescent(): Method {
  return {
    unitStep: false,
    direction: async ({ gradient }) => neg(gradient),
    restart: () => false,
    dispose: () => undefined,
  };
}
