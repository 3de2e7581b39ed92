import { AbortError, RavineError } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { zerosLike } from '../../ops/constant.js';
import { sub } from '../../ops/elementwise.js';
import { identity } from '../../ops/identity.js';
import { checkNames, checkSignal, nonNegativeInteger, numberIn } from '../../options.js';
import { jit } from '../../runtime/index.js';
import { formatType, sameShape } from '../../shape.js';
import { conjugateStep, dropState, type ConjugateState } from './conjugate-step.js';
import { norm, take } from './objective.js';
import { checkFunction, checkVector } from './options.js';

export interface ConjugateGradientOptions {
  /** Where to start. Default 0. */
  readonly x0?: Tensor;
  /** Converged when ‖b − A·x‖ is at most that times ‖b‖. Default 1e-10, for float32 1e-5. */
  readonly tolerance?: number;
  /** Default: ten for each unknown. */
  readonly maxIterations?: number;
  /** Ends it with an AbortError. */
  readonly signal?: AbortSignal;
}

export interface ConjugateGradientResult {
  readonly x: Tensor;
  /** ‖b − A·x‖, worked out anew at the end. */
  readonly residualNorm: number;
  readonly iterations: number;
  /** 'curvature': A is not positive definite. 'rounding': the residual gets no smaller in this dtype. */
  readonly reason: 'residual' | 'iterations' | 'curvature' | 'rounding';
  readonly converged: boolean;
}

const where = 'conjugateGradient';

/**
 * x with A·x = b for a symmetric positive definite A that is given as the function v ↦ A·v, made of ops; without a matrix, say v ↦ hvp(f, w, v). In exact
 * arithmetic done after as many steps as A has different eigenvalues.
 */
export async function conjugateGradient(
  apply: (v: Tensor) => Tensor,
  b: Tensor,
  options: ConjugateGradientOptions = {},
): Promise<ConjugateGradientResult> {
  checkFunction(where, 'apply', apply);
  checkVector(where, 'b', b);
  checkNames(where, options, ['x0', 'tolerance', 'maxIterations', 'signal']);
  const { x0 } = options;
  if (x0 !== undefined) checkSame('x0', x0, b);
  const tolerance = numberIn(where, 'tolerance', options.tolerance ?? (b.dtype === 'float64' ? 1e-10 : 1e-5), 0);
  const most = nonNegativeInteger(where, 'maxIterations', options.maxIterations ?? 10 * b.size);
  const signal = checkSignal(where, options.signal);
  const programs = compiled(apply);

  const target = tolerance * take(await programs.norm(b));
  if (!Number.isFinite(target)) throw new RavineError('data', where, 'expected b to hold finite numbers');
  const zero = x0 ? undefined : zerosLike(b);
  let { state, residualNorm } = await programs.start(x0 ?? zero ?? b, b);
  zero?.dispose();
  const finish = (reason: ConjugateGradientResult['reason'], iterations: number): ConjugateGradientResult => {
    state.residual.dispose();
    state.direction.dispose();
    return { x: state.x, residualNorm, iterations, reason, converged: reason === 'residual' };
  };
  if (!Number.isFinite(residualNorm)) throw new RavineError('data', where, 'expected A·x0 to hold finite numbers');
  let [estimate, iterations] = [residualNorm, 0];
  for (;;) {
    if (estimate <= target || iterations >= most) {
      const before = residualNorm;
      const exact = await programs.start(state.x, b);
      dropState(state);
      ({ state, residualNorm } = exact);
      estimate = residualNorm;
      if (residualNorm <= target) return finish('residual', iterations);
      if (iterations >= most) return finish('iterations', iterations);
      if (residualNorm > before / 2) return finish('rounding', iterations);
    }
    if (signal?.aborted) throw new AbortError(where, iterations, signal.reason);
    const { curvature, rest, next } = await programs.advance(state);
    if (!(curvature > 0) || !Number.isFinite(rest)) {
      dropState(next);
      const exact = await programs.start(state.x, b);
      dropState(state);
      ({ state, residualNorm } = exact);
      return finish('curvature', iterations);
    }
    dropState(state);
    state = next;
    estimate = rest;
    iterations++;
  }
}

/** The method's programs over one A. */
function compiled(apply: (v: Tensor) => Tensor) {
  const product = (v: Tensor): Tensor => {
    const result = apply(v);
    checkSame('apply(v)', result, v);
    return result;
  };
  const start = jit((x: Tensor, b: Tensor) => {
    const residual = sub(b, product(x));
    return { x, residual, residualNorm: norm(residual) };
  });
  const advance = jit((x: Tensor, residual: Tensor, direction: Tensor) => {
    const { state, ...numbers } = conjugateStep({ x, residual, direction }, product(direction));
    return { x: state.x, residual: state.residual, direction: state.direction, ...numbers };
  });
  return {
    norm: jit(norm),
    start: async (x: Tensor, b: Tensor): Promise<{ state: ConjugateState; residualNorm: number }> => {
      const { residualNorm, ...rest } = await start(x, b);
      return { state: { ...rest, direction: identity(rest.residual) }, residualNorm: take(residualNorm) };
    },
    advance: async ({ x, residual, direction }: ConjugateState) => {
      const { curvature, residualNorm, ...next } = await advance(x, residual, direction);
      return { curvature: take(curvature), rest: take(residualNorm), next };
    },
  };
}

function checkSame(name: string, value: Tensor, like: Tensor): void {
  if (sameShape(value.shape, like.shape) && value.dtype === like.dtype) return;
  throw new RavineError('shape', where, `expected ${name} to be ${formatType(like)} as b is, got ${formatType(value)}`);
}
