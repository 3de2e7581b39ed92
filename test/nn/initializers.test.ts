import { describe, expect, it } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { tensor } from '../../lib/ops/create.js';
import '../../lib/runtime/index.js';
import { tidy } from '../../lib/ir/tidy.js';
import { addon } from '../../lib/runtime/native.js';

const [fanIn, fanOut] = [300, 200];

function drawn(initializer: nn.InitializerLike, dtype: 'float32' | 'float64' = 'float32'): number[] {
  const parameter = new nn.Parameter([fanIn, fanOut], { initializer, dtype });
  parameter.initialize(1, 'weight');
  return [...parameter.data()];
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  return { mean, deviation, most: Math.max(...values.map(Math.abs)) };
}

/** Mean and deviation of 60,000 numbers lie within 5 standard errors: 2 % and 1.5 % of the deviation. */
function expectMoments(values: readonly number[], deviation: number): void {
  const found = moments(values);
  expect(Math.abs(found.mean)).toBeLessThan(0.02 * deviation);
  expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.015);
}

describe('initializers', () => {
  const bounds: Partial<Record<nn.InitializerName, number>> = {
    glorotUniform: Math.sqrt(6 / (fanIn + fanOut)),
    heUniform: Math.sqrt(6 / fanIn),
    heUniformFanOut: Math.sqrt(6 / fanOut),
    fanInUniform: 1 / Math.sqrt(fanIn),
    xavierUniform: Math.sqrt(6 / (fanIn + fanOut)),
    lecunUniform: Math.sqrt(3 / fanIn),
  };
  for (const [name, bound] of Object.entries(bounds)) {
    it(`${name}: U(±${bound.toFixed(4)})`, () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const values = drawn(name as nn.InitializerName, dtype);
        expectMoments(values, bound / Math.sqrt(3));
        const { most } = moments(values);
        expect(most).toBeLessThanOrEqual(Math.fround(bound));
        expect(most).toBeGreaterThan(0.999 * bound);
      }
    });
  }

  const deviations: Partial<Record<nn.InitializerName, number>> = {
    glorotNormal: Math.sqrt(2 / (fanIn + fanOut)),
    heNormal: Math.sqrt(2 / fanIn),
    heNormalFanOut: Math.sqrt(2 / fanOut),
    xavierNormal: Math.sqrt(2 / (fanIn + fanOut)),
    lecunNormal: Math.sqrt(1 / fanIn),
    standardNormal: 1,
  };
  for (const [name, deviation] of Object.entries(deviations)) {
    it(`${name}: N(0, ${deviation.toFixed(4)}²)`, () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const values = drawn(name as nn.InitializerName, dtype);
        expectMoments(values, deviation);
        // Of 60,000 normal numbers about 4 lie beyond 4 deviations, none beyond 6.
        expect(moments(values).most / deviation).toBeGreaterThan(3.5);
        expect(moments(values).most / deviation).toBeLessThan(6);
      }
    });
  }

  it('zeros, ones, constants, any range, any function', () => {
    expect(new Set(drawn('zeros'))).toEqual(new Set([0]));
    expect(new Set(drawn('ones'))).toEqual(new Set([1]));
    expect(new Set(drawn(nn.constant(0.25)))).toEqual(new Set([0.25]));
    expect(moments(drawn(nn.uniform(2, 3))).mean).toBeCloseTo(2.5, 2);
    expect(moments(drawn(nn.normal(5, 0.1))).mean).toBeCloseTo(5, 2);
    const own = new nn.Parameter([2], { initializer: ({ shape, fanOut: out }) => tensor([out, shape.length]) });
    expect([...own.data()]).toEqual([2, 1]);
  });

  it('have a linear layer drawn as PyTorch does: U(±1/√in) for weight and bias', () => {
    const { weight, bias } = nn.linear(fanIn, 20_000);
    const bound = 1 / Math.sqrt(fanIn);
    for (const parameter of [weight, bias]) {
      const { most, deviation } = moments([...(parameter?.data().slice(0, 60_000) ?? [])]);
      expect(most).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.abs(deviation / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.03);
    }
  });

  it('are refused by name', () => {
    const make = (initializer: unknown) => () => new nn.Parameter([2], { initializer: initializer as nn.InitializerName });
    expect(make('heNormall')).toThrow(
      `[parameter] expected an initializer's name or a function, got "heNormall"\nhelp: did you mean 'heNormal'?`,
    );
    expect(make(3)).toThrow("[parameter] expected an initializer's name or a function, got 3\nhelp: names: glorotUniform, ");
    expect(() => nn.uniform(1, 0)).toThrow('[uniform] expected high to be a finite number ≥ 1, got 0');
    expect(() => nn.normal(0, -1)).toThrow('[normal] expected deviation to be a finite number ≥ 0, got -1');
    expect(() => make(() => tensor([1, 2, 3]))().data()).toThrow("[initializer] expected float32[2] for parameter '#");
  });
});

describe('memory', () => {
  it('holds a parameter once; a tensor that an initializer was given stays', () => {
    const given = tensor([1, 2]);
    const before = addon().counters().liveBuffers;
    const parameters = [() => given, () => given, 'heNormal' as const].map(
      (initializer) => new nn.Parameter([2], { initializer }),
    );
    tidy(() => parameters.forEach((parameter) => parameter.data()));
    expect(addon().counters().liveBuffers - before).toBe(1);
    given.dispose();
    expect([...(parameters[1]?.data() ?? [])]).toEqual([1, 2]);
    parameters.forEach((parameter) => parameter.dispose());
    expect(addon().counters().liveBuffers - before).toBe(-1);
  });
});

describe('the same seed', () => {
  const make = () => nn.sequential(nn.linear(7, 5), nn.relu(), nn.linear(5, 5), nn.linear(5, 5));
  const weights = (network: nn.Module) =>
    Object.fromEntries([...nn.namedParameters(network)].map(([name, p]) => [name, [...p.data()]]));

  it('gives the same weights, whatever is made or drawn before', () => {
    const one = make();
    nn.linear(3, 3).weight.data();
    const other = make();
    nn.initializeParameters(one, 5);
    for (const [name, parameter] of [...nn.namedParameters(other)].reverse()) parameter.initialize(5, name);
    expect(weights(one)).toEqual(weights(other));
  });

  it('gives layers of one shape different weights, and another seed others', () => {
    const [one, other] = [make(), make()];
    nn.initializeParameters(one, 5);
    nn.initializeParameters(other, 6);
    const found = weights(one);
    expect(found['2.weight']).not.toEqual(found['3.weight']);
    for (const [name, values] of Object.entries(weights(other))) expect(values).not.toEqual(found[name]);
  });

  it('leaves alone what has elements', () => {
    const network = make();
    const before = [...network.layers[0].weight.data()];
    nn.initializeParameters(network, 5);
    expect([...network.layers[0].weight.data()]).toEqual(before);
    expect(network.layers[2].weight.initialized).toBe(true);
  });
});
