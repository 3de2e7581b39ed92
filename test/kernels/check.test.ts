import { describe, expect, it } from 'vitest';
import { runKernel, uniform } from './kernel.js';

const run = (x: Float32Array | Float64Array | Int32Array) =>
  runKernel({ kernel: 'check_finite', inputs: [x], outputs: [], attributes: [] }).fault;

describe.each([
  ['float32', Float32Array, 3.4e38],
  ['float64', Float64Array, 1.7e308],
] as const)('check_finite %s', (dtype, array, large) => {
  it('passes what is finite', () => {
    for (const elements of [0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100_000]) {
      const x = array.from(uniform(dtype, elements, 1));
      if (elements > 0) x[elements - 1] = -large;
      expect(run(x)).toBeNull();
    }
  });

  it.each([NaN, Infinity, -Infinity])('names the first %d', (value) => {
    for (const elements of [1, 8, 33, 65, 128, 100_000]) {
      for (const position of [0, elements >> 1, elements - 1]) {
        const x = array.from(uniform(dtype, elements, 2));
        x[elements - 1] = NaN;
        x[position] = value;
        expect(run(x)).toEqual({ fault: 'non-finite', instruction: 0, position, value });
      }
    }
  });
});

it('refuses integers', () => {
  expect(() => run(Int32Array.of(1))).toThrow('dtype');
});
