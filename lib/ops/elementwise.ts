import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectBroadcast, expectDType, expectSameDType, none, type Accepted, type None, type TensorLike } from './check.js';
import { eq, gt, lt, select } from './compare.js';
import { onesLike, operands, zerosLike } from './constant.js';

/** y = f(x) element by element. `gradient` is dy·f′(x). */
function unary(name: string, accepts: Accepted, gradient: 'zero' | ((dy: Tensor, x: Tensor, y: Tensor) => Tensor)): Op<None> {
  return defineOp<None>({
    name,
    infer: (inputs) => {
      expectDType(name, 'x', at(inputs, 0), accepts);
      return [at(inputs, 0)];
    },
    gradient:
      gradient === 'zero'
        ? 'zero'
        : ({ inputs, outputs, cotangents }) => [gradient(at(cotangents, 0), at(inputs, 0), at(outputs, 0))],
    implementation: { kind: 'elementwise', code: name },
  });
}

/** y = f(a, b) element by element, broadcast. The gradients may have the broadcast shape. */
function binary(
  name: string,
  accepts: Accepted,
  gradient: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor],
  code = name,
): Op<None> {
  return defineOp<None>({
    name,
    infer: (inputs) => {
      const dtype = expectSameDType(name, inputs);
      expectDType(name, 'a', at(inputs, 0), accepts);
      return [{ dtype, shape: expectBroadcast(name, inputs) }];
    },
    gradient: ({ inputs, outputs, cotangents }) => gradient(at(cotangents, 0), at(inputs, 0), at(inputs, 1), at(outputs, 0)),
    implementation: { kind: 'elementwise', code },
  });
}

const negOp = unary('neg', 'numeric', (dy) => neg(dy));
const absOp = unary('abs', 'numeric', (dy, x) => mul(dy, sign(x)));
const signOp = unary('sign', 'numeric', 'zero');
const squareOp = unary('square', 'numeric', (dy, x) => mul(dy, mul(x, 2)));
const reluOp = unary('relu', 'numeric', (dy, _, y) => select(gt(y, 0), dy, 0));
const expOp = unary('exp', 'float', (dy, _, y) => mul(dy, y));
const logOp = unary('log', 'float', (dy, x) => div(dy, x));
const log1pOp = unary('log1p', 'float', (dy, x) => div(dy, add(x, 1)));
const expm1Op = unary('expm1', 'float', (dy, _, y) => mul(dy, add(y, 1)));
const sqrtOp = unary('sqrt', 'float', (dy, _, y) => div(dy, mul(y, 2)));
const rsqrtOp = unary('rsqrt', 'float', (dy, _, y) => mul(dy, mul(mul(square(y), y), -0.5)));
const reciprocalOp = unary('reciprocal', 'float', (dy, _, y) => neg(mul(dy, square(y))));
const sinOp = unary('sin', 'float', (dy, x) => mul(dy, cos(x)));
const cosOp = unary('cos', 'float', (dy, x) => neg(mul(dy, sin(x))));
const tanhOp = unary('tanh', 'float', (dy, _, y) => mul(dy, sub(1, square(y))));
const sigmoidOp = unary('sigmoid', 'float', (dy, _, y) => mul(dy, mul(y, sub(1, y))));
const erfOp = unary('erf', 'float', (dy, x) => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))));
const floorOp = unary('floor', 'float', 'zero');
const roundOp = unary('round', 'float', 'zero');

const addOp = binary('add', 'numeric', (dy) => [dy, dy]);
const subOp = binary('sub', 'numeric', (dy) => [dy, neg(dy)]);
const mulOp = binary('mul', 'numeric', (dy, a, b) => [mul(dy, b), mul(dy, a)]);
const divOp = binary('div', 'float', (dy, _, b, y) => {
  const da = div(dy, b);
  return [da, neg(mul(da, y))];
});

// ∂a: b·a^(b−1), 0 where b = 0. ∂b: a^b·log a, 0 where a = 0. Both sides of each select stay finite, so that gradients of them do.
const powOp = binary('pow', 'float', (dy, a, b, y) => {
  const lowered = sub(select(eq(b, 0), onesLike(b), b), 1);
  const isNought = eq(a, 0);
  const logarithm = select(isNought, zerosLike(a), log(select(isNought, onesLike(a), a)));
  return [mul(dy, mul(b, pow(a, lowered))), mul(dy, mul(y, logarithm))];
});

