import { expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as ops from '../../lib/ops/index.js';
import { jit } from '../../lib/runtime/index.js';
import { traced } from './trace.js';

const sizes = [1, 7, 8, 33, 100_000];

it('lets finite numbers pass', () => {
  for (const n of sizes) ops.checkFinite(ops.full([n], 3.4e38));
  ops.checkFinite(ops.zeros([0]));
});

it.each([NaN, Infinity, -Infinity])('stops at the first %s', (bad) => {
  for (const n of sizes) {
    const place = Math.floor(n / 2);
    const x = ops.tensor(Float64Array.from({ length: n }, (_, i) => (i >= place ? bad : i)));
    expect(() => ops.checkFinite(x)).toThrow(new RegExp(`\\b${place}\\b`));
    expect(() => ops.checkFinite(ops.cast(x, 'float32'))).toThrow();
  }
});

it('stays in a compiled function although nothing uses it', () => {
  const checked = jit((x: Tensor) => {
    ops.checkFinite(ops.log(x));
    return ops.square(x);
  });
  expect(checked.sync(ops.tensor([1, 2])).toArray()).toEqual([1, 4]);
  expect(() => checked.sync(ops.tensor([1, 0]))).toThrow();
});

it('takes floats only', () => {
  expect(() => traced(['int32[3]'], (x) => (ops.checkFinite(x), x))).toThrow(
    '[checkFinite] expected x to be float32 or float64, got int32[3]',
  );
});
