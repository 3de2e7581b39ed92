import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { nn } from '../../lib/index.js';
import * as ops from '../../lib/ops/index.js';
import { streamOf } from '../../lib/ops/random.js';
import type { Shape } from '../../lib/shape.js';

const wrong = (value: unknown) => value as never;

function drawn(initializer: nn.InitializerLike, shape: Shape, dtype: 'float32' | 'float64' = 'float64'): Tensor {
  const parameter = new nn.Parameter(shape, { initializer, dtype });
  parameter.initialize(3, 'weight');
  return parameter;
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

/** Largest distance of a·aᵀ from scale times the identity. */
function distanceFromOrthonormal(a: Tensor, scale: number): number {
  const gram = ops.matmul(a, a, { transposeB: true }).toArray() as number[][];
  return Math.max(...gram.flatMap((row, i) => row.map((value, j) => Math.abs(value - (i === j ? scale : 0)))));
}

describe('orthogonal', () => {
  it.each([
    [[40, 40], 1],
    [[100, 30], 1],
    [[30, 100], 2],
    [[3, 3, 8, 20], 0.5],
    [[1, 1, 4, 50], -1],
    [[1, 5], 1],
  ] as const)('has orthonormal rows or columns in the shape [%s], times %d', (shape, gain) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const rows = shape.slice(0, -1).reduce((product: number, length) => product * length, 1);
      const weight = drawn(nn.orthogonal(gain), shape, dtype);
      const matrix = ops.cast(ops.reshape(weight, [rows, shape.at(-1)!]), 'float64');
      const wide = rows > shape.at(-1)! ? ops.transpose(matrix, [1, 0]) : matrix;
      expect(weight.shape).toEqual([...shape]);
      expect(distanceFromOrthonormal(wide, gain * gain)).toBeLessThan(dtype === 'float64' ? 1e-13 : 1e-5);
    }
  });

  it('is uniform: the signs of a column are as often + as −', () => {
    const signs = Array.from({ length: 200 }, (_, i) => {
      const parameter = new nn.Parameter([4, 4], { initializer: 'orthogonal' });
      parameter.initialize(i, 'weight');
      return Number((parameter.data()[0] ?? 0) > 0);
    });
    // 100 ± 5 deviations of 7.1.
    expect(Math.abs(signs.reduce((sum, sign) => sum + sign, 0) - 100)).toBeLessThan(36);
  });

  it('says what it expects', () => {
    expect(() => drawn('orthogonal', [4])).toThrow("[orthogonal] expected a weight of at least two axes, got [4] for 'weight'");
    expect(() => nn.orthogonal(NaN)).toThrow('[orthogonal] expected gain to be a finite number');
  });
});

describe('truncated normal', () => {
  it('is the quantile of a uniform number, within two deviations', () => {
    const z = drawn(nn.truncatedNormal(0, 1), [60_000]).data();
    const low = 0.0227501319481792;
    const u = ops.randomUniform([60_000], { low, high: 1 - low, dtype: 'float64', seed: 3, stream: streamOf('weight') });
    const back = ops.mul(ops.add(ops.erf(ops.mul(ops.tensor(z as Float64Array), Math.SQRT1_2)), 1), 0.5).data();
    u.data().forEach((value, i) => expect(Math.abs((back[i] ?? NaN) - value)).toBeLessThan(1e-15));
    expect(Math.max(...z)).toBeLessThanOrEqual(2);
    expect(Math.min(...z)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...z)).toBeGreaterThan(1.99);
    // Five standard errors of the deviation of 60,000 numbers are 1.3 %.
    expect(Math.abs(deviationOf([...z]) / 0.8796256610342398 - 1)).toBeLessThan(0.013);
  });

  it('moves and stretches', () => {
    const values = [...drawn(nn.truncatedNormal(3, 0.5), [20_000], 'float32').data()];
    expect(Math.max(...values)).toBeLessThanOrEqual(4);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(2);
    expect(Math.abs(values.reduce((sum, x) => sum + x, 0) / 20_000 - 3)).toBeLessThan(0.016);
  });
});

