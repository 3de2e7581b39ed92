import { describe, expect, it } from 'vitest';
import { optim, tensor, type Tensor } from '../../lib/index.js';
import { unitsOfMeasurement, type UnitsMethod, type UnitsPath } from '../../lib/lab/index.js';

const wrong = (value: unknown) => value as never;
const A = tensor(Float64Array.of(1, 0.3, 0.3, 0.5), { shape: [2, 2] });
/** ½wᵀAw + ¼Σw⁴: convex, not quadratic, its minimum at 0. */
const f = (w: Tensor) => w.reshape([1, 2]).matmul(A).reshape([2]).mul(w).sum().mul(0.5).add(w.square().square().sum().mul(0.25));
const start = [2, -1.5];
const epsilon = 1e-3;

const methods = {
  descent: { optimizer: optim.sgd({ learningRate: 0.15 }), steps: 400 },
  pure: { newton: 'pure', steps: 12 },
  searched: { newton: 'line search', steps: 12 },
  shifted: { newton: { shift: 0.3 }, steps: 60 },
  fixed: { optimizer: optim.adadelta({ epsilon }), steps: 300 },
  withUnits: {
    optimizer: (s: number) => optim.adadelta({ epsilon: epsilon / s ** 2, numeratorEpsilon: epsilon * s ** 2 }),
    steps: 300,
  },
  outside: {
    optimizer: (s: number) => optim.adadelta({ epsilonInsideSqrt: false, epsilon: 0.01 / s, numeratorEpsilon: 0.01 * s }),
    steps: 300,
  },
} satisfies Record<string, UnitsMethod>;

describe('units of measurement', () => {
  it.each([3, 0.01])(
    'w′ = %d·w changes the paths of gradient descent, shifted Newton and Adadelta with a fixed ε alone',
    async (scale) => {
      const paths = await unitsOfMeasurement({ f, start, scale, methods });
      expect(paths.map(({ method }) => method)).toEqual(Object.keys(methods));
      for (const { gradient, path } of paths) {
        expect(gradient).toBeLessThan(1e-9);
        expect([...path.slice(0, 2)]).toEqual(start);
      }
      const [descent, pure, searched, shifted, fixed, withUnits, outside] = paths.map(({ difference }) => difference);
      for (const same of [pure, searched, withUnits, outside]) expect(same).toBeLessThan(1e-12);
      for (const other of [descent, shifted, fixed]) expect(other).toBeGreaterThan(0.03);
    },
  );

  it('the first step of Adadelta is seeded by ε: √ε/√((1 − ρ)g² + ε)·g', async () => {
    const [{ path, otherPath }] = (await unitsOfMeasurement({
      f: (w) => w.sum().mul(2),
      start: [1],
      scale: 10,
      methods: { adadelta: { optimizer: optim.adadelta({ epsilon: 0.25 }), steps: 1 } },
    })) as [UnitsPath];
    const first = (g: number) => (0.5 * g) / Math.sqrt(0.1 * g * g + 0.25);
    expect(path[1]).toBeCloseTo(1 - first(2), 12);
    expect(otherPath[1]).toBeCloseTo(1 - first(0.2) / 10, 12);
  });

  it('a path that diverges in the other unit differs by infinity', async () => {
    const [descent] = await unitsOfMeasurement({ f, start, scale: 0.01, methods: { descent: methods.descent } });
    expect(descent!.difference).toBe(Infinity);
  });

  it('answers mistakes by name', async () => {
    const refused = (options: object) => expect(unitsOfMeasurement(wrong({ f, start, scale: 2, ...options }))).rejects;
    await refused({ f: 1 }).toThrow('[lab.unitsOfMeasurement] expected f to be a function of a tensor, got 1');
    const one = (method: unknown) => refused({ methods: { a: method } });
    await refused({ methods, unit: 2 }).toThrow("[lab.unitsOfMeasurement] unknown option 'unit'");
    await refused({ methods, scale: 0 }).toThrow('expected scale to be a finite number ≥ 5e-324, got 0');
    await refused({ methods, start: [NaN] }).toThrow('expected start to be finite numbers');
    await one({ steps: 1 }).toThrow("expected 'a' to have either an optimizer or newton");
    await one({ newton: 'pure', steps: 0 }).toThrow('expected steps to be a positive integer, got 0');
    await one({ newton: 'damped', steps: 1 }).toThrow(`expected newton to be 'pure', 'line search' or { shift }, got "damped"`);
    await one({ newton: { shift: -1 }, steps: 1 }).toThrow('expected shift to be a finite number ≥ 0, got -1');
    await one({ optimizer: optim.pathSgd({ learningRate: 1 }), steps: 1 }).toThrow(
      "expected optimizers of plain parameters, got pathSgd as 'a'",
    );
    await one({ optimizer: () => 1, steps: 1 }).toThrow('expected an optimizer, got 1');
  });
});
