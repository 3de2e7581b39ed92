import { describe, expect, it } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  lamb,
  lion,
  nadam,
  pathSgd,
  radam,
  rmsprop,
  sgd,
  type AdamOptions,
  type PathSgdOptions,
  type SgdOptions,
} from '../../lib/optim/index.js';
import { biasCorrection } from '../../lib/optim/common.js';
import { rectificationAt } from '../../lib/optim/radam.js';

const info = (step: number) => ({ step, epoch: 2, stepsPerEpoch: 10 });
/** What is deliberately not of the declared type. */
const wrong = (factory: (options: object) => unknown) => (options: object) => () => factory(options);
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
      amsgrad: false,
      maximize: false,
    });
    const common = { weightDecay: 0, maximize: false };
    const moments = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const outside = { epsilonInsideSqrt: false };
    expect(adamw().options).toEqual({ ...common, ...moments, ...outside, learningRate: 1e-3, weightDecay: 1e-2, amsgrad: false });
    const adagradOnly = { lrDecay: 0, initialAccumulatorValue: 0 };
    expect(adagrad().options).toEqual({ ...common, ...outside, ...adagradOnly, learningRate: 1e-2, epsilon: 1e-10 });
    const rmspropOnly = { alpha: 0.99, momentum: 0, centered: false };
    expect(rmsprop().options).toEqual({ ...common, ...outside, ...rmspropOnly, learningRate: 1e-2, epsilon: 1e-8 });
    const adadeltaOnly = { rho: 0.9, epsilon: 1e-6, numeratorEpsilon: 1e-6, epsilonInsideSqrt: true };
    expect(adadelta().options).toEqual({ ...common, ...adadeltaOnly, learningRate: 1 });
    expect(adadelta({ epsilon: 1e-4 }).options).toMatchObject({ epsilon: 1e-4, numeratorEpsilon: 1e-4 });
    expect(adadelta({ epsilonInsideSqrt: false }).options).toMatchObject({ epsilon: 1e-3, numeratorEpsilon: 1e-3 });
    expect(adamax().options).toEqual({ ...common, ...moments, learningRate: 2e-3 });
    const nadamOnly = { momentumDecay: 4e-3, decoupledWeightDecay: false };
    expect(nadam().options).toEqual({ ...common, ...moments, ...nadamOnly, learningRate: 2e-3 });
    expect(radam().options).toEqual({ ...common, ...moments, learningRate: 1e-3, decoupledWeightDecay: false });
    expect(lamb().options).toEqual({ ...common, ...moments, learningRate: 1e-3, epsilon: 1e-6 });
    expect(pathSgd({ learningRate: 0.1 }).options).toEqual({ learningRate: 0.1, maximize: false });
    expect(lion().options).toEqual({ ...common, learningRate: 1e-4, beta1: 0.9, beta2: 0.99 });
  });

  it('say what is kept from step to step', () => {
    expect(sgd({ learningRate: 0.1 })).toMatchObject({ state: [], scalars: ['learningRate'], constantScalars: true });
    expect(sgd({ learningRate: () => 1, momentum: 0.5 })).toMatchObject({ state: ['velocity'], constantScalars: false });
    expect(adam()).toMatchObject({ state: ['m', 'v'], scalars: ['learningRate', 'biasCorrection1', 'biasCorrection2'] });
    expect(adam().constantScalars ?? false).toBe(false);
    expect(adam({ amsgrad: true }).state).toEqual(['m', 'v', 'largest']);
    expect(adagrad({ initialAccumulatorValue: 0.5 })).toMatchObject({ initialState: { sum: 0.5 }, constantScalars: true });
    expect(adagrad({ lrDecay: 0.5 }).constantScalars).toBe(false);
    expect(rmsprop().state).toEqual(['v']);
    expect(rmsprop({ centered: true, momentum: 0.5 }).state).toEqual(['v', 'm', 'velocity']);
    expect(lion({ learningRate: () => 1 }).constantScalars).toBe(false);
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
    expect(wrongAdam({ lr: 1 })).toThrow("[adam] unknown option 'lr'\nhelp: did you mean 'learningRate'?");
    expect(wrongAdam({ betas: [0.9, 0.99] })).toThrow("[adam] unknown option 'betas'\nhelp: did you mean 'beta1' and 'beta2'?");
    expect(wrongAdam({ foreach: true })).toThrow(
      "[adam] unknown option 'foreach'\nhelp: known options: learningRate, weightDecay, maximize",
    );
    expect(wrongAdam({ amsgrad: 1 })).toThrow('[adam] expected amsgrad to be true or false, got 1');
    expect(wrong(adamw)({ weightDecay: -1 })).toThrow('[adamw] expected weightDecay to be a finite number ≥ 0, got -1');
    expect(wrong(adagrad)({ lrdecay: 1 })).toThrow("[adagrad] unknown option 'lrdecay'\nhelp: did you mean 'lrDecay'?");
    expect(wrong(adagrad)({ initialAccumulatorValue: -1 })).toThrow(
      '[adagrad] expected initialAccumulatorValue to be a finite number ≥ 0',
    );
    expect(wrong(rmsprop)({ alpha: 1 })).toThrow('[rmsprop] expected alpha to be a number in [0, 1), got 1');
    expect(wrong(rmsprop)({ centered: 1 })).toThrow('[rmsprop] expected centered to be true or false, got 1');
    expect(wrong(rmsprop)({ momentum: 2 })).toThrow('[rmsprop] expected momentum to be a number in [0, 1], got 2');
    expect(wrong(adadelta)({ rho: 1 })).toThrow('[adadelta] expected rho to be a number in [0, 1), got 1');
    expect(wrong(adadelta)({ numeratorEpsilon: 0 })).toThrow('[adadelta] expected numeratorEpsilon to be a finite number ≥ 1.17');
    expect(wrong(adamax)({ epsilon: 0 })).toThrow('[adamax] expected epsilon to be a finite number ≥ 1.17');
    expect(wrong(nadam)({ momentumDecay: NaN })).toThrow('[nadam] expected momentumDecay to be a finite number ≥ 0, got NaN');
    expect(wrong(radam)({ decoupledWeightDecay: 0 })).toThrow('[radam] expected decoupledWeightDecay to be true or false, got 0');
    expect(() => pathSgd({ learningRate: 1, momentum: 0.9 } as PathSgdOptions)).toThrow("[pathSgd] unknown option 'momentum'");
    expect(() => pathSgd(undefined as never)).toThrow('[pathSgd] expected learningRate to be a number or a function of the step');
    expect(wrong(lion)({ beta2: 1 })).toThrow('[lion] expected beta2 to be a number in [0, 1), got 1');
    expect(wrong(lion)({ learningRate: '1' })).toThrow(
      '[lion] expected learningRate to be a number or a function of the step, got "1"',
    );
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

describe('scalars of a step', () => {
  const at = (step: number) => ({ step, epoch: 0, stepsPerEpoch: 1 });

  it('Adagrad: α/(1 + lrDecay·t), also where float32 no longer counts', () => {
    const optimizer = adagrad({ learningRate: 0.5, lrDecay: 0.25 });
    expect(optimizer.scalarsAt(at(0))).toEqual([0.5]);
    expect(optimizer.scalarsAt(at(4))).toEqual([0.25]);
    expect(optimizer.scalarsAt(at(16_777_217))).toEqual([0.5 / (1 + 0.25 * 16_777_217)]);
  });

  it('Nadam: products of momenta are the same whatever is asked first', () => {
    const options = { beta1: 0.99, momentumDecay: 0.5 };
    const [forward, backward] = [nadam(options), nadam(options)];
    const steps = Array.from({ length: 40 }, (_, i) => i * 150);
    const ascending = steps.map((step) => forward.scalarsAt(at(step)));
    const descending = steps.reverse().map((step) => backward.scalarsAt(at(step)));
    expect(descending.reverse()).toEqual(ascending);
    const momentum = (t: number): number => 0.99 * (1 - 0.5 * 0.96 ** (t * 0.5));
    const product = Array.from({ length: 151 }, (_, i) => momentum(i + 1)).reduce((a, b) => a * b);
    expect(ascending[1]?.[1]).toBe((1 - momentum(151)) / (1 - product));
    expect(nadam().scalarsAt(at(2 ** 40))).toEqual([2e-3, 1 - 0.9, 0.9, 1]);
  });

  it('RAdam: plain steps until the variance has a bound, then the rectification rises to 1', () => {
    const optimizer = radam({ beta1: 0 });
    const [, plain, scaled] = optimizer.scalarsAt(at(4));
    expect([plain, scaled]).toEqual([1, 0]);
    const [, laterPlain, laterScaled] = optimizer.scalarsAt(at(5));
    expect(laterPlain).toBe(0);
    expect(laterScaled).toBeGreaterThan(0);
    // ρ₆ = 6 − 35/6·10⁻³ to first order, and ρ∞ = 1999.
    expect(rectificationAt(0.999, 6)).toBeCloseTo(Math.sqrt((1.99417 * 3.99417 * 1999) / (1995 * 1997 * 5.99417)), 5);
    expect(rectificationAt(0.999, 2 ** 40)).toBe(1);
    expect(rectificationAt(0, 100)).toBeUndefined();
  });
});
