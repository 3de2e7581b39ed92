import { describe, expect, it } from 'vitest';
import type { DType } from '../../lib/dtype.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import { adamStep, adamStepOp, sgdStep, sgdStepOp } from '../../lib/ops/optimizer.js';
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
    const rate = scalar(0.0123, { dtype });

    for (const weightDecay of [0, 0.0125]) {
      for (const [momentum, nesterov, torch] of [
        [0, false, false],
        [0.9, false, false],
        [0.9, true, false],
        [0.9, false, true],
        [0.9, true, true],
      ] as const) {
        it(`sgd ${dtype} ${JSON.stringify({ momentum, nesterov, torch, weightDecay })}`, () => {
          const options = { momentum, nesterov, torch, weightDecay };
          const velocity = momentum === 0 ? undefined : flat(dtype, 3, -0.1, 0.1);
          const want = sgdStepOp.definition?.([w, g, rate, ...(velocity ? [velocity] : [])], options) ?? [];
          const got = sgdStep(w, g, rate, velocity, options);
          expect(differing(got, want)).toEqual(want.map(() => 0));
          expect(differing([got[0] ?? w], [w])[0]).toBeGreaterThan(size * 0.9);
        });
      }

      for (const epsilonInsideSqrt of [false, true]) {
        it(`adam ${dtype} ${JSON.stringify({ epsilonInsideSqrt, weightDecay })}`, () => {
          const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, epsilonInsideSqrt, weightDecay };
          const state = [flat(dtype, 4, -1e-2, 1e-2), flat(dtype, 5, 0, 1e-3)];
          const inputs = [w, g, ...state, rate, scalar(0.271, { dtype }), scalar(0.002997, { dtype })];
          const want = adamStepOp.definition?.(inputs, options) ?? [];
          const got = adamStep(inputs, options);
          expect(differing(got, want)).toEqual([0, 0, 0]);
          expect(differing([got[0] ?? w], [w])[0]).toBeGreaterThan(size * 0.9);
        });
      }
    }
  }

  it('refuse what is not flat and of one type', () => {
    const [a, b] = [tensor([1, 2]), tensor([1, 2, 3])];
    const options = { momentum: 0, nesterov: false, torch: false, weightDecay: 0 };
    expect(() => sgdStep(a, b, scalar(1), undefined, options)).toThrow(
      '[sgdStep] expected input 1 to be float32[2], got float32[3]',
    );
    expect(() => sgdStep(a, a, tensor([1]), undefined, options)).toThrow(
      '[sgdStep] expected input 2 to be float32[], got float32[1]',
    );
    expect(() => sgdStep(a, a, scalar(1, { dtype: 'float64' }), undefined, options)).toThrow('[sgdStep] expected equal dtypes');
  });
});