describe('variance scaling', () => {
  it.each(['normal', 'truncatedNormal', 'uniform'] as const)('%s: the variance is scale/fan', (distribution) => {
    for (const [mode, fan] of [
      ['fanIn', 300],
      ['fanOut', 200],
      ['fanAverage', 250],
    ] as const) {
      const values = [...drawn(nn.varianceScaling({ scale: 2, mode, distribution }), [300, 200]).data()];
      expect(Math.abs(deviationOf(values) / Math.sqrt(2 / fan) - 1)).toBeLessThan(0.015);
      const most = Math.max(...values.map(Math.abs)) / Math.sqrt(2 / fan);
      const bounds = { normal: 6, truncatedNormal: 2 / 0.8796, uniform: Math.sqrt(3) };
      expect(most).toBeLessThanOrEqual(bounds[distribution] * 1.0001);
      expect(most).toBeGreaterThan(bounds[distribution] * 0.6);
    }
  });

  it('says what it expects', () => {
    expect(() => nn.varianceScaling({ scale: -1 })).toThrow('[varianceScaling] expected scale to be a finite number ≥ 0, got -1');
    expect(() => nn.varianceScaling({ mode: wrong('fan') })).toThrow("[varianceScaling] expected mode to be 'fanIn' or 'fanOut'");
    expect(() => nn.varianceScaling(wrong({ distributon: 1 }))).toThrow("[varianceScaling] unknown option 'distributon'");
  });
});

describe('initialize', () => {
  const network = () => nn.sequential(nn.embedding(50, 20, { paddingIndex: 1 }), nn.linear(20, 30), nn.prelu(), nn.linear(30, 2));
  const largest = (tensor: Tensor | undefined) => Math.max(...Array.from(tensor?.data() ?? [], Math.abs));

  it('has Keras’ defaults', () => {
    const made = nn.initialize(network(), 'keras');
    const [table, linear, slope] = made.layers;
    nn.initializeParameters(made, 1);
    expect(largest(linear.bias)).toBe(0);
    expect(largest(linear.weight)).toBeLessThanOrEqual(Math.sqrt(6 / 50));
    expect(largest(linear.weight)).toBeGreaterThan(0.97 * Math.sqrt(6 / 50));
    expect(largest(table.weight)).toBeLessThanOrEqual(Math.fround(0.05));
    expect(largest(table.weight)).toBeGreaterThan(0.04);
    expect((table.weight.toArray() as number[][])[1]?.every((value) => value === 0)).toBe(true);
    expect([...slope.weight.data()]).toEqual([0.25]);
  });

  it('leaves scales and shifts of normalisations', () => {
    const made = nn.initialize(nn.sequential(nn.conv2d(3, 4, 3), nn.batchNorm(4)), {
      weight: nn.constant(2),
      bias: nn.constant(3),
    });
    const values = [...nn.namedParameters(made).values()].map((parameter) => Number(parameter.data()[0]));
    expect(values).toEqual([2, 3, 1, 0]);
  });

  it('has the fans of convolutions: kernel height · width · channels in / groups', () => {
    const conv = nn.conv2d(8, 64, 3, { groups: 2, weightInitializer: 'heUniform' });
    nn.initializeParameters(conv, 1);
    const bound = Math.sqrt(6 / (3 * 3 * 4));
    expect(largest(conv.weight)).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest(conv.weight)).toBeGreaterThan(0.99 * bound);
  });

  it('has PyTorch’s defaults, which are those of the layers', () => {
    const [plain, preset] = [network(), nn.initialize(network(), 'torch')];
    for (const made of [plain, preset]) nn.initializeParameters(made, 1);
    const values = (made: nn.Module) => [...nn.namedParameters(made).values()].map((parameter) => [...parameter.data()]);
    expect(values(preset)).toEqual(values(plain));
  });

  it('takes rules, and leaves out what they leave out', () => {
    const made = nn.initialize(network(), { weight: nn.constant(2), bias: ({ shape, dtype }) => ops.full(shape, 3, { dtype }) });
    const [table, linear] = made.layers;
    nn.initializeParameters(made, 1);
    expect([largest(linear.weight), largest(linear.bias)]).toEqual([2, 3]);
    expect(largest(table.weight)).toBeGreaterThan(2);
    const single = nn.initialize(nn.linear(2, 2, { bias: false }), { weight: 'ones', bias: 'zeros' });
    expect([...single.weight.data()]).toEqual([1, 1, 1, 1]);
  });

  it('refuses what is drawn already, and rules that do not exist', () => {
    const made = network();
    nn.initializeParameters(made, 1);
    expect(() => nn.initialize(made, 'keras')).toThrow("[initialize] '0.weight' has its elements already");
    expect(() => nn.initialize(nn.linear(1, 1), wrong('tensorflow'))).toThrow(
      "[initialize] expected rules to be 'torch' or 'keras'",
    );
    expect(() => nn.initialize(nn.linear(1, 1), wrong({ weights: 'zeros' }))).toThrow("[initialize] unknown option 'weights'");
    expect(() => nn.initialize(nn.linear(1, 1), wrong(3))).toThrow("[initialize] expected 'torch', 'keras' or rules, got 3");
    expect(() => nn.initialize(nn.linear(1, 1), { weight: wrong('zeross') })).toThrow(
      "expected an initializer's name or a function",
    );
  });
});
