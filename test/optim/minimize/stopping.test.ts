import { describe, expect, it } from 'vitest';
import {
  conjugateGradient,
  counters,
  jit,
  log,
  minimize,
  mul,
  neg,
  pow,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  tensor,
  zeros,
  type IterationInfo,
  type MinimizeMethod,
  type Tensor,
} from '../../../lib/index.js';
import { liveBuffers } from '../../live-buffers.js';
import { float64, problems } from './problems.js';

const methods: readonly MinimizeMethod[] = ['gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-cg'];
const { f: rosenbrock, start } = problems[0]!;
const bowl = (x: Tensor): Tensor => sum(square(x));

describe('reasons', () => {
  it('a start that is a minimum', async () => {
    const x0 = float64([0, 0]);
    const result = await minimize(bowl, x0);
    expect(result).toMatchObject({ reason: 'gradient', iterations: 0, value: 0, evaluations: { gradient: 1 } });
    x0.dispose();
    expect(result.x.toArray()).toEqual([0, 0]);
  });

  it('iterations', async () => {
    const result = await minimize(rosenbrock, float64(start), { maxIterations: 3 });
    expect(result).toMatchObject({ reason: 'iterations', converged: false, iterations: 3 });
  });

  it('steps and values that no longer change', async () => {
    const step = await minimize(rosenbrock, float64(start), { method: 'gd', stepTolerance: 1e-2 });
    expect(step).toMatchObject({ reason: 'step', converged: true });
    const value = await minimize(rosenbrock, float64(start), { method: 'gd', valueTolerance: 1e-2 });
    expect(value).toMatchObject({ reason: 'value', converged: true });
  });

  it('a callback that returns false, and what it is told', async () => {
    const seen: IterationInfo[] = [];
    const result = await minimize(rosenbrock, float64(start), {
      callback: async (info) => {
        seen.push(info);
        return info.iteration < 4;
      },
    });
    expect(result).toMatchObject({ reason: 'callback', converged: false, iterations: 4 });
    expect(seen.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4]);
    for (const { x, value } of seen) expect(rosenbrock(x).item()).toBeCloseTo(value, 12);
    const values = seen.map(({ value }) => value);
    expect(values).toEqual(values.toSorted((p, q) => q - p));
  });

  it.each(methods)('%s: a gradient that points the wrong way ends in a failed line search', async (method) => {
    const wrong = (x: Tensor): Tensor => sub(sum(stopGradient(mul(square(x), 2))), bowl(x));
    const result = await minimize(wrong, float64([1, 2]), { method });
    expect(result).toMatchObject({ reason: 'line search', converged: false });
    expect(result.x.toArray()).toEqual([1, 2]);
  });

  it.each(methods)('%s: a function without a lower bound', async (method) => {
    const result = await minimize((x) => neg(bowl(x)), float64([1, 2]), { method });
    expect(result).toMatchObject({ reason: 'unbounded', converged: false, value: -Infinity });
  });

  it.each(methods)('%s: a line that falls for ever', async (method) => {
    const result = await minimize((x) => sum(mul(x, 2)), float64([1, 2]), { method, maxIterations: 50 });
    expect(result).toMatchObject({ reason: 'unbounded', converged: false, value: -Infinity });
    expect(result.evaluations.gradient).toBeLessThan(400);
  });

  it('a Hessian that is not finite', async () => {
    // x^1.5 has the slope 0 and an infinite second derivative at 0.
    const f = (x: Tensor): Tensor => sum(sub(pow(slice(x, [0], [1]), 1.5), slice(x, [1], [2])));
    const result = await minimize(f, float64([0, 1]), { method: 'newton' });
    expect(result).toMatchObject({ reason: 'hessian', converged: false, iterations: 0 });
  });

  it.each(methods)('%s: steps over the end of the domain are taken back', async (method) => {
    // Newton's first step from 20 leads to −360, where the logarithm is NaN.
    const result = await minimize((x) => sum(sub(x, log(x))), float64([20]), { method });
    expect(result.converged).toBe(true);
    expect(result.x.data()[0]).toBeCloseTo(1, 7);
  });

  it('a fixed step that leaves the numbers', async () => {
    const result = await minimize((x) => sum(sub(x, log(x))), float64([20]), { method: 'newton', stepSize: 1 });
    expect(result).toMatchObject({ reason: 'line search', converged: false, iterations: 0 });
  });
});

