import { describe, expect, it } from 'vitest';
import { byWidth, sawtooth } from '../../examples/universal-approximation/experiment.mjs';
import * as ravine from '../../lib/index.js';

interface Row {
  readonly inside: number;
  readonly outside: number;
  readonly square: number;
}

interface Saw {
  readonly pieces: number;
  readonly deep: { readonly units: number; readonly error: number };
  readonly shallow: readonly { readonly units: number; readonly error: number }[];
  readonly needed: number | undefined;
}

describe('universal approximation', () => {
  it('the error inside the interval falls with width, outside it does not, nor with a polynomial for the activation', async () => {
    const rows: Row[] = await byWidth(ravine, { widths: [2, 16], restarts: 2, iterations: 250, seed: 1 });
    const [narrow, wide] = rows;
    if (!narrow || !wide) throw new Error('two rows are missing');
    expect(wide.inside).toBeLessThan(narrow.inside / 5);
    expect(wide.outside).toBeGreaterThan(0.5);
    expect(wide.square).toBeCloseTo(narrow.square, 6);
    expect(wide.square).toBeGreaterThan(0.5);
  });

  it('a sawtooth of 2^k pieces takes 2k units in k layers, and 2^k units in one', async () => {
    const saw: Saw = await sawtooth(ravine, { depth: 4, iterations: 30 });
    expect(saw).toMatchObject({ pieces: 16, deep: { units: 8 }, needed: 16 });
    expect(saw.deep.error).toBeLessThan(1e-12);
    expect(saw.shallow.at(-2)?.error).toBeGreaterThan(0.25);
  });
});
