import { AbortError } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { bfgs } from './bfgs.js';
import { gradientDescent } from './gradient-descent.js';
import { lbfgs } from './lbfgs.js';
import { strongWolfe } from './line-search.js';
import type { Method } from './method.js';
import { newtonCg } from './newton-cg.js';
import { newton } from './newton.js';
import { nonlinearCg } from './nonlinear-cg.js';
import { Objective, checkStart, drop, type Point, type Scalar, type Trial } from './objective.js';
import { checkFunction, checkVector, resolveSettings, type MinimizeOptions, type Settings } from './options.js';
import type { MinimizeResult, StopReason } from './result.js';

/**
 * Goes from x0 to a local minimum of a scalar function of one tensor, of any shape. The function is traced once and runs natively on a thread of its own,
 * with dropout off. Not reaching a minimum is no error: `reason` says why it ended and `converged` whether a tolerance was met.
 */
export async function minimize(f: Scalar, x0: Tensor, options: MinimizeOptions = {}): Promise<MinimizeResult> {
  checkFunction('minimize', 'f', f);
  checkVector('minimize', 'x0', x0);
  return minimizeObjective(new Objective(f), x0, resolveSettings(x0, options));
}

/** The same for a function that is compiled already. */
export async function minimizeObjective(objective: Objective, x0: Tensor, settings: Settings): Promise<MinimizeResult> {
  const method = methodOf(settings, objective, x0);
  try {
    const start = await objective.at(x0);
    checkStart(start);
    return await new Descent(objective, method, settings).run(start);
  } finally {
    method.dispose();
  }
}

function methodOf({ method, formula, memory }: Settings, objective: Objective, x0: Tensor): Method {
  switch (method) {
    case 'gd':
      return gradientDescent();
    case 'cg':
      return nonlinearCg(formula);
    case 'bfgs':
      return bfgs(x0);
    case 'lbfgs':
      return lbfgs(memory);
    case 'newton':
      return newton(objective);
    case 'newton-cg':
      return newtonCg(objective);
  }
}

const convergedReasons: readonly StopReason[] = ['gradient', 'step', 'value'];

class Descent {
  #iteration = 0;
  /** The change of the value that the next step may bring, judged by the last one: of its tangent, α·∇f·d, and of its parabola, 2·Δf. */
  #expectedChange: number | undefined;

  constructor(
    readonly objective: Objective,
    readonly method: Method,
    readonly settings: Settings,
  ) {}

  async run(start: Point): Promise<MinimizeResult> {
    const { maxIterations, gradientTolerance, signal, callback } = this.settings;
    let point = start;
    for (;;) {
      if (point.gradientNorm <= gradientTolerance) return this.#result(point, 'gradient');
      if (this.#iteration >= maxIterations) return this.#result(point, 'iterations');
      if (signal?.aborted) throw new AbortError('minimize', this.#iteration, signal.reason);
      const trial = await this.#descend(point);
      if (typeof trial === 'string') return this.#result(point, trial);
      const last = point;
      point = trial.point;
      this.#iteration++;
      if (point.value === -Infinity) return this.#result(point, 'unbounded');
      await this.method.learn?.(last, point);
      last.gradient.dispose();
      if (!callback) last.x.dispose();
      const { value, gradientNorm, x } = point;
      const { evaluations } = this.objective;
      const info = { iteration: this.#iteration, x, value, gradientNorm, step: trial.step, evaluations };
      if ((await callback?.(info)) === false) return this.#result(point, 'callback');
      const met = this.#toleranceMet(last.value, trial);
      if (met) return this.#result(point, met);
    }
  }

  /** A lower point, or why there is none. After a direction that leads nowhere, −∇f is tried. */
  async #descend(point: Point): Promise<Trial | StopReason> {
    do {
      const direction = await this.method.direction(point);
      if (!direction) return 'hessian';
      try {
        const trial = await this.#search(point, direction);
        if (trial) return trial;
      } finally {
        direction.dispose();
      }
    } while (this.method.restart());
    return 'line search';
  }

  async #search(point: Point, direction: Tensor): Promise<Trial | undefined> {
    const { decrease, curvature, stepSize } = this.settings;
    const evaluate = (step: number): Promise<Trial> => this.objective.along(point.x, direction, step);
    if (stepSize !== undefined) return usable(await evaluate(stepSize));
    const slope = await this.objective.slope(point.gradient, direction);
    if (!(slope < 0)) return undefined;
    const noise = 10 * (point.x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
    const start = { step: 0, value: point.value, slope };
    const trial = await strongWolfe(evaluate, start, this.#firstStep(point, slope), { decrease, curvature, noise });
    this.#expectedChange = trial && Math.min(trial.step * slope, 2 * (trial.value - point.value));
    return trial;
  }

  #firstStep({ gradientNorm }: Point, slope: number): number {
    if (this.method.unitStep) return 1;
    return this.#expectedChange === undefined ? Math.min(1, 1 / gradientNorm) : this.#expectedChange / slope;
  }

  #toleranceMet(before: number, { value, length, size }: Trial): StopReason | undefined {
    const { stepTolerance, valueTolerance } = this.settings;
    if (stepTolerance > 0 && length <= stepTolerance * Math.max(1, size)) return 'step';
    if (valueTolerance > 0 && Math.abs(before - value) <= valueTolerance * Math.max(1, Math.abs(value))) return 'value';
    return undefined;
  }

  #result({ x, value, gradient, gradientNorm }: Point, reason: StopReason): MinimizeResult {
    gradient.dispose();
    const { evaluations } = this.objective;
    return {
      x,
      value,
      gradientNorm,
      iterations: this.#iteration,
      evaluations,
      reason,
      converged: convergedReasons.includes(reason),
    };
  }
}

/** A fixed step that left the numbers is none. */
function usable(trial: Trial): Trial | undefined {
  if (Number.isFinite(trial.value) || trial.value === -Infinity) return trial;
  drop(trial.point);
  return undefined;
}
