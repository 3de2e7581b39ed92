import { describe, expect, it } from 'vitest';
import { epsilon, expectElements, runKernel, uniform } from './kernel.js';

/** outer, length, outputs, inner, ratio, mode */
const cases: readonly (readonly [number, number, number, number, number, number])[] = [
  [3, 4, 8, 17, 1 / 2, 0],
  [3, 4, 8, 17, 1 / 2, 1],
  [2, 7, 3, 1, 7 / 3, 1],
  [2, 5, 13, 33, 4 / 12, 2],
  [1, 1, 4, 3, 0, 2],
  [2, 3, 0, 5, 1, 0],
  [5, 30, 60, 64, 1 / 2, 1],
];

/** [index, weight] of what an output mixes. */
function mixed([, length, , , ratio, mode]: readonly number[], o: number): [number, number][] {
  const at = Math.max(mode === 1 ? (o + 0.5) * ratio! - 0.5 : o * ratio!, 0);
  const first = Math.min(Math.floor(at), length! - 1);
  if (mode === 0 || first === length! - 1) return [[first, 1]];
  return [
    [first, 1 - (at - first)],
    [first + 1, at - first],
  ];
}

describe.each(['float32', 'float64'] as const)('resize %s', (dtype) => {
  it.each(cases)('outer %i, length %i to %i, inner %i, ratio %d, mode %i', (...attributes) => {
    const [outer, length, outputs, inner] = attributes;
    const x = uniform(dtype, outer * length * inner, 1);
    const dy = uniform(dtype, outer * outputs * inner, 2);
    const y = new Array<number>(dy.length).fill(0);
    const dx = new Array<number>(x.length).fill(0);
    for (let i = 0; i < dy.length; i++) {
      const [block, o, column] = [Math.floor(i / inner / outputs), Math.floor(i / inner) % outputs, i % inner];
      for (const [k, weight] of mixed(attributes, o)) {
        const place = (block * length + k) * inner + column;
        y[i]! += weight * x[place]!;
        dx[place]! += weight * dy[i]!;
      }
    }
    const bound = () => 8 * epsilon[dtype];
    const forward = { kernel: 'resize', inputs: [x], outputs: [{ dtype, elements: dy.length }], attributes };
    expectElements(runKernel(forward).outputs[0], (i) => y[i]!, bound);
    const backward = { kernel: 'resize_gradient', inputs: [dy], outputs: [{ dtype, elements: x.length }], attributes };
    expectElements(runKernel(backward).outputs[0], (i) => dx[i]!, bound);
  });

  it('refuses what does not fit', () => {
    const run = (attributes: readonly number[]) =>
      runKernel({ kernel: 'resize', inputs: [uniform(dtype, 6, 1)], outputs: [{ dtype, elements: 12 }], attributes });
    expect(run([1, 3, 6, 2, 0.5, 0]).fault).toBeNull();
    for (const bad of [
      [1, 3, 5, 2, 0.5, 0],
      [1, 3, 6, 2, 0.5, 3],
      [1, 3, 6, 2, NaN, 0],
      [1, 3, 6, 2, -1, 0],
      [-1, -3, 6, 2, 0.5, 0],
    ])
      expect(() => run(bad)).toThrow(TypeError);
  });
});