describe('life', () => {
  it('is aborted from a timer: the event loop is free', async () => {
    const control = new AbortController();
    setTimeout(() => control.abort(new Error('enough')), 10);
    const endless = minimize(bowl, float64([1]), { method: 'gd', stepSize: 1e-9, maxIterations: 1e9, signal: control.signal });
    await expect(endless).rejects.toMatchObject({ code: 'abort', cause: { message: 'enough' } });
  });

  it.each(methods)('%s: frees what it made', async (method) => {
    const x0 = float64(start);
    const before = await liveBuffers();
    const result = await minimize(rosenbrock, x0, { method });
    expect(counters().liveBuffers).toBe(before + 1);
    result.x.dispose();
  });

  it('conjugate gradients free what they made', async () => {
    const b = float64([1, 2, 3]);
    const before = await liveBuffers();
    const result = await conjugateGradient((v) => mul(v, 3), b);
    expect(counters().liveBuffers).toBe(before + 1);
    expect(result.x.toArray()).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('gives the same bits again', async () => {
    const once = await minimize(rosenbrock, float64(start));
    const again = await minimize(rosenbrock, float64(start));
    expect(again.x.toArray()).toEqual(once.x.toArray());
    expect(again.evaluations).toEqual(once.evaluations);
  });
});

describe('errors', () => {
  const x0 = float64([1, 2]);
  it.each<[string, () => Promise<unknown>]>([
    ["unknown option 'tolerance'", () => minimize(bowl, x0, { tolerance: 1 } as object)],
    ["did you mean 'maxIterations'?", () => minimize(bowl, x0, { maxIteration: 1 } as object)],
    ["expected method to be 'gd' or", () => minimize(bowl, x0, JSON.parse('{"method":"adam"}') as object)],
    ["unknown option 'gtol'\nhelp: did you mean 'gradientTolerance'?", () => minimize(bowl, x0, { gtol: 1 } as object)],
    [
      "'newton-cg', got \"L-BFGS-B\"\nhelp: did you mean 'lbfgs'?",
      () => minimize(bowl, x0, JSON.parse('{"method":"L-BFGS-B"}') as object),
    ],
    ["method 'newton' has no option 'memory'\nhelp: 'lbfgs' has it", () => minimize(bowl, x0, { method: 'newton', memory: 3 })],
    ["method 'lbfgs' has no option 'stepSize'", () => minimize(bowl, x0, { stepSize: 3 })],
    ['expected memory to be a positive integer, got 0', () => minimize(bowl, x0, { memory: 0 })],
    ['expected decrease to be a number in', () => minimize(bowl, x0, { decrease: 0.5 })],
    ['expected curvature to be a number in [0.3, 1), got 0.2', () => minimize(bowl, x0, { decrease: 0.3, curvature: 0.2 })],
    ['expected gradientTolerance', () => minimize(bowl, x0, { gradientTolerance: NaN })],
    ['expected callback to be a function, got 3', () => minimize(bowl, x0, JSON.parse('{"callback":3}') as object)],
    ['expected signal to be an AbortSignal, got 3', () => minimize(bowl, x0, JSON.parse('{"signal":3}') as object)],
    ['expected x0 to hold float64 or float32 numbers, got int32[2]', () => minimize(bowl, tensor([1, 2], { dtype: 'int32' }))],
    ['expected x0 to hold float64 or float32 numbers, got float64[0]', () => minimize(bowl, zeros([0], { dtype: 'float64' }))],
    ['expected the function to return a floating-point scalar', () => minimize((x) => x, x0)],
    ['expected a finite value and gradient at x0, got NaN', () => minimize((x) => sum(log(x)), float64([-1]))],
    ['expected a finite value and gradient at x0, got Infinity', () => minimize((x) => neg(sum(log(x))), float64([0]))],
    ['expected at most 10000 elements', () => minimize(bowl, zeros([10_001]), { method: 'bfgs' })],
    ['expected at most 10000 elements', () => minimize((x) => sum(sub(square(x), x)), zeros([10_001]), { method: 'newton' })],
    ['expected apply(v) to be float64[2] as b is, got float64[]', () => conjugateGradient(sum, x0)],
    ['expected x0 to be float64[2] as b is, got float64[1]', () => conjugateGradient((v) => v, x0, { x0: float64([1]) })],
    ["unknown option 'tol'", () => conjugateGradient((v) => v, x0, { tol: 1 } as object)],
    ['expected b to hold finite numbers', () => conjugateGradient((v) => v, float64([NaN]))],
  ])('%s', async (message, call) => {
    await expect(call()).rejects.toThrow(message);
  });

  it('is not part of a trace', async () => {
    const calls: Promise<unknown>[] = [];
    jit((x: Tensor) => {
      calls.push(minimize(bowl, x));
      return x;
    }).sync(x0);
    await expect(Promise.all(calls)).rejects.toThrow('x0 is symbolic');
  });

  it('conjugate gradients say what A is not', async () => {
    const indefinite = await conjugateGradient((v) => mul(v, float64([1, -1])), float64([1, 2]));
    expect(indefinite).toMatchObject({ reason: 'curvature', converged: false });
    const short = await conjugateGradient((v) => mul(v, float64([1, 3])), float64([1, 2]), { maxIterations: 1 });
    expect(short).toMatchObject({ reason: 'iterations', converged: false, iterations: 1 });
    const exact = await conjugateGradient((v) => mul(v, float64([1, 3])), float64([1, 2]), { tolerance: 0, maxIterations: 100 });
    expect(['residual', 'rounding']).toContain(exact.reason);
    expect(exact.residualNorm).toBeLessThan(1e-15);
    expect(exact.iterations).toBeLessThan(100);
  });
});
