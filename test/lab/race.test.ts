import { describe, expect, it } from 'vitest';
import { optim, tensor, type Tensor } from '../../lib/index.js';
import { race, type RacePath } from '../../lib/lab/index.js';

const wrong = (value: unknown) => value as never;
const learningRate = 0.01;

/** ½(x² − y²): from (1, 1e-3) the way out is along y. */
const saddle = (w: Tensor) =>
  w
    .square()
    .mul(tensor(Float64Array.of(0.5, -0.5)))
    .sum();
/** ½(x² + 0.01·y²) */
const valley = (w: Tensor) =>
  w
    .square()
    .mul(tensor(Float64Array.of(0.5, 0.005)))
    .sum();

const leaves = ({ path }: RacePath) => path.findIndex((value, i) => i % 2 === 1 && Math.abs(value) > 1) >> 1;

describe('race', () => {
  it('on the saddle momentum leaves before sgd, and rmsprop before momentum', () => {
    const paths = race({
      functions: { saddle: { f: saddle, start: [1, 1e-3] } },
      optimizers: {
        sgd: optim.sgd({ learningRate }),
        momentum: optim.sgd({ learningRate, momentum: 0.9 }),
        rmsprop: optim.rmsprop({ learningRate }),
      },
      steps: 1000,
    });
    const [sgd = 0, momentum = 0, rmsprop = 0] = paths.map(leaves);
    // (1 + α)ᵗ = 1000
    expect(sgd).toBe(Math.ceil(Math.log(1000) / Math.log(1.01)));
    expect(momentum).toBeGreaterThan(0);
    expect(momentum).toBeLessThan(sgd);
    expect(rmsprop).toBeGreaterThan(0);
    expect(rmsprop).toBeLessThan(momentum);
  });

  it('adagrad’s step dies where rmsprop’s does not', () => {
    const functions = { slope: { f: (w: Tensor) => w.sum(), start: [0, 0] as const } };
    const [adagrad, rmsprop] = race({
      functions,
      optimizers: { adagrad: optim.adagrad({ learningRate }), rmsprop: optim.rmsprop({ learningRate }) },
      steps: 1000,
    });
    const step = ({ path }: RacePath) => path[1998]! - path[2000]!;
    // Under a constant gradient α/√t and α.
    expect(step(adagrad!)).toBeCloseTo(learningRate / Math.sqrt(1000), 6);
    expect(step(rmsprop!)).toBeCloseTo(learningRate, 6);
  });

  it('gives paths and values, the start first', () => {
    const [{ path, values, function: name, optimizer }] = race({
      functions: { valley: { f: valley, start: [1, 2] } },
      optimizers: { gd: optim.sgd({ learningRate: 1 }) },
      steps: 2,
    }) as [RacePath];
    expect([name, optimizer]).toEqual(['valley', 'gd']);
    expect([...path].map((value) => Number(value.toFixed(10)))).toEqual([1, 2, 0, 1.98, 0, 1.9602]);
    expect(values[0]).toBeCloseTo(0.52, 12);
  });

  it('refuses what it cannot race', () => {
    const functions = { valley: { f: valley, start: [1, 2] as const } };
    const optimizers = { gd: optim.sgd({ learningRate: 1 }) };
    expect(() => race({ functions: wrong(valley), optimizers, steps: 1 })).toThrow(
      '[lab.race] expected functions by label, got function valley\nhelp: functions: { valley: { f, start: [1, 2] } }',
    );
    expect(() => race({ functions, optimizers: wrong([optimizers.gd]), steps: 1 })).toThrow('expected optimizers by label');
    expect(() => race({ functions: { valley: wrong({ start: [1, 2] }) }, optimizers, steps: 1 })).toThrow(
      "[lab.race] expected f of 'valley' to be a function of a tensor, got undefined",
    );
    const square = (w: Tensor) => w.square();
    expect(() => race({ functions: { square: { f: square, start: [1, 2] } }, optimizers, steps: 1 })).toThrow(
      'expected the function to return a floating-point scalar',
    );
    expect(() => race({ functions, optimizers: { a: wrong(1) }, steps: 1 })).toThrow('[lab.race] expected an optimizer, got 1');
    expect(() => race({ functions: { valley: wrong({ f: valley, start: [1] }) }, optimizers, steps: 1 })).toThrow(
      "expected start of 'valley' to be two finite numbers",
    );
    expect(() =>
      race({ functions, optimizers: { g: optim.groups([{ optimizer: optim.sgd({ learningRate }) }]) }, steps: 1 }),
    ).toThrow("expected optimizers of plain parameters, got groups as 'g'");
  });
});
