import { describe, expect, it } from 'vitest';
import * as ops from '../../lib/ops/index.js';
import { streamOf } from '../../lib/ops/random.js';
import { randomCases } from './cases/random.js';
import { testOp } from './harness.js';
import { philox } from './philox.js';
import { traced } from './trace.js';

randomCases.forEach(testOp);

describe('Philox4x32-10', () => {
  it('gives the known answers of its authors', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });
});

describe('random numbers', () => {
  it('have the mean and the deviation that were asked for', () => {
    const normal = ops.randomNormal([100_000], { seed: 3, mean: 1, deviation: 2 });
    expect(Math.abs(ops.mean(normal).item() - 1)).toBeLessThan(5 * (2 / Math.sqrt(100_000)));
    expect(Math.abs(ops.variance(normal).item() / 4 - 1)).toBeLessThan(5 * Math.sqrt(2 / 100_000));
    const uniform = ops.randomUniform([100_000], { seed: 3 });
    expect(Math.abs(ops.mean(uniform).item() - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 100_000));
    expect(ops.max(uniform).item()).toBeLessThan(1);
  });

  it('differ by seed and by stream', () => {
    const draw = (seed: number, stream: number): string => String(ops.randomUniform([8], { seed, stream }).data());
    expect(new Set([draw(1, 0), draw(2, 0), draw(1, 1), draw(1 + 2 ** 32, 0), draw(1, 2 ** 32)]).size).toBe(5);
    expect(draw(1, 0)).toBe(draw(1, 0));
  });
});

describe('dropout', () => {
  it('gives a sample the same mask in any batch', () => {
    const x = ops.ones([8, 33]);
    const words = (place: number) => ops.tensor([5, 0, 2, 0, place, 0], { dtype: 'int32' });
    const whole = ops.dropout(x, 0.5, { random: words(0) });
    const part = ops.dropout(ops.slice(x, [5]), 0.5, { random: words(5) });
    expect(part.toArray()).toEqual(ops.slice(whole, [5]).toArray());
  });

  it('leaves x alone outside of training', () => {
    expect(ops.dropout(ops.ones([3]), 0.5).toArray()).toEqual([1, 1, 1]);
    expect(traced(['float32[3]'], (x) => ops.dropout(x, 0.5)).text).toContain('identity %0');
  });

  it('takes the step’s random words, and a stream for each call, in training', () => {
    const { text } = traced(['float32[3]'], (x) => ops.dropout(ops.dropout(x, 0.5), 0.5), true);
    const streams = [streamOf('/dropout#0'), streamOf('/dropout#1')];
    expect(text).toBe(
      [
        '%0 float32[3] = input {role:argument0}',
        '%1 int32[6] = input {role:random}',
        `%2 float32[3] = dropout %0 %1 {probability:0.5 stream:${streams[0]}}`,
        `%3 float32[3] = dropout %2 %1 {probability:0.5 stream:${streams[1]}}`,
        'return %3',
      ].join('\n'),
    );
    expect(streams.every((stream) => Number.isSafeInteger(stream) && stream >= 0)).toBe(true);
  });
});
