import { describe, expect, it } from 'vitest';
import { lambForms } from '../ops/cases/lamb-step.js';
import { arrayOf, epsilon, expectElements, runKernel, uniform, type Elements } from './kernel.js';

/** None, one around vectors' widths, several in one chunk or more. */
const partitions = [[], [1], [7], [16], [33], [2, 0, 14, 9], [8192, 3, 16_401]];
const scalars = [0.125, 0.25, 0.5];

describe.each(['float32', 'float64'] as const)('lamb_step %s', (dtype) => {
  const numbers = scalars.map((x) => arrayOf(dtype, [x]));

  it.each(lambForms)('$form', ({ form: { beta1, beta2, epsilon: e, decay, maximize }, reference }) => {
    for (const segments of partitions) {
      const elements = segments.reduce((sum, length) => sum + length, 0);
      const flat = [-1, -1, -1, 0.5].map((low, i) => uniform(dtype, elements, i, low));
      const result = runKernel({
        kernel: 'lamb_step',
        inputs: [...flat, ...numbers],
        outputs: [1, 2, 3].map(() => ({ dtype, elements })),
        attributes: [Number(maximize), 0, 0, beta1, beta2, e, decay, ...segments],
        over: segments.length > 1 ? [0, 2, 3] : [],
      });
      const want = reference(flat, scalars, segments);
      want.forEach((values, o) =>
        expectElements(
          result.outputs[o],
          (i) => values[i] ?? NaN,
          () => 8 * epsilon[dtype],
        ),
      );
    }
  });

  it('steps by α where a norm is 0', () => {
    const [w, g, zeros] = [
      [0, 3, 3],
      [-2, 0, 0],
      [0, 0, 0],
    ].map((values) => arrayOf(dtype, values));
    const one = arrayOf(dtype, [1]);
    const { outputs } = runKernel({
      kernel: 'lamb_step',
      inputs: [w!, g!, zeros!, zeros!, arrayOf(dtype, [0.25]), one, one],
      outputs: [1, 2, 3].map(() => ({ dtype, elements: 3 })),
      attributes: [0, 0, 0, 0, 0, 2 ** -100, 0, 1, 2],
    });
    expect(Array.from(outputs[0] as Elements)).toEqual([0.25, 3, 3]);
  });

  it('refuses segments that are not those of the parameters', () => {
    const w = arrayOf(dtype, [1, 2]);
    const run = (...segments: number[]) =>
      runKernel({
        kernel: 'lamb_step',
        inputs: [w, w, w, w, ...numbers],
        outputs: [1, 2, 3].map(() => ({ dtype, elements: 2 })),
        attributes: [0, 0, 0, 0.5, 0.5, 1e-6, 0, ...segments],
      });
    for (const segments of [[], [1], [3], [-1, 3], [1, 2], [0.5, 1.5]]) expect(() => run(...segments)).toThrow('segments');
  });
});
