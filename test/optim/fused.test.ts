import { describe, expect, it } from 'vitest';
import type { DType } from '../../lib/dtype.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import { sgdStep } from '../../lib/ops/sgd-step.js';
import { lowest, stepCases } from '../ops/cases/optimizer-steps.js';
import { generator } from '../ops/values.js';
import '../../lib/runtime/index.js';

/** More than one chunk of the kernels, and no multiple of a vector. */
const size = 20_011;

function flat(dtype: DType, seed: number, low: number, high: number): Tensor {
  const random = generator(seed);
  return tensor(
    Float64Array.from({ length: size }, () => low + (high - low) * random() ** 3),
    { dtype },
  );
}

/** Elements whose bits differ. */
function differing(got: readonly Tensor[], want: readonly Tensor[]): number[] {
  expect(got.length).toBe(want.length);
  return got.map((tensorGot, i) => {
    const [a, b] = [Array.from(tensorGot.data()), want[i]?.data() ?? []];
    return a.filter((value, j) => !Object.is(value, b[j])).length;
  });
}

describe('the fused steps are the bits of their definitions', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const [w, g] = [flat(dtype, 1, -2, 2), flat(dtype, 2, -1e-2, 3e-2)];
    it.each(stepCases)(`${dtype} $op $title`, ({ states, scalars, run, define }) => {
      const state = states.map((name, i) => flat(dtype, 3 + i, lowest(name) < 0 ? -1e-2 : 0, 1e-2));
      const inputs = [w, g, ...state, ...scalars.map((value) => scalar(value, { dtype }))];
      const [got, want] = [run(inputs), define(inputs)];
      expect(differing(got, want)).toEqual(want.map(() => 0));
      expect(differing([got[0] ?? w], [w])[0]).toBeGreaterThan(size * 0.9);
    });
  }
});

it('a step refuses what is not flat and of one type', () => {
  const [a, b] = [tensor([1, 2]), tensor([1, 2, 3])];
  const attributes = {
    maximize: false,
    weightDecay: 0,
    decoupled: false,
    momentum: 0,
    nesterov: false,
    torch: false,
    dampened: false,
  };
  const step =
    (...inputs: Tensor[]) =>
    () =>
      sgdStep.apply(inputs, attributes);
  expect(step(a, b, scalar(1))).toThrow('[sgdStep] expected input 1 to be float32[2], got float32[3]');
  expect(step(a, a, tensor([1]))).toThrow('[sgdStep] expected input 2 to be float32[], got float32[1]');
  expect(step(a, a, scalar(1, { dtype: 'float64' }))).toThrow('[sgdStep] expected equal dtypes');
  expect(step(a, a)).toThrow('[sgdStep] expected 3 inputs, got 2');
});
