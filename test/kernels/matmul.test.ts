import { describe, expect, it } from 'vitest';
import { addonsByIsa } from './addons.js';
import { arrayOf, epsilon, expectElements, runKernel, uniform, type Elements } from './kernel.js';

const dtypes = ['float32', 'float64'] as const;
type Real = (typeof dtypes)[number];

interface Product {
  readonly dtype: Real;
  readonly batch?: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** One matrix for the whole batch. */
  readonly sharedA?: boolean;
  readonly sharedB?: boolean;
  readonly bias?: boolean;
  readonly relu?: boolean;
  readonly mask?: boolean;
}

interface Operands {
  readonly a: Elements;
  readonly b: Elements;
  readonly bias: Elements;
  readonly mask: Elements;
}

function operandsOf({ dtype, batch = 1, m, n, k, sharedA = false, sharedB = false }: Product): Operands {
  const fill = (elements: number, seed: number) => uniform(dtype, elements, seed);
  return {
    a: fill((sharedA ? 1 : batch) * m * k, 1),
    b: fill((sharedB ? 1 : batch) * k * n, 2),
    bias: fill(n, 3),
    mask: fill(batch * m * n, 4),
  };
}

function multiply(product: Product, { a, b, bias, mask }: Operands): Elements {
  const { dtype, batch = 1, m, n, k } = product;
  const inputs = [a, b, ...(product.bias ? [bias] : []), ...(product.mask ? [mask] : [])];
  const flags = [product.transposeA, product.transposeB].map(Number);
  const steps = [product.sharedA ? 0 : m * k, product.sharedB ? 0 : k * n];
  const epilogue = [product.bias ?? false, product.relu ?? false, product.mask ?? false].map(Number);
  const attributes = [batch, m, n, k, ...flags.map((flag) => flag || 0), ...steps, ...epilogue];
  return runKernel({ kernel: 'matmul', inputs, outputs: [{ dtype, elements: batch * m * n }], attributes }).outputs[0]!;
}

/**
 * |error| ≤ k·u·Σ|a·b| for the kernel's sum, in whatever order, and u·|result| for the bias. The reference is Kahan's sum in
 * double: its products and the sum itself add 3·2⁻⁵³·Σ|a·b|, its bias 2⁻⁵³·|result|.
 */
function checkProduct(product: Product): void {
  const { dtype, m, n, k } = product;
  const operands = operandsOf(product);
  const bounds: number[] = [];
  const reference = (i: number): number => {
    const entry = Math.floor(i / (m * n));
    const row = Math.floor((i % (m * n)) / n);
    const column = i % n;
    const a = (product.sharedA ? 0 : entry * m * k) + (product.transposeA ? row : row * k);
    const b = (product.sharedB ? 0 : entry * k * n) + (product.transposeB ? column * k : column);
    let sum = 0;
    let lost = 0;
    let size = 0;
    for (let p = 0; p < k; p++) {
      const term = operands.a[a + p * (product.transposeA ? m : 1)]! * operands.b[b + p * (product.transposeB ? 1 : n)]!;
      const next = sum + (term - lost);
      lost = next - sum - (term - lost);
      sum = next;
      size += Math.abs(term);
    }
    if (product.bias) sum += operands.bias[column]!;
    bounds[i] = (epsilon[dtype] / 2) * (1.001 * k * size + Math.abs(sum)) + 2 ** -53 * (3 * size + Math.abs(sum));
    if (product.relu) sum = Math.max(sum, 0);
    if (product.mask && !(operands.mask[i]! > 0)) sum = bounds[i] = 0;
    return sum;
  };
  expectElements(multiply(product, operands), reference, (i) => bounds[i]!);
}

const transposes = [0, 1, 2, 3].map((bits) => ({ transposeA: (bits & 1) > 0, transposeB: (bits & 2) > 0 }));

describe.each(dtypes)('matmul in %s', (dtype) => {
  it.each(transposes)('odd sizes, $transposeA $transposeB', (flags) => {
    for (const [i, m] of [0, 1, 7, 14, 15, 29].entries())
      for (const [j, n] of [0, 1, 8, 9, 17, 31, 33].entries())
        for (const [l, k] of [0, 1, 9, 17].entries())
          checkProduct({ dtype, m, n, k, ...flags, bias: (i + j) % 2 > 0, relu: (j + l) % 2 > 0, mask: (i + l) % 3 > 0 });
  });

  it.each(transposes)('products of many chunks, $transposeA $transposeB', (flags) => {
    checkProduct({ dtype, m: 131, n: 257, k: 311, bias: true, relu: true, ...flags });
    checkProduct({ dtype, m: 128, n: 10, k: 784, bias: true, ...flags });
    checkProduct({ dtype, m: 521, n: 130, k: 270, mask: true, ...flags });
  });

  it('batches, with one matrix shared by all entries', () => {
    for (const flags of transposes)
      for (const shared of [{}, { sharedA: true }, { sharedB: true }, { sharedA: true, sharedB: true }])
        for (const batch of [0, 1, 3, 40])
          checkProduct({ dtype, batch, m: 5, n: 19, k: 7, bias: true, mask: true, ...flags, ...shared });
    checkProduct({ dtype, batch: 3, m: 128, n: 96, k: 128, sharedB: true });
    checkProduct({ dtype, batch: 2, m: 300, n: 200, k: 300, sharedA: true, relu: true });
  });

  it('NaN and infinity stay in their row, and relu keeps NaN', () => {
    const product = { dtype, m: 17, n: 37, k: 9, relu: true };
    for (const special of [NaN, Infinity]) {
      const { a, b, ...rest } = operandsOf(product);
      a[3 * 9 + 4] = special;
      const result = multiply(product, {
        a,
        b: arrayOf(
          dtype,
          Array.from(b, (x) => 1 + Math.abs(x)),
        ),
        ...rest,
      });
      for (const [i, x] of result.entries()) {
        if (Math.floor(i / 37) === 3) expect(x).toBe(special);
        else expect(Number.isFinite(x)).toBe(true);
      }
    }
  });
});

describe('matmul', () => {
  it('refuses operands that do not fit', () => {
    const run = (a: number, out: number, bias: number) => () =>
      runKernel({
        kernel: 'matmul',
        inputs: [new Float32Array(a), new Float32Array(6)],
        outputs: [{ dtype: 'float32', elements: out }],
        attributes: [1, 2, 2, 3, 0, 0, 6, 6, bias, 0, 0],
      });
    expect(run(6, 4, 0)).not.toThrow();
    expect(run(5, 4, 0)).toThrow(/elements/);
    expect(run(6, 5, 0)).toThrow(/elements/);
    expect(run(6, 4, 1)).toThrow(/inputs/);
  });

  it('is counted by provider', () => {
    const product = { dtype: 'float32', m: 64, n: 64, k: 64 } as const;
    const before = [...addonsByIsa().values()].map((addon) => addon.counters());
    multiply(product, operandsOf(product));
    for (const [i, addon] of [...addonsByIsa().values()].entries()) {
      const { gemmBuiltin, gemmBlas } = addon.counters();
      const runs = { builtin: gemmBuiltin - before[i]!.gemmBuiltin, openblas: gemmBlas - before[i]!.gemmBlas };
      const other = addon.info().gemm === 'builtin' ? 'openblas' : 'builtin';
      expect(runs[addon.info().gemm]).toBeGreaterThan(0);
      expect(runs[other]).toBe(0);
    }
  });
});
