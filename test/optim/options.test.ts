import { describe, expect, it } from 'vitest';
import { adam, sgd, type AdamOptions, type SgdOptions } from '../../lib/optim/index.js';
import { biasCorrection } from '../../lib/optim/adam.js';

const info = (step: number) => ({ step, epoch: 2, stepsPerEpoch: 10 });
/** What is deliberately not of the declared type. */
const wrongSgd = (options: unknown) => () => sgd(options as SgdOptions);
const wrongAdam = (options: unknown) => () => adam(options as AdamOptions);

describe('options of optimisers', () => {
  it('have the documented defaults', () => {
    expect(sgd({ learningRate: 0.1 }).options).toEqual({
      learningRate: 0.1,
      momentum: 0,
      momentumForm: 'lecture',
      nesterov: false,
      dampening: 0,
      weightDecay: 0,
      maximize: false,
    });
    expect(adam().options).toEqual({
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      epsilonInsideSqrt: false,
      weightDecay: 0,
    });
  });

  it('say what is kept from step to step', () => {
    expect(sgd({ learningRate: 0.1 })).toMatchObject({ state: [], scalars: ['learningRate'], constantScalars: true });
    expect(sgd({ learningRate: () => 1, momentum: 0.5 })).toMatchObject({ state: ['velocity'], constantScalars: false });
    expect(adam()).toMatchObject({ state: ['m', 'v'], scalars: ['learningRate', 'biasCorrection1', 'biasCorrection2'] });
    expect(adam().constantScalars ?? false).toBe(false);
  });

  it('take a schedule of the step and the epoch', () => {
    const schedule = (step: number, { epoch, stepsPerEpoch }: { epoch: number; stepsPerEpoch: number }) =>
      step + epoch / 10 + stepsPerEpoch * 100;
    expect(sgd({ learningRate: schedule }).scalarsAt(info(3))).toEqual([1003.2]);
    expect(adam({ learningRate: schedule, beta1: 0.5, beta2: 0.75 }).scalarsAt(info(1))).toEqual([
      1001.2,
      expect.closeTo(0.75, 15),
      expect.closeTo(0.4375, 15),
    ]);
  });

  it('answer mistakes by name', () => {
    expect(wrongSgd({ learningRat: 0.1 })).toThrow("[sgd] unknown option 'learningRat'\nhelp: did you mean 'learningRate'?");
    expect(wrongSgd(0.1)).toThrow('[sgd] expected options to be an object, got 0.1');
    expect(wrongSgd(undefined)).toThrow('[sgd] expected learningRate to be a number or a function of the step, got undefined');
    expect(wrongSgd({})).toThrow('[sgd] expected learningRate to be a number or a function of the step, got undefined');
    expect(wrongSgd({ learningRate: -1 })).toThrow('[sgd] expected learningRate to be a finite number ≥ 0, got -1');
    expect(wrongSgd({ learningRate: NaN })).toThrow('[sgd] expected learningRate to be a finite number ≥ 0, got NaN');
    expect(wrongSgd({ learningRate: 1, momentum: 1.5 })).toThrow('[sgd] expected momentum to be a number in [0, 1], got 1.5');
    expect(wrongSgd({ learningRate: 1, momentumForm: 'keras' })).toThrow(
      `[sgd] expected momentumForm to be 'lecture' or 'torch', got "keras"`,
    );
    expect(wrongSgd({ learningRate: 1, weightDecay: -1 })).toThrow('[sgd] expected weightDecay to be a finite number ≥ 0');
    expect(wrongSgd({ learningRate: 1, nesterov: 'yes' })).toThrow(
      `[sgd] expected nesterov to be true, false or 'lookahead', got "yes"`,
    );
    expect(wrongSgd({ learningRate: 1, maximize: 1 })).toThrow('[sgd] expected maximize to be true or false, got 1');
    expect(wrongAdam({ beta1: 1 })).toThrow('[adam] expected beta1 to be a number in [0, 1), got 1');
    expect(wrongAdam({ beta2: -0.1 })).toThrow('[adam] expected beta2 to be a number in [0, 1), got -0.1');
    expect(wrongAdam({ epsilon: 0 })).toThrow('[adam] expected epsilon to be a finite number ≥ 1.1754943508222875e-38, got 0');
    expect(wrongAdam({ amsgrad: true })).toThrow("[adam] unknown option 'amsgrad'\nhelp: known options: learningRate, beta1");
    expect(wrongAdam({ epsilonInsideSqrt: 'no' })).toThrow('[adam] expected epsilonInsideSqrt to be true or false, got "no"');
  });

  it('refuse what makes no sense together', () => {
    const momentum = { learningRate: 1, momentum: 0.9 };
    expect(wrongSgd({ learningRate: 1, nesterov: true })).toThrow('[sgd] expected momentum > 0 with nesterov: true, got 0');
    expect(wrongSgd({ learningRate: 1, dampening: 0.5 })).toThrow('[sgd] expected momentum > 0 with dampening, got 0');
    expect(wrongSgd({ ...momentum, momentumForm: 'torch', nesterov: true, dampening: 0.5 })).toThrow(
      '[sgd] expected dampening 0 with nesterov, got 0.5',
    );
    expect(wrongSgd({ ...momentum, dampening: 0.5 })).toThrow(
      "[sgd] expected momentumForm 'torch' with dampening, got 'lecture'",
    );
    expect(wrongSgd({ ...momentum, momentumForm: 'torch', nesterov: 'lookahead' })).toThrow(
      "[sgd] expected momentumForm 'lecture' with nesterov: 'lookahead', got 'torch'",
    );
  });
});

describe('bias correction 1 − βᵗ', () => {
  it('keeps its digits for β next to 1', () => {
    // (1 − δ)² = 1 − 2δ + δ², exact in the stored β.
    const delta = 1 - 0.999999;
    const exact = 2 * delta - delta * delta;
    expect(Math.abs(biasCorrection(0.999999, 2) / exact - 1)).toBeLessThan(1e-15);
    expect(Math.abs((1 - 0.999999 ** 2) / exact - 1)).toBeGreaterThan(1e-13);
  });

  it('is exact at the ends', () => {
    expect(biasCorrection(0, 1)).toBe(1);
    expect(biasCorrection(0.9, 2 ** 53)).toBe(1);
    expect(biasCorrection(0.9, 16_777_217)).toBe(1);
    expect(biasCorrection(1 - 2 ** -30, 16_777_217)).toBeGreaterThan(biasCorrection(1 - 2 ** -30, 16_777_216));
  });
});
