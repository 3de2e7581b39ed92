import { expect, it } from 'vitest';
import { arrayOf, expectElements, runKernel, smallest, uniform, type DTypeName, type Elements } from './kernel.js';

const dtypes: readonly DTypeName[] = ['float32', 'float64', 'int32', 'uint8'];
const sizes = [0, 1, 7, 8, 9, 31, 32, 33, 40_000];
const specials = [0, -0, 0.9, -0.9, 254.9, 255.5, 256, -1, 2147483520, 2147483647, 2147483648, -2147483648, -2147483649];
const limits = { int32: [-(2 ** 31), 2 ** 31 - 1], uint8: [0, 255] } as const;

function converted(x: number, to: DTypeName): number {
  if (to === 'float32') return Math.fround(x);
  if (to === 'float64') return x;
  const [low, high] = limits[to];
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high);
}

it.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))('casts %s to %s', (from, to) => {
  const check = (x: Elements, over?: number) => {
    const outputs = [{ dtype: to, elements: x.length }];
    const result = runKernel({ kernel: 'cast', inputs: [x], outputs, attributes: [], over });
    expectElements(
      result.outputs[0],
      (i) => converted(x[i] ?? NaN, to),
      () => smallest[to],
    );
  };
  for (const elements of sizes) check(uniform(from, elements, 3, -300, 300), from === to ? 0 : undefined);
  check(
    arrayOf(
      from,
      from.startsWith('float') ? [...specials, Infinity, -Infinity, NaN, 1e300] : [0, 1, 255, 256, -1, 2 ** 31 - 1, -(2 ** 31)],
    ),
  );
});

it('refuses another number of elements', () => {
  const outputs = [{ dtype: 'float32' as const, elements: 3 }];
  expect(() => runKernel({ kernel: 'cast', inputs: [new Float32Array(2)], outputs, attributes: [] })).toThrow('elements');
});
