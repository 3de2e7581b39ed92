import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { arange } from '../ops/constant.js';
import { tensor } from '../ops/create.js';
import { add, div, mul, sub } from '../ops/elementwise.js';
import { oneHot } from '../ops/indexing.js';
import { choleskySolve } from '../ops/linear-algebra.js';
import { minimize } from '../optim/minimize/index.js';
import { checkFunction } from '../optim/minimize/options.js';
import type { Optimizer } from '../optim/optimizer.js';
import { checkNames, numberIn, positiveInteger } from '../options.js';
import { grad, hessian } from '../runtime/grad.js';
import { jit } from '../runtime/jit.js';
import { expectPlain, follow } from './follow.js';

/** How a method walks. */
export interface UnitsMethod {
  /** An optimiser; or one for each unit by its s, whose options carry units: `(s) => optim.adadelta({ epsilon: ε/s², numeratorEpsilon: ε·s² })`. */
  readonly optimizer?: Optimizer | ((scale: number) => Optimizer);
  /** In place of an optimiser Newton's method: the pure step −H⁻¹∇, with a line search, or −(H + shift·I)⁻¹∇ with the same shift in every unit. */
  readonly newton?: 'pure' | 'line search' | { readonly shift: number };
  readonly steps: number;
}

export interface UnitsOptions {
  /** w [n], float64 → [] */
  readonly f: (w: Tensor) => Tensor;
  /** [n] */
  readonly start: ArrayLike<number>;
  /** s > 0: the same parameters in another unit are w′ = s·w. */
  readonly scale: number;
  readonly methods: Readonly<Record<string, UnitsMethod>>;
}

/** One method in two units. */
export interface UnitsPath {
  readonly method: string;
  /** [steps + 1, n]: w row by row, the start first. */
  readonly path: Float64Array;
  /** The same for w′ on f(w′/s), divided by s. */
  readonly otherPath: Float64Array;
  /** max ‖w′/s − w‖ over the steps, in ‖·‖∞, over max ‖w‖: 0 where the unit makes no difference. Infinity where one of the paths diverged or stopped. */
  readonly difference: number;
  /** ‖∇f‖∞ at the end of `path`: near 0 where it has reached a minimum. */
  readonly gradient: number;
}

const where = 'lab.unitsOfMeasurement';

/**
 * Whether a method's path depends on the unit that parameters are measured in: each method walks on f from `start`, and on f(w′/s) from s·start. Gradients are
 * s times as small there, and so gradient descent's steps are s² times as small as they should be; Newton's H⁻¹∇ has w's own unit.
 */
export async function unitsOfMeasurement(options: UnitsOptions): Promise<UnitsPath[]> {
  checkNames(where, options, ['f', 'start', 'scale', 'methods']);
  const { f, methods } = options;
  checkFunction(where, 'f', f);
  const scale = numberIn(where, 'scale', options.scale, Number.MIN_VALUE);
  const start = Float64Array.from(options.start);
  if (start.length === 0 || !start.every(Number.isFinite))
    throw new RavineError('option', where, `expected start to be finite numbers, got ${describe(options.start)}`);
  const inOtherUnit = (w: Tensor): Tensor => f(div(w, scale));
  const paths: UnitsPath[] = [];
  for (const [name, method] of Object.entries(methods)) {
    const path = await walk(name, method, { f, start, scale: 1 });
    const scaled = await walk(name, method, { f: inOtherUnit, start: start.map((w) => scale * w), scale });
    const otherPath = scaled.map((w) => w / scale);
    paths.push({
      method: name,
      path,
      otherPath,
      difference: differenceOf(path, otherPath),
      gradient: gradientAtEnd(f, path, start.length),
    });
  }
  return paths;
}

interface Walk {
  readonly f: (w: Tensor) => Tensor;
  readonly start: Float64Array;
  readonly scale: number;
}

async function walk(name: string, method: UnitsMethod, { f, start, scale }: Walk): Promise<Float64Array> {
  checkNames(where, method, ['optimizer', 'newton', 'steps']);
  const steps = positiveInteger(where, 'steps', method.steps);
  const { optimizer, newton } = method;
  if ((optimizer === undefined) === (newton === undefined))
    throw new RavineError('option', where, `expected '${name}' to have either an optimizer or newton`);
  if (newton !== undefined)
    return newton === 'line search' ? searchedNewton(f, start, steps, scale) : newtonSteps(f, start, steps, newton);
  const own = typeof optimizer === 'function' ? optimizer(scale) : optimizer;
  expectPlain(where, name, own as Optimizer);
  return follow(f, start, own as Optimizer, steps).path;
}

/** w ← w − (H + shift·I)⁻¹∇ */
function newtonSteps(
  f: Walk['f'],
  start: Float64Array,
  steps: number,
  newton: 'pure' | { readonly shift: number },
): Float64Array {
  const shift = newton === 'pure' ? 0 : shiftOf(newton);
  const size = start.length;
  const step = jit((w: Tensor) => {
    const unit = oneHot(arange(0, size, 1, { dtype: 'int32' }), size, { dtype: 'float64' });
    return sub(w, choleskySolve(add(hessian(f)(w), mul(unit, shift)), grad(f)(w)));
  });
  const path = new Float64Array(size * (steps + 1));
  path.set(start);
  for (let t = 0; t < steps; t++)
    path.set(
      tidy(() => step.sync(tensor(path.slice(t * size, (t + 1) * size))).data<'float64'>()),
      (t + 1) * size,
    );
  return path;
}

function shiftOf(newton: unknown): number {
  if (typeof newton !== 'object' || newton === null || !('shift' in newton))
    throw new RavineError('option', where, `expected newton to be 'pure', 'line search' or { shift }, got ${describe(newton)}`);
  return numberIn(where, 'shift', newton.shift, 0);
}

/** Newton's method of `minimize`, which ends where ∇f = 0 to rounding; from there on the path stays. */
async function searchedNewton(f: Walk['f'], start: Float64Array, steps: number, scale: number): Promise<Float64Array> {
  const path = new Float64Array(start.length * (steps + 1));
  path.set(start);
  let taken = 0;
  const points = [tensor(start)];
  const { x } = await minimize(f, points[0] as Tensor, {
    method: 'newton',
    maxIterations: steps,
    gradientTolerance: 1e-12 / scale,
    callback: ({ x: at, iteration }) => {
      path.set(at.data(), start.length * (taken = iteration));
      points.push(at);
    },
  });
  for (const point of [x, ...points]) point.dispose();
  const last = path.slice(start.length * taken, start.length * (taken + 1));
  for (let t = taken + 1; t <= steps; t++) path.set(last, start.length * t);
  return path;
}

function differenceOf(path: Float64Array, other: Float64Array): number {
  let [most, size] = [0, 0];
  path.forEach((w, i) => {
    const difference = Math.abs((other[i] ?? NaN) - w);
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
    size = Math.max(size, Math.abs(w));
  });
  return most === 0 ? 0 : most / size;
}

function gradientAtEnd(f: Walk['f'], path: Float64Array, size: number): number {
  return tidy(() =>
    Math.max(
      ...grad(f)(tensor(path.slice(-size)))
        .data<'float64'>()
        .map(Math.abs),
    ),
  );
}
