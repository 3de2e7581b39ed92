import type { Tensor } from '../ir/tensor.js';
import { checkNames, numberIn, oneOf } from '../options.js';
import { checkAxis, formatType } from '../shape.js';
import { RavineError } from '../errors.js';
import { at, expectDType, expectSameDType, expectShape, expectTensor } from './check.js';
import { ge, gt, le, select } from './compare.js';
import { abs, add, div, erf, expm1, mul, sigmoid, square, tanh } from './elementwise.js';
import { split } from './slice.js';
import { softplus } from './softplus.js';

function expectFloat(where: string, x: Tensor): void {
  expectTensor(where, 'x', x);
  expectDType(where, 'x', x, 'float');
}

/** x between the bounds, a bound beyond it. Unlike clamp's, its gradient at the bounds is 0: these corners belong to the flat parts. */
function saturate(x: Tensor, low: number, high: number): Tensor {
  return select(le(x, low), low, select(ge(x, high), high, x));
}

/** x where x ≤ 0, else 0: keeps what grows on the other side, and its gradient, from a branch that is not taken. */
function negativePart(x: Tensor): Tensor {
  return select(gt(x, 0), 0, x);
}

/** min(max(x, 0), 6). Floats. Its gradient at 0 and 6 is 0. */
export function relu6(x: Tensor): Tensor {
  expectFloat('relu6', x);
  return saturate(x, 0, 6);
}

/** x where x > 0, else slope·x; slope 0.01 unless given. Floats. Its gradient at 0 is the slope. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  expectFloat('leakyRelu', x);
  return select(gt(x, 0), x, mul(x, numberIn('leakyRelu', 'slope', slope, -Number.MAX_VALUE)));
}

/** x where x > 0, else slope·x: a slope that is learnt, one for all or one for each feature of the last axis. Equal dtypes, floats. */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  expectFloat('prelu', x);
  expectTensor('prelu', 'slope', slope);
  expectSameDType('prelu', [x, slope]);
  const fits = slope.size === 1 ? slope.rank <= 1 : slope.rank === 1 && x.shape.at(-1) === slope.size;
  expectShape(fits, 'prelu', "one slope, or one for each feature of x's last axis", [x, slope]);
  return select(gt(x, 0), x, mul(negativePart(x), slope));
}

/** x where x > 0, else alpha·(eˣ − 1); alpha 1 unless given. Floats. */
export function elu(x: Tensor, alpha = 1): Tensor {
  expectFloat('elu', x);
  return select(gt(x, 0), x, mul(expm1(negativePart(x)), numberIn('elu', 'alpha', alpha, 0)));
}

// The fixed point of Klambauer et al. 2017: with these two, activations of mean 0 and variance 1 keep them.
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** 1.0507·elu(x, 1.6733). Floats. */
export function selu(x: Tensor): Tensor {
  expectFloat('selu', x);
  return mul(elu(x, seluAlpha), seluScale);
}

export interface GeluOptions {
  /** 'none' (default): with the normal distribution itself, by erf. 'tanh': the approximation of the first transformers. */
  readonly approximate?: 'none' | 'tanh';
}

/** x·Φ(x) = x/2·(1 + erf(x/√2)), or with `approximate: 'tanh'` x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Floats. */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  expectFloat('gelu', x);
  checkNames('gelu', options, ['approximate']);
  if (oneOf('gelu', 'approximate', options.approximate ?? 'none', ['none', 'tanh']) === 'none')
    return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
  // (1 + tanh u)/2 = σ(2u), which does not cancel where tanh is near −1.
  const doubled = mul(mul(x, add(mul(square(x), 0.044715), 1)), 2 * Math.sqrt(2 / Math.PI));
  return mul(x, sigmoid(doubled));
}

/** x·σ(x). Floats. */
export function silu(x: Tensor): Tensor {
  expectFloat('silu', x);
  return mul(x, sigmoid(x));
}

/** x·tanh(log(1 + eˣ)). Floats. */
export function mish(x: Tensor): Tensor {
  expectFloat('mish', x);
  return mul(x, tanh(softplus(x)));
}

/** min(max(x, −1), 1). Floats. Its gradient at ±1 is 0. */
export function hardTanh(x: Tensor): Tensor {
  expectFloat('hardTanh', x);
  return saturate(x, -1, 1);
}

/** min(max(x + 3, 0), 6)/6. Floats. Its gradient at ±3 is 0. */
export function hardSigmoid(x: Tensor): Tensor {
  expectFloat('hardSigmoid', x);
  return div(relu6(add(x, 3)), 6);
}

/** x·hardSigmoid(x). Floats. */
export function hardSwish(x: Tensor): Tensor {
  expectFloat('hardSwish', x);
  return mul(x, hardSigmoid(x));
}

/** x/(1 + |x|). Floats. */
export function softsign(x: Tensor): Tensor {
  expectFloat('softsign', x);
  return div(x, add(abs(x), 1));
}

/** The first half of an axis (the last unless given) gated by the second: a·σ(b). Floats. */
export function glu(x: Tensor, axis = -1): Tensor {
  expectFloat('glu', x);
  const along = checkAxis('glu', axis, x.rank);
  if (at(x.shape, along) % 2 !== 0)
    throw new RavineError('shape', 'glu', `expected an even length of axis ${along}, got ${formatType(x)}`);
  const halves = split(x, 2, along);
  return mul(at(halves, 0), sigmoid(at(halves, 1)));
}
