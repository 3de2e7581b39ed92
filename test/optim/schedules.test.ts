import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim } from '../../lib/index.js';
import { schedules as tolerance } from '../golden/tolerances.js';

const { schedules } = optim;

interface Golden {
  readonly cases: readonly {
    readonly schedule: string;
    readonly options: Readonly<Record<string, unknown>>;
    /** At steps 0, 1, … */
    readonly rates: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/schedules.json', import.meta.url), 'utf8')) as Golden;

const { constant, cosine, cosineRestarts, exponential, harmonic, oneCycle, piecewiseConstant, polynomial, sequence, warmUp } =
  schedules;
const factories: Readonly<Record<string, (options: never) => optim.Schedule>> = {
  ...{ cosine, cosineRestarts, exponential, harmonic, oneCycle, piecewiseConstant, polynomial, sequence },
};

/** Options from a file, or deliberately not of the declared type. */
function make(name: string, options: Readonly<Record<string, unknown>>): optim.Schedule {
  const factory = factories[name];
  if (!factory) throw new Error(`no schedule of the name ${name}`);
  return factory(options as never);
}

/** Values at steps 0, 1, … of a fit. */
function values(schedule: optim.Schedule, steps: number, stepsPerEpoch = 10): number[] {
  return Array.from({ length: steps }, (_, step) =>
    schedule(step, { step, epoch: Math.floor(step / stepsPerEpoch), stepsPerEpoch }),
  );
}

function at(schedule: optim.Schedule, step: number, stepsPerEpoch = 10): number {
  return schedule(step, { step, epoch: Math.floor(step / stepsPerEpoch), stepsPerEpoch });
}

describe('schedules recorded from PyTorch', () => {
  for (const { schedule, options, rates } of golden.cases) {
    it(`${schedule} ${JSON.stringify(options)}`, () => {
      const ours = values(make(schedule, options), rates.length);
      // Its recursions add up rounding of the largest rate.
      rates.forEach((want, step) => expect(Math.abs((ours[step] ?? NaN) - want)).toBeLessThan(tolerance));
    });
  }
});

describe('rules with a floor', () => {
  it('harmonic: a/(⌊t/N⌋ + b), one epoch by default', () => {
    expect(values(harmonic({ a: 0.001, b: 10 }), 31)).toEqual(
      Array.from({ length: 31 }, (_, t) => 0.001 / (Math.floor(t / 10) + 10)),
    );
    expect(values(harmonic({ a: 3, b: 1, every: 2 }), 5)).toEqual([3, 3, 1.5, 1.5, 1]);
    expect(values(harmonic({ a: 1, b: 1, every: { epochs: 0.5 } }), 11, 4)).toEqual([
      1,
      1,
      1 / 2,
      1 / 2,
      1 / 3,
      1 / 3,
      1 / 4,
      1 / 4,
      1 / 5,
      1 / 5,
      1 / 6,
    ]);
  });

  it('are exact where division is not', () => {
    const steps = harmonic({ a: 1, b: 1, every: 3 });
    const k = 2 ** 50;
    expect([3 * k - 1, 3 * k, 3 * k + 1].map((step) => 1 / at(steps, step, 7))).toEqual([k, k + 1, k + 1]);
    // 0.1·30 = 3.0000000000000004 in double.
    const parts = harmonic({ a: 1, b: 1, every: { epochs: 0.1 } });
    expect([2, 3, 5, 6].map((step) => 1 / at(parts, step, 30))).toEqual([1, 2, 2, 3]);
  });

  it('piecewise constant: the step at a boundary is the first with the new value', () => {
    expect(values(piecewiseConstant({ start: 1, factor: 0.5, every: { epochs: 1 } }), 7, 3)).toEqual([
      1, 1, 1, 0.5, 0.5, 0.5, 0.25,
    ]);
    expect(values(piecewiseConstant({ values: [5, 0, 7], boundaries: [2, { epochs: 1 }] }), 6, 4)).toEqual([5, 5, 0, 0, 7, 7]);
    expect(at(piecewiseConstant({ start: 2, boundaries: [1] }), 1)).toBe(0.2);
    expect(at(constant(0.25), 1e9)).toBe(0.25);
  });

  it('count whole epochs as the fit does, whatever they were long', () => {
    const schedule = harmonic({ a: 1, b: 1 });
    expect(schedule(1000, { step: 1000, epoch: 3, stepsPerEpoch: 7 })).toBe(0.25);
    expect(schedule(1000, { step: 1000, epoch: 3, stepsPerEpoch: Infinity })).toBe(0.25);
    const inSteps = 'expected steps, got 5 epochs of data whose length is not known\nhelp: for streams give durations in steps';
    expect(() => at(cosine({ start: 1, over: { epochs: 5 } }), 0, Infinity)).toThrow(inSteps);
  });
});

describe('smooth rules', () => {
  it('exponential', () => {
    expect(values(exponential({ start: 1, factor: 0.25 }), 5, 2)).toEqual([1, 1, 0.25, 0.25, 0.0625]);
    expect(values(exponential({ start: 1, factor: 0.25, smooth: true }), 5, 2)).toEqual([1, 0.5, 0.25, 0.125, 0.0625]);
  });

  it('stay at their end', () => {
    expect([2, 4, 5, 1e12].map((step) => at(polynomial({ start: 1, end: 0.5, over: { epochs: 2 } }), step, 2))).toEqual([
      0.75, 0.5, 0.5, 0.5,
    ]);
    expect([0, 4, 5, 1e12].map((step) => at(cosine({ start: 1, end: 0.5, over: 4 }), step))).toEqual([1, 0.5, 0.5, 0.5]);
    expect(at(oneCycle({ max: 1, over: 10 }), 1e12)).toBe(1 / 25 / 1e4);
    expect(values(oneCycle({ max: 1, over: 1 }), 2)).toEqual([1 / 25 / 1e4, 1 / 25 / 1e4]);
  });

  it('one cycle reaches its top', () => {
    const rates = values(oneCycle({ max: 2, over: { epochs: 4 }, rise: 0.25 }), 40);
    expect(Math.max(...rates)).toBe(2);
    expect(rates.indexOf(2)).toBe(9);
    expect(at(oneCycle({ max: 2, over: 8, rise: 0 }), 0)).toBe(2);
  });

  it('cosine restarts find their wave at any step', () => {
    const growing = cosineRestarts({ start: 1, over: 3, growth: 2 });
    expect([0, 3, 9, 21, 3 * (2 ** 40 - 1)].map((step) => at(growing, step))).toEqual([1, 1, 1, 1, 1]);
    expect(at(growing, 6)).toBeCloseTo(0.5, 15);
    expect(at(growing, 3 * (2 ** 40 - 1) - 1)).toBeLessThan(1e-20);
  });
});

describe('schedules of schedules', () => {
  it('warm up: the first N steps rise to the schedule', () => {
    expect(values(warmUp(1, 4), 6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
    expect(values(warmUp(harmonic({ a: 1, b: 1, every: 2 }), { epochs: 1 }), 5, 4)).toEqual([0.25, 0.5, 0.375, 0.5, 1 / 3]);
  });

  it('sequence: each counts from its own beginning', () => {
    const schedule = sequence({
      schedules: [warmUp(8, 2), polynomial({ start: 8, end: 4, over: 4 }), harmonic({ a: 1, b: 1 })],
      boundaries: [2, { epochs: 3 }],
    });
    expect(values(schedule, 11, 2)).toEqual([4, 8, 8, 7, 6, 5, 1, 1, 0.5, 0.5, 1 / 3]);
    const nested = sequence({ schedules: [0, schedule], boundaries: [3] });
    expect(values(nested, 14, 2).slice(3)).toEqual(values(schedule, 11, 2));
    const streamed = sequence({ schedules: [1, harmonic({ a: 1, b: 1 })], boundaries: [3] });
    expect(at(streamed, 0, Infinity)).toBe(1);
    expect(() => at(streamed, 5, Infinity)).toThrow('[schedules] expected steps, got 1 epochs of data whose length is not known');
  });

  it('have names', () => {
    expect([constant(1), harmonic({ a: 1, b: 1 }), warmUp(1, 1)].map(({ name }) => name)).toEqual([
      'constant',
      'harmonic',
      'warmUp',
    ]);
  });
});

describe('mistakes are answered by name', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['harmonic', { a: 1, b: 0 }, '[harmonic] expected b to be a finite number ≥ 5e-324, got 0'],
    ['harmonic', { a: 1, b: 1, evry: 1 }, "[harmonic] unknown option 'evry'\nhelp: did you mean 'every'?"],
    [
      'harmonic',
      { a: 1, b: 1, every: { epochs: 0 } },
      '[harmonic] expected every to be a number of steps or { epochs: number > 0 }',
    ],
    ['exponential', { start: 1 }, '[exponential] expected factor to be a finite number ≥ 0, got undefined'],
    ['cosine', { start: 1 }, '[cosine] expected over to be a number of steps or { epochs: number > 0 }, got undefined'],
    ['cosine', { start: 1, over: 0.5 }, '[cosine] expected over to be a positive integer, got 0.5'],
    ['cosineRestarts', { start: 1, over: 5, growth: 1.5 }, '[cosineRestarts] expected growth to be a positive integer, got 1.5'],
    ['oneCycle', { max: 1, over: 5, rise: 1 }, '[oneCycle] expected rise to be a number in [0, 1), got 1'],
    ['oneCycle', { max: 1, over: 5, shape: 'sine' }, "[oneCycle] expected shape to be 'cosine' or 'linear', got \"sine\""],
    ['piecewiseConstant', { start: 1 }, '[piecewiseConstant] expected either every or boundaries'],
    ['piecewiseConstant', { start: 1, every: 1, boundaries: [1] }, '[piecewiseConstant] expected either every or boundaries'],
    ['piecewiseConstant', { start: 1, boundaries: [2, 2] }, '[piecewiseConstant] expected boundaries to ascend, got [2,2]'],
    [
      'piecewiseConstant',
      { values: [1], boundaries: [2] },
      '[piecewiseConstant] expected one value more than the 1 boundaries, got 1 values',
    ],
    [
      'piecewiseConstant',
      { values: [1, 2], start: 1, boundaries: [2] },
      '[piecewiseConstant] expected values to come with boundaries',
    ],
    [
      'sequence',
      { schedules: [1], boundaries: [2] },
      '[sequence] expected one schedule more than the 1 boundaries, got 1 schedules',
    ],
    [
      'sequence',
      { schedules: ['1'], boundaries: [] },
      '[sequence] expected learningRate to be a number or a function of the step, got "1"',
    ],
    [
      'sequence',
      { schedules: [1, 2], boundaries: [{ epochs: '1' }] },
      '[sequence] expected boundaries[0] to be a number of steps or',
    ],
  ])('%s %j', (name, options, message) => {
    expect(() => make(name, options)).toThrow(message);
  });
});

describe('in a fit', () => {
  const network = (): nn.Linear<2, 1> => nn.linear(2, 1);
  const x = Array.from({ length: 6 }, (_, i) => [i, 1]);
  const y = Array.from({ length: 6 }, (_, i) => [2 * i]);

  it('the history has the value of the last step of each epoch', async () => {
    const learningRate = harmonic({ a: 0.01, b: 1 });
    const model = new Model(network(), { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate }) });
    const history = await model.fit({ x, y }, { epochs: 3, batchSize: 2 });
    const later = await model.fit({ x, y }, { epochs: 2, batchSize: 6 });
    const rates = [...(history.logs.learning_rate ?? []), ...(later.logs.learning_rate ?? [])];
    expect(rates).toEqual([0.01, 0.01 / 2, 0.01 / 3, 0.01 / 4, 0.01 / 5]);
  });

  it('streams count whole epochs, and refuse what depends on their length', async () => {
    const batches = [0, 2, 4].map((i) => ({ x: x.slice(i, i + 2), y: y.slice(i, i + 2) }));
    const stream = data.stream(() => batches, { batchSize: 2, x: { shape: [2] }, y: { shape: [1], dtype: 'float32' } });
    const fit = (learningRate: optim.Schedule) =>
      new Model(network(), { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate }) }).fit(stream, {
        epochs: 3,
      });
    expect((await fit(harmonic({ a: 0.01, b: 1 }))).logs.learning_rate).toEqual([0.01, 0.01 / 2, 0.01 / 3]);
    await expect(fit(cosine({ start: 0.01, over: { epochs: 3 } }))).rejects.toThrow('for streams give durations in steps');
  });
});
