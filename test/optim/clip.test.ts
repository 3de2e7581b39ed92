import { describe, expect, it } from 'vitest';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import { adagrad, clipByGlobalNorm, clipByValue, sgd, type Optimizer } from '../../lib/optim/index.js';
import { follow, golden, gradientAt, relativeError, schedule } from './problem.js';

const { steps, start } = golden.problem;
const tolerance = 1e-12;

/** One step of length 1 from 0: the gradients as the optimiser got them, negated. */
function seen(wrap: (optimizer: Optimizer) => Optimizer, gradients: readonly number[]): unknown {
  const { parameters } = wrap(sgd({ learningRate: 1 })).update({
    parameters: tensor(gradients.map(() => 0)),
    gradients: tensor([...gradients]),
    state: {},
    scalars: { learningRate: scalar(1) },
    segments: [gradients.length],
  });
  return parameters.toArray();
}

describe('clipping', () => {
  it('by value keeps elements within ±limit', () => {
    expect(seen((optimizer) => clipByValue(optimizer, 2), [3, -3, 2, -1.5, 0])).toEqual([-2, 2, -2, 1.5, 0]);
    expect(seen((optimizer) => clipByValue(optimizer, 0), [3, -3])).toEqual([0, 0]);
  });

  it('by global norm shortens what is longer and leaves the bits of what is not', () => {
    expect(seen((optimizer) => clipByGlobalNorm(optimizer, 2.5), [3, 4])).toEqual([-1.5, -2]);
    expect(seen((optimizer) => clipByGlobalNorm(optimizer, 5), [3, 4])).toEqual([-3, -4]);
    expect(seen((optimizer) => clipByGlobalNorm(optimizer, 1e-30), [0, 0])).toEqual([0, 0]);
    const odd = [0.1, -0.7, 1 / 3];
    expect(seen((optimizer) => clipByGlobalNorm(optimizer, 1e3), odd)).toEqual(odd.map((value) => -Math.fround(value)));
  });

  it('comes before weight decay, and works on any optimiser: a trajectory in plain numbers', () => {
    const optimizer = sgd({ learningRate: schedule, momentum: 0.9, weightDecay: 0.25 });
    for (const [wrapped, clip] of [
      [clipByGlobalNorm(optimizer, 1.5), (g: Float64Array) => g.map((value) => value * Math.min(1, 1.5 / Math.hypot(...g)))],
      [clipByValue(optimizer, 0.5), (g: Float64Array) => g.map((value) => Math.max(-0.5, Math.min(0.5, value)))],
    ] as const) {
      let w = Float64Array.from(start);
      const v = new Float64Array(start.length);
      let clipped = 0;
      for (let t = 0; t < steps; t++) {
        const g = gradientAt(w, t);
        const kept = clip(g);
        if (kept.some((value, i) => value !== g[i])) clipped++;
        kept.forEach((value, i) => (v[i] = 0.9 * (v[i] ?? NaN) - schedule(t) * (value + 0.25 * (w[i] ?? NaN))));
        w = w.map((value, i) => value + (v[i] ?? NaN));
      }
      expect(clipped).toBeGreaterThan(steps / 4);
      expect(relativeError(follow(wrapped, steps).parameters.at(-1) ?? [], w)).toBeLessThan(tolerance);
    }
  });

  it('leaves the rest of the optimiser as it is', () => {
    const optimizer = adagrad({ initialAccumulatorValue: 0.5, learningRate: 0.125 });
    const wrapped = clipByGlobalNorm(clipByValue(optimizer, 2), 3);
    expect(wrapped).toMatchObject({ name: 'adagrad', state: ['sum'], initialState: { sum: 0.5 }, scalars: ['learningRate'] });
    expect(wrapped.constantScalars).toBe(true);
    expect(wrapped.options).toMatchObject({ initialAccumulatorValue: 0.5, clipByValue: 2, clipByGlobalNorm: 3 });
    expect('evaluateAt' in wrapped).toBe(false);
    const lookahead = sgd({ learningRate: 0.0625, momentum: 0.9, nesterov: 'lookahead' });
    const far = follow(clipByGlobalNorm(lookahead, 1e6), steps).parameters.at(-1) ?? [];
    expect([...far]).toEqual([...(follow(lookahead, steps).parameters.at(-1) ?? [])]);
  });

  it('answers mistakes by name', () => {
    const optimizer = sgd({ learningRate: 1 });
    expect(() => clipByValue(optimizer, -1)).toThrow('[clipByValue] expected limit to be a finite number ≥ 0, got -1');
    expect(() => clipByGlobalNorm(optimizer, 0)).toThrow('[clipByGlobalNorm] expected largest to be a finite number ≥ 1.17');
    const wrong: unknown = { learningRate: 1 };
    expect(() => clipByValue(wrong as Optimizer, 1)).toThrow('[clipByValue] expected an optimizer, got');
  });
});
