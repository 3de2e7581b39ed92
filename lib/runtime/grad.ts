import { isFloat } from '../dtype.js';
import { RavineError, describe, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { Trace, currentTrace, withTrace } from '../ir/trace.js';
import { flatten, rebuild, type Tree } from '../ir/tree.js';
import { arange, constant } from '../ops/constant.js';
import { mul } from '../ops/elementwise.js';
import { identity } from '../ops/identity.js';
import { concat } from '../ops/concat.js';
import { oneHot } from '../ops/indexing.js';
import { reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { sum } from '../ops/reduce.js';
import { backward } from '../passes/differentiate.js';
import { formatType, sameShape } from '../shape.js';
import { interpret } from './interpret.js';

export interface GradOptions {
  /** Which argument to differentiate by; 0 unless given. It may be a tensor or tensors in arrays and objects. */
  readonly argument?: number;
}

/**
 * The gradient of a scalar function with respect to one argument, itself a function that can be traced and differentiated again.
 *
 * `grad(f)(w, …)` has the structure, shapes and dtypes of `w`.
 */
export function grad<A extends Tree[]>(f: (...args: A) => Tensor, options: GradOptions = {}): (...args: A) => A[0] {
  const both = valueAndGrad(f, options);
  return (...args) => both(...args)[1];
}

/** The value and the gradient in one pass: `[f(w, …), ∇f(w, …)]`. */
export function valueAndGrad<A extends Tree[]>(
  f: (...args: A) => Tensor,
  options: GradOptions = {},
): (...args: A) => [Tensor, A[0]] {
  const argument = options.argument ?? 0;
  return (...args) =>
    onSymbols('grad', args, (symbols) => {
      if (!(argument in symbols))
        throw new RavineError('option', 'grad', `expected an argument ${argument}, got ${symbols.length} arguments`);
      const { leaves } = flatten('grad', symbols[argument]);
      for (const leaf of leaves) {
        if (!isFloat(leaf.dtype))
          throw new RavineError('dtype', 'grad', `expected floating-point arguments, got ${formatType(leaf)}`);
      }
      const fresh = leaves.map((leaf) => identity(leaf));
      const replaced = symbols.map((arg, i) => (i === argument ? rebuild(arg, fresh) : arg)) as A;
      const value = checkScalar('grad', f(...replaced));
      const gradients = backward([value], [constant(1, { dtype: value.dtype, shape: value.shape })], fresh);
      return [value, rebuild(symbols[argument], gradients)] as [Tensor, A[0]];
    });
}

/**
 * Hessian-vector product ∇²f(x)·v, the gradient of ⟨∇f(x), v⟩ (Pearlmutter 1994): two backward passes, no matrix.
 *
 * `v` has the shape and dtype of `x`, and so has the result. Buffers, such as running statistics, stay as they are.
 */
export function hvp(f: (x: Tensor) => Tensor, x: Tensor, v: Tensor): Tensor {
  if (!sameShape(x.shape, v.shape) || x.dtype !== v.dtype)
    throw new RavineError('shape', 'hvp', `expected v to be ${formatType(x)} as x is, got ${formatType(v)}`);
  const along = (point: Tensor, direction: Tensor): Tensor => sum(mul(grad(f)(point), direction));
  const product = (): Tensor => grad(along)(x, v);
  const trace = currentTrace();
  return trace ? trace.withoutEffects(product) : product();
}

const mostParameters = 10_000;

/**
 * The matrix of second derivatives at `x`: [n, n] for n elements, a Hessian-vector product a column.
 *
 * Refuses more than 10,000 elements (a float64 matrix of 800 MB): use `hvp`.
 */
export function hessian(f: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  return (x) => {
    if (x.size > mostParameters)
      throw new RavineError('memory', 'hessian', `expected at most ${mostParameters} elements, got ${formatType(x)}`, {
        help: 'use hvp(f, x, v): it needs no matrix',
      });
    const basis = oneHot(arange(0, x.size, 1, { dtype: 'int32' }), x.size, { dtype: x.dtype });
    const columns = Array.from({ length: x.size }, (_, i) => {
      const direction = reshape(slice(basis, [i, 0], [i + 1, x.size]), x.shape);
      return reshape(hvp(f, x, direction), [1, x.size]);
    });
    return joinRows(columns);
  };
}

/** Concatenation of any number of rows; the kernel takes 16 at a time. */
function joinRows(rows: readonly Tensor[]): Tensor {
  const [first] = rows;
  internal(first !== undefined, 'no rows to join');
  if (rows.length === 1) return first;
  const joined: Tensor[] = [];
  for (let i = 0; i < rows.length; i += 16) joined.push(concat(rows.slice(i, i + 16), 0));
  return joinRows(joined);
}

/** Runs `body` on symbolic stand-ins: inside of a trace on the arguments themselves, else in a trace that is then run op by op. */
export function onSymbols<A extends unknown[], R>(where: string, args: A, body: (symbols: A) => R): R {
  if (currentTrace()) return body(args);
  const { leaves } = flatten(where, args);
  const trace = new Trace();
  const result = withTrace(trace, () =>
    body(
      rebuild(
        args,
        leaves.map((leaf, index) => trace.input(leaf, { kind: 'argument', index })),
      ),
    ),
  );
  const outputs = flatten(where, result).leaves;
  return rebuild(result, interpret(trace.finish(outputs), leaves));
}

export function checkScalar(where: string, value: unknown): Tensor {
  if (!(value instanceof Tensor))
    throw new RavineError('trace', where, `expected the function to return a scalar tensor, got ${describe(value)}`, {
      help: value instanceof Promise ? 'a traced function is not async' : 'return the loss as a tensor',
    });
  if (value.size !== 1 || !isFloat(value.dtype))
    throw new RavineError('shape', where, `expected the function to return a floating-point scalar, got ${formatType(value)}`, {
      help: 'take its sum or mean',
    });
  return value;
}
