import { expect } from 'vitest';
import type { Tensor } from '../../lib/index.js';
import { tolerances } from './tolerances.js';

export type Float = 'float32' | 'float64';
export const floats: readonly Float[] = ['float32', 'float64'];

/**
 * Holds a tensor to recorded float64 numbers by an op's line of the table, for its dtype. What float32 gives is held to them too: inputs are numbers that it
 * has. `scale`: what element i is a sum of, where that is known better than by the largest element.
 */
export function expectGolden(
  got: Tensor | undefined,
  want: readonly number[] | null,
  op: keyof typeof tolerances,
  scale?: (i: number) => number,
): void {
  expect(got?.size ?? 0).toBe(want?.length ?? 0);
  if (!got || !want) return;
  const { relative, absolute } = tolerances[op][got.dtype as Float];
  const values = got.data();
  const largest = Math.max(1, ...want.map(Math.abs));
  want.forEach((value, i) => {
    const allowed = relative * Math.abs(value) + absolute * (scale?.(i) ?? largest);
    expect(Math.abs((values[i] ?? NaN) - value), `${op} [${i}]: ${values[i]} for ${value}`).toBeLessThanOrEqual(allowed);
  });
}
