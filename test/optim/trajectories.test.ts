import { describe, expect, it } from 'vitest';
import { adam, sgd, type AdamOptions, type Optimizer, type SgdOptions } from '../../lib/optim/index.js';
import { follow, golden, gradientAt, relativeError, schedule } from './problem.js';

const { steps, every, start } = golden.problem;
const tolerance = 1e-12;

function make(name: string, recorded: Readonly<Record<string, unknown>>): Optimizer {
  const options: unknown = recorded.learningRate === 'schedule' ? { ...recorded, learningRate: schedule } : recorded;
  return name === 'sgd' ? sgd(options as SgdOptions) : adam(options as AdamOptions);
}

describe('float64 trajectories recorded from PyTorch', () => {
  for (const { optimizer, options, parameters } of golden.cases) {
    it(`${optimizer} ${JSON.stringify(options)}`, () => {
      const { parameters: ours } = follow(make(optimizer, options), steps);
      expect(parameters).toHaveLength(steps / every);
      parameters.forEach((want, i) => expect(relativeError(ours[(i + 1) * every - 1] ?? [], want)).toBeLessThan(tolerance));
    });
  }
});

/** A formula for one parameter at a time, in plain numbers. */
function byFormula(update: (w: number, g: number, state: number[], rate: number, t: number) => number): number[] {
  const state = start.map(() => [0, 0]);
  let w = [...start];
  for (let t = 0; t < steps; t++) {
    const g = gradientAt(w, t);
    w = w.map((value, i) => update(value, g[i] ?? NaN, state[i] ?? [], schedule(t), t));
  }
  return w;
}

const last = (optimizer: Optimizer): Float64Array => follow(optimizer, steps).parameters.at(-1) ?? new Float64Array();

describe('what PyTorch does not have', () => {
  it("momentum in the lecture's form under a schedule: v ← μv − αg, w ← w + v", () => {
    const lecture = last(sgd({ learningRate: schedule, momentum: 0.9 }));
    const want = byFormula((w, g, state, rate) => w + (state[0] = 0.9 * (state[0] ?? NaN) - rate * g));
    expect(relativeError(lecture, want)).toBeLessThan(tolerance);
    const torch = last(sgd({ learningRate: schedule, momentum: 0.9, momentumForm: 'torch' }));
    expect(relativeError(lecture, torch)).toBeGreaterThan(1e-3);
  });

  it('both forms are the same while the learning rate is constant', () => {
    for (const nesterov of [false, true]) {
      const options = { learningRate: 0.0625, momentum: 0.9, nesterov, weightDecay: 0.01 };
      expect(relativeError(last(sgd(options)), last(sgd({ ...options, momentumForm: 'torch' })))).toBeLessThan(tolerance);
    }
  });

  it('Nesterov with the gradient at w + μv: the one-gradient form walks the looked-ahead points', () => {
    for (const weightDecay of [0, 0.01]) {
      const options = { learningRate: 0.0625, momentum: 0.9, weightDecay };
      const exact = follow(sgd({ ...options, nesterov: 'lookahead' }), steps);
      const usual = follow(sgd({ ...options, nesterov: true }), steps);
      exact.lookedAhead.forEach((place, t) => expect(relativeError(place, usual.parameters[t] ?? [])).toBeLessThan(tolerance));
      expect(relativeError(exact.parameters.at(-1) ?? [], usual.parameters.at(-1) ?? [])).toBeGreaterThan(1e-3);
    }
  });

  it('Adam with ε inside of the root', () => {
    const epsilon = 1e-2;
    const inside = last(adam({ learningRate: schedule, epsilon, epsilonInsideSqrt: true }));
    const want = byFormula((w, g, state, rate, t) => {
      const m = (state[0] = 0.9 * (state[0] ?? NaN) + 0.1 * g);
      const v = (state[1] = 0.999 * (state[1] ?? NaN) + 0.001 * g * g);
      return w - (rate * m) / (1 - 0.9 ** (t + 1)) / Math.sqrt(v / (1 - 0.999 ** (t + 1)) + epsilon);
    });
    expect(relativeError(inside, want)).toBeLessThan(tolerance);
    expect(relativeError(inside, last(adam({ learningRate: schedule, epsilon })))).toBeGreaterThan(1e-3);
  });
});
