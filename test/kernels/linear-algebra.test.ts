import { describe, expect, it } from 'vitest';
import { arrayOf, epsilon, expectElements, runKernel, uniform, type Elements } from './kernel.js';

const sizes = [0, 1, 2, 7, 15, 16, 17, 33, 65];

/** x·xᵀ/n + I */
function definite(dtype: 'float32' | 'float64', n: number): Elements {
  const x = uniform(dtype, n * n, 3);
  const a = Array.from({ length: n * n }, (_, place) => {
    const [i, j] = [Math.floor(place / n), place % n];
    let sum = i === j ? n : 0;
    for (let k = 0; k < n; k++) sum += x[i * n + k]! * x[j * n + k]!;
    return sum / n;
  });
  return arrayOf(dtype, a);
}

function factorOf(dtype: 'float32' | 'float64', a: Elements, n: number): Elements {
  const { outputs, fault } = runKernel({
    kernel: 'cholesky',
    inputs: [a],
    outputs: [{ dtype, elements: n * n }],
    attributes: [n],
  });
  expect(fault).toBeNull();
  return outputs[0]!;
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  it('multiplies back to the matrix', () => {
    for (const n of sizes) {
      const a = definite(dtype, n);
      const lower = factorOf(dtype, a, n);
      const product = (place: number): number => {
        const [i, j] = [Math.floor(place / n), place % n];
        let sum = 0;
        for (let k = 0; k < n; k++) sum += lower[i * n + k]! * lower[j * n + k]!;
        return sum;
      };
      // |L·Lᵀ − A| ≤ n·ε·max|A|, and A's elements are below 2.4.
      expectElements(a, product, () => 3 * (n + 1) * epsilon[dtype]);
      expect(lower.every((value, place) => place % n <= Math.floor(place / n) || value === 0)).toBe(true);
    }
  });

  it.each([0, 1])('solves triangles, transposed: %d, also in place', (transpose) => {
    for (const n of sizes) {
      for (const columns of [1, 3, 64, 65]) {
        const lower = factorOf(dtype, definite(dtype, n), n);
        const b = uniform(dtype, n * columns, 5);
        const call = { kernel: 'triangular_solve', inputs: [lower, b], outputs: [{ dtype, elements: n * columns }] };
        const [x] = runKernel({ ...call, attributes: [n, columns, transpose] }).outputs;
        const [over] = runKernel({ ...call, attributes: [n, columns, transpose], over: 1 }).outputs;
        expect(over).toEqual(x);
        const product = (place: number): number => {
          const [i, j] = [Math.floor(place / columns), place % columns];
          let sum = 0;
          for (let k = 0; k < n; k++) sum += lower[transpose ? k * n + i : i * n + k]! * x![k * columns + j]!;
          return sum;
        };
        // |L·X − B| ≤ n·ε·max|L|·max|X|; |L| and |X| stay below 2.
        expectElements(b, product, () => 4 * (n + 1) * epsilon[dtype]);
      }
    }
  });

  it('solves column by column by conjugate gradients, also in place', () => {
    for (const n of sizes) {
      for (const columns of [1, 3]) {
        const [a, b] = [definite(dtype, n), uniform(dtype, n * columns, 5)];
        const tolerance = 64 * epsilon[dtype];
        const call = { kernel: 'conjugate_gradient', inputs: [a, b], outputs: [{ dtype, elements: n * columns }] };
        const attributes = [n, columns, tolerance, 10 * n];
        const { outputs, fault } = runKernel({ ...call, attributes });
        expect(fault).toBeNull();
        expect(runKernel({ ...call, attributes, over: 1 }).outputs).toEqual(outputs);
        const [x] = outputs;
        const product = (place: number): number => {
          const [i, j] = [Math.floor(place / columns), place % columns];
          let sum = 0;
          for (let k = 0; k < n; k++) sum += ((a[i * n + k]! + a[k * n + i]!) / 2) * x![k * columns + j]!;
          return sum;
        };
        // ‖A·X − B‖ ≤ tolerance·‖B‖ and |B| < 2; the rounding of this product and of A comes on top.
        expectElements(b, product, () => 2 * Math.sqrt(n) * tolerance + 4 * (n + 1) * epsilon[dtype]);
      }
    }
  });

  it('names the first pivot that is not positive', () => {
    const n = 20;
    const a = definite(dtype, n);
    a[17 * n + 17] = -1;
    a[19 * n + 19] = NaN;
    const { fault } = runKernel({ kernel: 'cholesky', inputs: [a], outputs: [{ dtype, elements: n * n }], attributes: [n] });
    expect(fault).toMatchObject({ fault: 'domain', instruction: 0, position: 17 });
    expect(fault?.value).toBeLessThan(0);
  });
});

it('refuses operands that do not fit', () => {
  const f = (n: number) => new Float64Array(n);
  const outputs = [{ dtype: 'float64', elements: 4 }] as const;
  expect(() => runKernel({ kernel: 'cholesky', inputs: [f(4)], outputs, attributes: [3] })).toThrow('elements');
  expect(() => runKernel({ kernel: 'cholesky', inputs: [f(4)], outputs, attributes: [-2] })).toThrow('elements');
  expect(() => runKernel({ kernel: 'cholesky', inputs: [new Int32Array(4)], outputs, attributes: [2] })).toThrow('dtype');
  const solve = (inputs: Elements[], attributes: number[]) =>
    runKernel({ kernel: 'triangular_solve', inputs, outputs, attributes });
  expect(() => solve([f(4), f(4)], [2, 3, 0])).toThrow('elements');
  expect(() => solve([f(5), f(4)], [2, 2, 0])).toThrow('elements');
  expect(() => solve([f(4), new Float32Array(4)], [2, 2, 0])).toThrow('dtype');
  const iterate = (inputs: Elements[], attributes: number[]) =>
    runKernel({ kernel: 'conjugate_gradient', inputs, outputs, attributes });
  expect(() => iterate([f(4), f(4)], [2, 3, 0, 1])).toThrow('elements');
  expect(() => iterate([f(5), f(4)], [2, 2, 0, 1])).toThrow('elements');
  expect(() => iterate([new Int32Array(4), f(4)], [2, 2, 0, 1])).toThrow('dtype');
  expect(() => iterate([f(4), f(4)], [2, 2, -1, 1])).toThrow('tolerance');
  expect(() => iterate([f(4), f(4)], [2, 2, NaN, 1])).toThrow('tolerance');
  expect(() => iterate([f(4), f(4)], [2, 2, 0, -1])).toThrow('tolerance');
});
