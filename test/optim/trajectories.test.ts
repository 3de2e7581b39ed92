import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  lamb,
  lion,
  nadam,
  radam,
  rmsprop,
  sgd,
  type Optimizer,
  type SgdOptions,
} from '../../lib/optim/index.js';
import * as optimizers from '../../lib/optim/index.js';
import { trajectories as tolerance } from '../golden/tolerances.js';
import { follow, golden, gradientAt, relativeError, schedule } from './problem.js';

const { steps, every, start } = golden.problem;

/** Recorded options are checked by name and value, as a user's are. */
const factories: Readonly<Record<string, (options: object) => Optimizer>> = {
  ...{ adadelta, adagrad, adam, adamax, adamw, nadam, radam, rmsprop },
  sgd: (options) => sgd(options as SgdOptions),
};

function make(name: string, recorded: Readonly<Record<string, unknown>>): Optimizer {
  const factory = factories[name];
  if (!factory) throw new Error(`no optimiser of the name ${name}`);
  return factory(recorded.learningRate === 'schedule' ? { ...recorded, learningRate: schedule } : recorded);
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

it('has a trajectory of every optimiser', () => {
  const wrappers = ['average', 'clipByGlobalNorm', 'clipByValue', 'groups'];
  // Held to formulas below, and Path-SGD in path-sgd.test.ts: PyTorch has none of them.
  const byTheirFormula = ['lamb', 'lion', 'pathSgd'];
  const held = [...golden.cases.map(({ optimizer }) => optimizer), ...wrappers, ...byTheirFormula];
  const exported = Object.entries(optimizers).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  expect(exported.filter((name) => !held.includes(name))).toEqual([]);
});

/** A formula for one parameter at a time, in plain numbers. */
function byFormula(update: (w: number, g: number, state: number[], rate: number, t: number) => number): number[] {
  const state = start.map(() => [0, 0, 0]);
  let w = [...start];
  for (let t = 0; t < steps; t++) {
    const g = gradientAt(w, t);
    w = w.map((value, i) => update(value, g[i] ?? NaN, state[i] ?? [], schedule(t), t));
  }
  return w;
}

/** LAMB with β₁ = 0.5, β₂ = 0.75, ε = 1e-3, λ = 0.125. */
function lambByFormula(segments: readonly number[]): number[] {
  const norm = (x: readonly number[]): number => Math.sqrt(x.reduce((total, value) => total + value * value, 0));
  const [m, v] = [start.map(() => 0), start.map(() => 0)];
  let w = [...start];
  for (let t = 0; t < steps; t++) {
    const direction = [...gradientAt(w, t)].map((g, i) => {
      const [mean, square] = [0.5 * (m[i] ?? NaN) + 0.5 * g, 0.75 * (v[i] ?? NaN) + 0.25 * g * g];
      [m[i], v[i]] = [mean, square];
      return mean / (1 - 0.5 ** (t + 1)) / (Math.sqrt(square / (1 - 0.75 ** (t + 1))) + 1e-3) + 0.125 * (w[i] ?? NaN);
    });
    let begin = 0;
    w = segments.flatMap((size) => {
      const [from, to] = [begin, (begin += size)];
      const [weights, part] = [w.slice(from, to), direction.slice(from, to)];
      const step = (schedule(t) * norm(weights)) / norm(part);
      return weights.map((value, i) => value - step * (part[i] ?? NaN));
    });
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

  it('AMSGrad with ε inside of the root', () => {
    const options = { learningRate: schedule, beta2: 0.75, epsilon: 1e-2, epsilonInsideSqrt: true };
    const want = byFormula((w, g, state, rate, t) => {
      const [m = NaN, v = NaN, largest = NaN] = state;
      state[0] = 0.9 * m + 0.1 * g;
      state[1] = 0.75 * v + 0.25 * g * g;
      state[2] = Math.max(largest, state[1]);
      return w - (rate * state[0]) / (1 - 0.9 ** (t + 1)) / Math.sqrt(state[2] / (1 - 0.75 ** (t + 1)) + 1e-2);
    });
    const largest = last(adam({ ...options, amsgrad: true }));
    expect(relativeError(largest, want)).toBeLessThan(tolerance);
    expect(relativeError(largest, last(adam(options)))).toBeGreaterThan(1e-3);
  });

  it('Adagrad with ε inside of the root', () => {
    const options = { learningRate: schedule, epsilon: 1e-2 };
    const want = byFormula((w, g, state, rate) => w - (rate / Math.sqrt((state[0] = (state[0] ?? NaN) + g * g) + 1e-2)) * g);
    const inside = last(adagrad({ ...options, epsilonInsideSqrt: true }));
    expect(relativeError(inside, want)).toBeLessThan(tolerance);
    expect(relativeError(inside, last(adagrad(options)))).toBeGreaterThan(1e-4);
  });

  it('RMSProp with ε inside of the root, centered or not', () => {
    const options = { learningRate: schedule, alpha: 0.9, epsilon: 1e-2 };
    for (const centered of [false, true]) {
      const want = byFormula((w, g, state, rate) => {
        const [v = NaN, m = NaN] = state;
        state[0] = 0.9 * v + 0.1 * g * g;
        state[1] = 0.9 * m + 0.1 * g;
        return w - (rate / Math.sqrt(state[0] - (centered ? state[1] ** 2 : 0) + 1e-2)) * g;
      });
      const inside = last(rmsprop({ ...options, centered, epsilonInsideSqrt: true }));
      expect(relativeError(inside, want)).toBeLessThan(tolerance);
      expect(relativeError(inside, last(rmsprop({ ...options, centered })))).toBeGreaterThan(1e-3);
    }
  });

  it('Adadelta with ε outside of the roots', () => {
    const want = byFormula((w, g, state, rate) => {
      const [v = NaN, d = NaN] = state;
      state[0] = 0.9 * v + 0.1 * g * g;
      const delta = ((Math.sqrt(d) + 1e-3) / (Math.sqrt(state[0]) + 1e-3)) * g;
      state[1] = 0.9 * d + 0.1 * delta * delta;
      return w - rate * delta;
    });
    const outside = last(adadelta({ learningRate: schedule, epsilonInsideSqrt: false }));
    expect(relativeError(outside, want)).toBeLessThan(tolerance);
    expect(relativeError(outside, last(adadelta({ learningRate: schedule })))).toBeGreaterThan(1e-3);
  });

  it('Adadelta with an ε of its own in the numerator', () => {
    const options = { learningRate: schedule, epsilon: 1e-3, numeratorEpsilon: 1e-5 };
    const want = byFormula((w, g, state, rate) => {
      const [v = NaN, d = NaN] = state;
      state[0] = 0.9 * v + 0.1 * g * g;
      const delta = (Math.sqrt(d + 1e-5) / Math.sqrt(state[0] + 1e-3)) * g;
      state[1] = 0.9 * d + 0.1 * delta * delta;
      return w - rate * delta;
    });
    expect(relativeError(last(adadelta(options)), want)).toBeLessThan(tolerance);
  });

  it('Lion', () => {
    for (const maximize of [false, true]) {
      const want = byFormula((w, g, state, rate) => {
        const [m = NaN] = state;
        const along = maximize ? -g : g;
        state[0] = 0.75 * m + 0.25 * along;
        return w - rate * (Math.sign(0.5 * m + 0.5 * along) + 0.125 * w);
      });
      const options = { learningRate: schedule, beta1: 0.5, beta2: 0.75, weightDecay: 0.125 };
      expect(relativeError(last(lion({ ...options, maximize })), want)).toBeLessThan(tolerance);
    }
  });

  it('LAMB takes the norms of each parameter tensor', () => {
    const segments = [2, 3, 1];
    const options = { learningRate: schedule, beta1: 0.5, beta2: 0.75, epsilon: 1e-3, weightDecay: 0.125 };
    const got = follow(lamb(options), steps, segments).parameters.at(-1) ?? [];
    expect(relativeError(got, lambByFormula(segments))).toBeLessThan(tolerance);
    expect(relativeError(got, last(lamb(options)))).toBeGreaterThan(1e-3);
  });

  it('LAMB steps by α where a norm is 0', () => {
    const [zeros, learningRate, one] = [tensor([0, 0, 0]), scalar(0.25), scalar(1)];
    const scalars = { learningRate, biasCorrection1: one, biasCorrection2: one };
    const { parameters } = lamb({ beta1: 0, beta2: 0, epsilon: 2 ** -126 }).update({
      parameters: tensor([0, 3, 3]),
      gradients: tensor([-2, 0, 0]),
      state: { m: zeros, v: zeros },
      scalars,
      segments: [1, 2],
    });
    expect(parameters.toArray()).toEqual([0.25, 3, 3]);
  });

  it('RMSProp centered on gradients that never change takes no root of a negative number', () => {
    const optimizer = rmsprop({ centered: true, alpha: 0.9 });
    const values = Float32Array.from({ length: 1000 }, (_, i) => 0.1 + i / 300);
    const [gradients, zeros, learningRate] = [tensor(values), tensor(new Float32Array(values.length)), scalar(0.01)];
    let parameters = zeros;
    let state: Readonly<Record<string, Tensor>> = { v: zeros, m: zeros };
    let negative = 0;
    for (let step = 0; step < 300; step++) {
      ({ parameters, state } = optimizer.update({ parameters, gradients, state, scalars: { learningRate }, segments: [1000] }));
      const [v, m] = [state.v?.data() ?? [], state.m?.data() ?? []];
      negative += Array.from(v).filter((value, i) => Math.fround(value - Math.fround((m[i] ?? NaN) ** 2)) < 0).length;
    }
    expect(negative).toBeGreaterThan(0);
    expect(Array.from(parameters.data()).every((value) => Number.isFinite(value) && value < 0)).toBe(true);
  });
});