/** Where the two are equal, each gets half. */
function shared(dy: Tensor, loses: Tensor, ties: Tensor): Tensor {
  return select(loses, 0, select(ties, mul(dy, 0.5), dy));
}
const maximumOp = binary(
  'maximum',
  'numeric',
  (dy, a, b) => [shared(dy, lt(a, b), eq(a, b)), shared(dy, gt(a, b), eq(a, b))],
  'max',
);
const minimumOp = binary(
  'minimum',
  'numeric',
  (dy, a, b) => [shared(dy, gt(a, b), eq(a, b)), shared(dy, lt(a, b), eq(a, b))],
  'min',
);

/** −x. Floats and int32. */
export function neg(x: Tensor): Tensor {
  return apply(negOp, [x], none);
}

/** |x|. Floats and int32. Its gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return apply(absOp, [x], none);
}

/** −1, 0 or 1. Floats and int32. */
export function sign(x: Tensor): Tensor {
  return apply(signOp, [x], none);
}

/** x². Floats and int32. */
export function square(x: Tensor): Tensor {
  return apply(squareOp, [x], none);
}

/** max(x, 0). Floats and int32. Its gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return apply(reluOp, [x], none);
}

/** eˣ. Floats. */
export function exp(x: Tensor): Tensor {
  return apply(expOp, [x], none);
}

/** Natural logarithm: −∞ at 0, NaN below. Floats. */
export function log(x: Tensor): Tensor {
  return apply(logOp, [x], none);
}

/** log(1 + x), exact for small x. Floats. */
export function log1p(x: Tensor): Tensor {
  return apply(log1pOp, [x], none);
}

/** eˣ − 1, exact for small x. Floats. */
export function expm1(x: Tensor): Tensor {
  return apply(expm1Op, [x], none);
}

/** √x. Floats. */
export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOp, [x], none);
}

/** 1/√x. Floats. */
export function rsqrt(x: Tensor): Tensor {
  return apply(rsqrtOp, [x], none);
}

/** 1/x. Floats. */
export function reciprocal(x: Tensor): Tensor {
  return apply(reciprocalOp, [x], none);
}

/** sin x, x in radians. Floats. */
export function sin(x: Tensor): Tensor {
  return apply(sinOp, [x], none);
}

/** cos x, x in radians. Floats. */
export function cos(x: Tensor): Tensor {
  return apply(cosOp, [x], none);
}

/** tanh x = (e²ˣ − 1)/(e²ˣ + 1). Floats. */
export function tanh(x: Tensor): Tensor {
  return apply(tanhOp, [x], none);
}

/** 1/(1 + e⁻ˣ). Floats. */
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOp, [x], none);
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt. Floats. */
export function erf(x: Tensor): Tensor {
  return apply(erfOp, [x], none);
}

/** The largest integer ≤ x. Floats. Nothing flows back. */
export function floor(x: Tensor): Tensor {
  return apply(floorOp, [x], none);
}

/** The nearest integer, halves to the even one. Floats. Nothing flows back. */
export function round(x: Tensor): Tensor {
  return apply(roundOp, [x], none);
}

/** a + b, broadcast. Equal dtypes, floats or int32. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return apply(addOp, operands('add', a, b), none);
}

/** a − b, broadcast. Equal dtypes, floats or int32. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return apply(subOp, operands('sub', a, b), none);
}

/** a·b, broadcast. Equal dtypes, floats or int32. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return apply(mulOp, operands('mul', a, b), none);
}

/** a/b, broadcast. Equal dtypes, floats. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return apply(divOp, operands('div', a, b), none);
}

/** aᵇ, broadcast; NaN for a < 0 unless b is an integer. Equal dtypes, floats. The exponents 2, 1, ½ and −1 as numbers are cheaper. */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  const [base, exponent] = operands('pow', a, b);
  if (b === 2) return square(base);
  if (b === 0.5) return sqrt(base);
  if (b === -1) return reciprocal(base);
  return apply(powOp, [base, exponent], none);
}

/** The larger of a and b, broadcast; NaN where either is. Equal dtypes, floats or int32. Where they are equal, each gets half of the gradient. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return apply(maximumOp, operands('maximum', a, b), none);
}

/** The smaller of a and b, broadcast; NaN where either is. Equal dtypes, floats or int32. Where they are equal, each gets half of the gradient. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return apply(minimumOp, operands('minimum', a, b), none);
}
