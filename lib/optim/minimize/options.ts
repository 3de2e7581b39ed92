import { isFloat } from '../../dtype.js';
import { RavineError, describe } from '../../errors.js';
import { Tensor } from '../../ir/tensor.js';
import {
  checkNames,
  checkSignal,
  nonNegativeInteger,
  numberIn,
  oneOf,
  optionalFunction,
  positiveInteger,
} from '../../options.js';
import { formatType } from '../../shape.js';
import type { IterationInfo } from './result.js';

export type MinimizeMethod = 'gd' | 'cg' | 'bfgs' | 'lbfgs' | 'newton' | 'newton-cg';

export interface MinimizeOptions {
  /**
   * 'gd': gradient descent. 'cg': nonlinear conjugate gradients. 'bfgs': a dense inverse Hessian learnt from gradients. 'lbfgs': the same from the last
   * `memory` steps. 'newton': the dense Hessian. 'newton-cg': Hessian-vector products, no matrix. Default 'lbfgs'.
   */
  readonly method?: MinimizeMethod;
  /** Converged when ‖∇f‖ is at most that. Default 1e-8, for float32 1e-4. */
  readonly gradientTolerance?: number;
  /** Converged when a step is at most that times max(1, ‖x‖). Default 0: never. */
  readonly stepTolerance?: number;
  /** Converged when a step lowers the value by at most that times max(1, |f|). Default 0: never. */
  readonly valueTolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
  /** Method 'lbfgs': steps that it remembers. Default 10. */
  readonly memory?: number;
  /** Method 'cg': Polak–Ribière with restarts, or Fletcher–Reeves. Default 'pr+'. */
  readonly formula?: 'pr+' | 'fr';
  /** Methods 'gd' and 'newton': takes this multiple of the direction without a line search; 1 is the pure Newton step. */
  readonly stepSize?: number;
  /** c₁ of the line search: f(x + αd) ≤ f(x) + c₁·α·∇f·d. Default 1e-4. */
  readonly decrease?: number;
  /** c₂ of the line search: |∇f(x + αd)·d| ≤ c₂·|∇f(x)·d|. Default 0.1 for 'gd' and 'cg', else 0.9. */
  readonly curvature?: number;
  /** Called after each iteration and awaited; false ends it there. The tensor `x` is the callback's to keep. */
  readonly callback?: (info: IterationInfo) => unknown;
  /** Ends it with an AbortError. */
  readonly signal?: AbortSignal;
}

export interface Settings {
  readonly method: MinimizeMethod;
  readonly gradientTolerance: number;
  readonly stepTolerance: number;
  readonly valueTolerance: number;
  readonly maxIterations: number;
  readonly memory: number;
  readonly formula: 'pr+' | 'fr';
  readonly stepSize: number | undefined;
  readonly decrease: number;
  readonly curvature: number;
  readonly callback: ((info: IterationInfo) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
}

const methods: readonly MinimizeMethod[] = ['gd', 'cg', 'bfgs', 'lbfgs', 'newton', 'newton-cg'];

/** Options that only some methods have. */
const particular: Readonly<Partial<Record<keyof MinimizeOptions, readonly MinimizeMethod[]>>> = {
  memory: ['lbfgs'],
  formula: ['cg'],
  stepSize: ['gd', 'newton'],
};

const common: readonly (keyof MinimizeOptions)[] = [
  'method',
  'gradientTolerance',
  'stepTolerance',
  'valueTolerance',
  'maxIterations',
  'decrease',
  'curvature',
  'callback',
  'signal',
];

export const minimizeNames: readonly string[] = [...common, ...Object.keys(particular)];

const where = 'minimize';

/** Every option with its default, checked. */
export function resolveSettings(x0: Tensor, options: MinimizeOptions): Settings {
  checkNames(where, options, minimizeNames);
  const method = oneOf(where, 'method', options.method ?? 'lbfgs', methods);
  for (const [name, having] of Object.entries(particular)) {
    if (Object.hasOwn(options, name) && !having.includes(method))
      throw new RavineError('option', where, `method '${method}' has no option '${name}'`, {
        help: `'${having.join("', '")}' has it`,
      });
  }
  const decrease = numberIn(where, 'decrease', options.decrease ?? 1e-4, Number.MIN_VALUE, 0.5, true);
  const curvature = options.curvature ?? (method === 'gd' || method === 'cg' ? 0.1 : 0.9);
  return {
    method,
    gradientTolerance: numberIn(
      where,
      'gradientTolerance',
      options.gradientTolerance ?? (x0.dtype === 'float64' ? 1e-8 : 1e-4),
      0,
    ),
    stepTolerance: numberIn(where, 'stepTolerance', options.stepTolerance ?? 0, 0),
    valueTolerance: numberIn(where, 'valueTolerance', options.valueTolerance ?? 0, 0),
    maxIterations: nonNegativeInteger(where, 'maxIterations', options.maxIterations ?? 1000),
    memory: positiveInteger(where, 'memory', options.memory ?? 10),
    formula: oneOf(where, 'formula', options.formula ?? 'pr+', ['pr+', 'fr']),
    stepSize: options.stepSize === undefined ? undefined : numberIn(where, 'stepSize', options.stepSize, Number.MIN_VALUE),
    decrease,
    curvature: numberIn(where, 'curvature', curvature, decrease, 1, true),
    callback: optionalFunction(where, 'callback', options.callback),
    signal: checkSignal(where, options.signal),
  };
}

/** A concrete tensor of floats with elements in it. */
export function checkVector(caller: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor))
    throw new RavineError('dtype', caller, `expected ${name} to be a tensor, got ${describe(value)}`, {
      help: 'tensor(data) makes one',
    });
  if (!isFloat(value.dtype) || value.size === 0)
    throw new RavineError('dtype', caller, `expected ${name} to hold float64 or float32 numbers, got ${formatType(value)}`);
  if (value.value)
    throw new RavineError('trace', caller, `${name} is symbolic`, { help: `call ${caller} outside of traced functions` });
}

export function checkFunction(caller: string, name: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new RavineError('option', caller, `expected ${name} to be a function of a tensor, got ${describe(value)}`);
}
