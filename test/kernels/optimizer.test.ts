import { describe, expect, it } from 'vitest';
import { lowest, stepCases, type Rounded } from '../ops/cases/optimizer-steps.js';
import { arrayOf, expectElements, runKernel, uniform, type Elements } from './kernel.js';

/** Around vectors' widths, and more than one chunk. */
const sizes = [0, 1, 7, 9, 31, 33];
const large = 8201;
const dtypes = ['float32', 'float64'] as const;
const rounding: Readonly<Record<(typeof dtypes)[number], Rounded>> = { float32: Math.fround, float64: (x) => x };

describe.each(dtypes)('steps of optimisers, %s: every operation rounded', (dtype) => {
  const r = rounding[dtype];

  it.each(stepCases)('$op $title', ({ kernel: { kernel, attributes, inPlace = [] }, states, scalars, reference }) => {
    const everywhere = inPlace.map(([, input]) => input);
    const situations = [
      [large, everywhere] as const,
      ...sizes.flatMap((n) => [[], everywhere, [0]].map((over) => [n, over] as const)),
    ];
    const numbers = arrayOf(dtype, scalars);
    for (const [elements, over] of situations) {
      const flat = ['w', 'g', ...states].map((name, i) => uniform(dtype, elements, i, i < 2 ? -1 : lowest(name)));
      const inputs = [...flat, ...Array.from(numbers, (x) => arrayOf(dtype, [x]))];
      const outputs = Array.from({ length: 1 + states.length }, () => ({ dtype, elements }));
      const result = runKernel({ kernel, inputs, outputs, attributes, over });
      const elementsAt = (i: number) => flat.map((x) => x[i] ?? NaN);
      const want = Array.from({ length: elements }, (_, i) => reference(r, elementsAt(i), Array.from(numbers)));
      outputs.forEach((_, o) => expectElements(result.outputs[o], (i) => want[i]?.[o] ?? NaN));
    }
  });

  it('leave parameters that never had a gradient', () => {
    const zeros = arrayOf(dtype, [0, 0, 0]);
    const w = arrayOf(dtype, [1, -2, 3]);
    const inputs = [w, zeros, zeros, zeros, ...[1e-3, 0.1, 0.001].map((x) => arrayOf(dtype, [x]))];
    const outputs = [1, 2, 3].map(() => ({ dtype, elements: 3 }));
    const attributes = [0, 0, 0, 0.9, 0.999, 1e-8, 0];
    expect(runKernel({ kernel: 'adam_step', inputs, outputs, attributes }).outputs[0]).toEqual(w);
  });

  it('refuse momentum without a velocity, and other shapes and types', () => {
    const [w, rate] = [arrayOf(dtype, [1, 2]), arrayOf(dtype, [0.1])];
    const run = (inputs: Elements[], momentum: number, outputs = 1) =>
      runKernel({
        kernel: 'sgd_step',
        inputs,
        outputs: Array.from({ length: outputs }, () => ({ dtype, elements: 2 })),
        attributes: [0, 0, 0, momentum, 0, 0],
      });
    expect(() => run([w, w, rate], 0.9)).toThrow('momentum without velocity');
    expect(() => run([w, w, rate], 0.9, 2)).toThrow('inputs');
    expect(() => run([w, w, w, rate], 0)).toThrow('inputs');
    expect(() => run([w, w, w], 0)).toThrow('elements');
    expect(() => run([w, rate, rate], 0)).toThrow('elements');
    expect(() => run([w, Int32Array.of(1, 2), rate], 0)).toThrow('dtype');
  });
});
