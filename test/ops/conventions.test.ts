import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as ops from '../../lib/ops/index.js';
import { grad } from '../../lib/runtime/index.js';
import { traced } from './trace.js';

const double = (data: Parameters<typeof ops.tensor>[0]): Tensor => ops.tensor(data, { dtype: 'float64' });

/** ∇ Σ f at x. */
function slope(f: (x: Tensor) => Tensor, x: Tensor): unknown {
  return grad((at: Tensor) => ops.sum(f(at)))(x).toArray();
}

const slopeOfSlope = (f: (x: Tensor) => Tensor, x: Tensor): unknown =>
  slope((at) => grad((inner: Tensor) => ops.sum(f(inner)))(at), x);

describe('gradients where a function has a corner', () => {
  it('share evenly among equal extremes', () => {
    const x = double([
      [1, 3, 3],
      [2, 2, 2],
    ]);
    const third = 1 / 3;
    expect(slope((at) => ops.max(at, { axis: 1 }), x)).toEqual([
      [0, 0.5, 0.5],
      [third, third, third],
    ]);
    expect(slope((at) => ops.min(at, { axis: [0, 1] }), x)).toEqual([
      [1, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('give each of two equal operands half', () => {
    const [a, b] = [double([1, 2, 3]), double([2, 2, 2])];
    expect(slope((at) => ops.maximum(at, b), a)).toEqual([0, 0.5, 1]);
    expect(slope((at) => ops.maximum(a, at), b)).toEqual([1, 0.5, 0]);
    expect(slope((at) => ops.minimum(at, b), a)).toEqual([1, 0.5, 0]);
    expect(slope((at) => ops.minimum(a, at), b)).toEqual([0, 0.5, 1]);
  });

  it('pass at the bounds of clamp', () => {
    expect(slope((at) => ops.clamp(at, -1, 1), double([-2, -1, 0, 1, 2]))).toEqual([0, 1, 1, 1, 0]);
    expect(slope((at) => ops.clamp(at, -Infinity, 1), double([-2, 1, 2]))).toEqual([1, 1, 0]);
  });

  it('are 0 at 0 for relu and abs', () => {
    expect(slope(ops.relu, double([-1, 0, 1]))).toEqual([0, 0, 1]);
    expect(slope(ops.abs, double([-1, 0, 1]))).toEqual([-1, 0, 1]);
  });
});

describe('gradients at 0', () => {
  const zero = double([0, 0]);

  it('of powers are finite, and their gradients', () => {
    expect(slope((at) => ops.pow(at, 3), zero)).toEqual([0, 0]);
    expect(slope((at) => ops.pow(at, 1), zero)).toEqual([1, 1]);
    expect(slope((at) => ops.pow(at, 0), zero)).toEqual([0, 0]);
    expect(slope((at) => ops.pow(zero, at), double([2, 0]))).toEqual([0, 0]);
    expect(slopeOfSlope((at) => ops.pow(at, 3), zero)).toEqual([0, 0]);
    expect(slopeOfSlope((at) => ops.pow(at, 2), zero)).toEqual([2, 2]);
    expect(slopeOfSlope((at) => ops.pow(zero, at), double([2, 1]))).toEqual([0, 0]);
  });

  it('of products are the products of the others', () => {
    expect(slope((at) => ops.prod(at), double([2, 0, 3]))).toEqual([0, 6, 0]);
    expect(slope((at) => ops.prod(at), double([0, 0, 3]))).toEqual([0, 0, 0]);
    expect(slopeOfSlope((at) => ops.prod(at), double([0, 0, 3]))).toEqual([3, 3, 0]);
  });
});

describe('what nothing flows through', () => {
  it('stops at stopGradient, rounding and integers', () => {
    expect(slope((at) => ops.mul(at, ops.stopGradient(at)), double([3]))).toEqual([3]);
    expect(slope(ops.floor, double([1.5]))).toEqual([0]);
    expect(slope((at) => ops.mul(at, ops.cast(ops.cast(at, 'int32'), 'float64')), double([2.5]))).toEqual([2]);
  });

  it('keeps the dtype through casts of floats', () => {
    const x = ops.tensor([1, 2]);
    const gradient = grad((at: Tensor) => ops.sum(ops.square(ops.cast(at, 'float64'))))(x);
    expect(gradient.dtype).toBe('float32');
    expect(gradient.toArray()).toEqual([2, 4]);
  });
});

describe('softmax cross entropy', () => {
  const logits = double([
    [1, 2, 3],
    [0, 0, 0],
  ]);
  const labels = ops.tensor([2, 0], { dtype: 'int32' });

  it('takes its gradient from the forward pass: one kernel, no second softmax', () => {
    const { text } = traced(['float32[4,3]', 'int32[4]'], (x, y) =>
      grad((at: Tensor) => ops.sum(ops.softmaxCrossEntropyWithLogits(at, y)))(x),
    );
    expect(text.match(/softmax/g)).toEqual(['softmax']);
  });

  it('has minus infinity for a class that can not be, and no NaN', () => {
    const masked = double([[1, -Infinity, 1]]);
    const { loss, slope: s } = ops.softmaxCrossEntropyWithSlope(masked, ops.tensor([0], { dtype: 'int32' }));
    expect(loss.item()).toBeCloseTo(Math.log(2), 14);
    expect(s.toArray()).toEqual([[-0.5, 0, 0.5]]);
  });

  it('equals its definition’s loss with targets that are one-hot', () => {
    const fused = ops.softmaxCrossEntropyWithLogits(logits, labels);
    const dense = ops.softmaxCrossEntropyWithTargets(logits, ops.oneHot(labels, 3, { dtype: 'float64' }));
    [...fused.data()].forEach((value, i) => expect(value).toBeCloseTo(dense.data()[i] ?? NaN, 14));
  });
});
