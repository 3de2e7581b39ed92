import { expect } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { add, mul } from '../../lib/ops/elementwise.js';
import { cast } from '../../lib/ops/cast.js';
import { scalar } from '../../lib/ops/constant.js';
import { sum } from '../../lib/ops/reduce.js';
import { tensor } from '../../lib/ops/create.js';
import { grad } from '../../lib/runtime/index.js';
import { generator, type Values } from './values.js';

type Scalar = (inputs: readonly Tensor[]) => Tensor;

/** Step of the central differences and the relative error that passes: truncation is step²·f‴/6 ≈ 1e-10, rounding ε·f/step ≈ 1e-11. */
const step = 1e-5;
const tolerance = 1e-7;

/** Compares the gradient of a random combination of outputs with differences, and then a random combination of that gradient's elements. */
export function checkDerivatives(
  outputsOf: (inputs: readonly Tensor[]) => readonly Tensor[],
  at: readonly Values[],
  label: string,
): void {
  const value: Scalar = (inputs) => combine(outputsOf(inputs), 1);
  checkOne(value, at, `${label}, gradient`);
  const slope: Scalar = (inputs) => combine(grad<[readonly Tensor[]]>(value)(inputs), 100);
  checkOne(slope, at, `${label}, gradient of the gradient`);
}

/** Σ weight·output with fixed random weights. */
function combine(outputs: readonly Tensor[], seed: number): Tensor {
  const random = generator(seed);
  let total = scalar(0, { dtype: 'float64' });
  for (const output of outputs) {
    const weights = tensor(
      Float64Array.from({ length: output.size }, () => 2 * random() - 1),
      { shape: output.shape },
    );
    total = add(total, sum(mul(cast(output, 'float64'), weights)));
  }
  return total;
}

function checkOne(f: Scalar, at: readonly Values[], label: string): void {
  const random = generator(7);
  const direction = at.map(({ data }) => data.map(() => 2 * random() - 1));
  const moved = (by: number): Tensor[] =>
    at.map(({ shape, data }, i) =>
      tensor(
        Float64Array.from(data, (value, j) => value + by * (direction[i]?.[j] ?? 0)),
        { shape },
      ),
    );
  const numeric = (f(moved(step)).item() - f(moved(-step)).item()) / (2 * step);
  const gradients = grad<[readonly Tensor[]]>(f)(moved(0));
  const analytic = gradients.reduce((total, gradient, i) => total + dot(gradient, direction[i] ?? []), 0);
  gradients.forEach((gradient, i) => expect(gradient.shape).toEqual(at[i]?.shape));
  if (at.every(({ data }) => data.length === 0)) return;
  expect(
    Math.abs(analytic - numeric) <= tolerance * Math.max(1, Math.abs(numeric)),
    `${label}: ${analytic} by rules, ${numeric} by differences`,
  ).toBe(true);
}

function dot(x: Tensor, weights: readonly number[]): number {
  return Array.from(x.data()).reduce((total, value, i) => total + value * (weights[i] ?? 0), 0);
}
