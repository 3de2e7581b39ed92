import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as nn from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad } from '../../lib/runtime/index.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import type { Shape } from '../../lib/shape.js';

/** What is deliberately not of the declared type. */
const wrong = (value: unknown) => value as never;

function numbers(shape: Shape) {
  const size = shape.reduce((product, length) => product * length, 1);
  return ops.tensor(
    Float32Array.from({ length: size }, (_, i) => i + 1),
    { shape },
  );
}

describe('zero padding', () => {
  it('surrounds lengths and images', () => {
    expect(
      nn
        .zeroPad1d([1, 2])
        .forward(numbers([1, 2, 1]))
        .toArray(),
    ).toEqual([[[0], [1], [2], [0], [0]]]);
    expect(nn.zeroPad1d(1).forward(numbers([2, 3, 4])).shape).toEqual([2, 5, 4]);
    expect(nn.zeroPad2d(2).forward(numbers([2, 3, 4, 5])).shape).toEqual([2, 7, 8, 5]);
    const margins = nn.zeroPad2d([
      [1, 0],
      [0, 1],
    ]);
    expect(margins.forward(numbers([1, 1, 2, 1])).toArray()).toEqual([
      [
        [[0], [0], [0]],
        [[1], [2], [0]],
      ],
    ]);
    const slope = grad((x: Tensor) => ops.sum(ops.square(margins.forward(x))))(numbers([1, 1, 2, 1]));
    expect([...slope.data()]).toEqual([2, 4]);
    expect([String(margins), String(nn.zeroPad1d(1))]).toEqual(['zeroPad2d([[1,0],[0,1]])', 'zeroPad1d([1,1])']);
  });

  it('says what it expects', () => {
    expect(() => nn.zeroPad1d(-1)).toThrow('[zeroPad1d] expected padding to be an integer ≥ 0, got -1');
    expect(() => nn.zeroPad1d(wrong([1]))).toThrow('[zeroPad1d] expected a number or pairs [before, after], got');
    expect(() => nn.zeroPad2d(wrong([1, 2]))).toThrow('[zeroPad2d] expected a number or pairs [before, after], got 1');
    expect(() =>
      nn.zeroPad2d(
        wrong([
          [1, 2],
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toThrow('[zeroPad2d] expected two pairs, got 3');
    expect(() => nn.zeroPad2d(1).forward(numbers([2, 3, 4]))).toThrow(
      '[zeroPad2d] expected x to be [samples, height, width, channels], got float32[2,3,4]',
    );
  });
});

describe('reshape', () => {
  it('gives each sample another shape', () => {
    const x = numbers([2, 6]);
    expect(nn.reshape([3, 2]).forward(x).toArray()).toEqual(ops.reshape(x, [2, 3, 2]).toArray());
    expect(nn.reshape([2, -1, 1]).forward(x).shape).toEqual([2, 2, 3, 1]);
    expect(nn.reshape([]).forward(numbers([4, 1])).shape).toEqual([4]);
    expect(nn.reshape([0, 3]).forward(numbers([2, 0])).shape).toEqual([2, 0, 3]);
    expect(String(nn.reshape([28, 28, 1]))).toBe('reshape([28, 28, 1])');
  });

  it('says what it expects', () => {
    expect(() => nn.reshape([4]).forward(numbers([2, 6]))).toThrow(
      '[reshape([4])] expected samples of 4 elements, got float32[2,6]',
    );
    expect(() => nn.reshape([4, -1]).forward(numbers([2, 6]))).toThrow('expected samples of 4 elements, got float32[2,6]');
    expect(() => nn.reshape([1]).forward(ops.scalar(1))).toThrow('expected a first axis of samples, got float32[]');
    expect(() => nn.reshape([-1, -1])).toThrow('[reshape] expected at most one length of −1, got [-1,-1]');
    expect(() => nn.reshape([1.5])).toThrow('[reshape] expected lengths ≥ 0 or −1 for what is left, got 1.5');
    expect(() => nn.reshape(wrong(28))).toThrow('[reshape] expected a shape such as [28, 28, 1], got 28');
  });
});

describe('residual', () => {
  const double = () => nn.lambda((x) => ops.mul(x, 2));

  it('adds what the body gives to x, or to what the shortcut gives', () => {
    expect(
      nn
        .residual(double())
        .forward(numbers([2]))
        .toArray(),
    ).toEqual([3, 6]);
    expect(
      nn
        .residual(double(), double())
        .forward(numbers([2]))
        .toArray(),
    ).toEqual([4, 8]);
    const slope = grad((x: Tensor) => ops.sum(nn.residual(nn.lambda(ops.square)).forward(x)))(numbers([3]));
    expect(slope.toArray()).toEqual([3, 5, 7]);
  });

  it('names parameters after its parts', () => {
    const block = nn.residual(nn.sequential(nn.linear(3, 4), nn.relu()), nn.linear(3, 4, { bias: false }));
    expect([...nn.namedParameters(block).keys()]).toEqual(['body.0.weight', 'body.0.bias', 'shortcut.weight']);
  });

  it('broadcasts nothing', () => {
    const narrow = nn.residual(nn.lambda((x) => ops.mean(x, { axis: -1, keepDims: true })));
    expect(() => narrow.forward(numbers([2, 3]))).toThrow(
      '[residual] expected body and shortcut to give one shape, got float32[2,1] and float32[2,3]',
    );
    expect(() => nn.residual(wrong(undefined))).toThrow('[residual] expected body to be a layer, got undefined');
    expect(() => nn.residual(double(), wrong(3))).toThrow('[residual] expected shortcut to be a layer, got 3');
  });
});

describe('channel dropout', () => {
  const words = (place: number) => ops.tensor(Int32Array.of(7, 0, 3, 0, place, 0));
  const x = ops.ones([8, 5, 6, 40]);
  const kept = (samples: number, place: number) =>
    ops.channelDropout(ops.ones([samples, 5, 6, 40]), 0.25, { random: words(place), stream: 2 });

  it('drops whole channels of a sample, and scales the others', () => {
    const data = kept(8, 0).data();
    let dropped = 0;
    for (let sample = 0; sample < 8; sample++)
      for (let channel = 0; channel < 40; channel++) {
        const first = data[sample * 1200 + channel];
        expect([0, Math.fround(4 / 3)]).toContain(first);
        dropped += Number(first === 0);
        for (let at = 1; at < 30; at++) expect(data[sample * 1200 + at * 40 + channel]).toBe(first);
      }
    // 320 draws at 1/4: 80 ± 4 deviations of 7.7.
    expect(Math.abs(dropped - 80)).toBeLessThan(31);
  });

  it('depends on a sample’s place, not on its batch', () => {
    const [all, last] = [kept(8, 0).data(), kept(3, 5).data()];
    expect([...last]).toEqual([...all.slice(5 * 1200)]);
  });

  it('keeps everything in evaluation, and multiplies gradients by its mask', () => {
    expect(
      nn
        .dropout2d(0.9)
        .forward(x)
        .data()
        .every((value) => value === 1),
    ).toBe(true);
    const slope = grad((given: Tensor) => ops.sum(ops.channelDropout(given, 0.25, { random: words(0), stream: 2 })))(x);
    expect([...slope.data()]).toEqual([...kept(8, 0).data()]);
  });

  it('is traced in training', () => {
    const graph = (layer: nn.Module, shape: Shape) => {
      const trace = new Trace({ training: true });
      return withTrace(trace, () =>
        trace.finish([layer.forward(trace.input({ dtype: 'float32', shape }, { kind: 'argument', index: 0 }))]),
      );
    };
    const masks = graph(nn.dropout1d(0.5), [2, 5, 3]).nodes.filter(({ op }) => op.name === 'dropout');
    expect(masks.map(({ outputs }) => outputs[0]?.type.shape)).toEqual([[2, 1, 3]]);
  });

  it('says what it expects', () => {
    expect(() => nn.dropout1d(1)).toThrow('[dropout1d] expected probability to be a number in [0, 1), got 1');
    expect(() => nn.dropout2d().forward(ops.ones([2, 3]))).toThrow(
      '[dropout2d] expected x to be [samples, height, width, channels], got float32[2,3]',
    );
    expect(() => ops.channelDropout(ops.ones([2]), 0.5, { random: words(0) })).toThrow(
      '[channelDropout] expected x to be [samples, …, channels], got float32[2]',
    );
  });
});
