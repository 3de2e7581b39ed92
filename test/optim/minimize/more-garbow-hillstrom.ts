import {
  abs,
  add,
  concat,
  div,
  exp,
  log,
  matmul,
  mul,
  neg,
  pow,
  slice,
  square,
  stack,
  sub,
  sum,
  type Tensor,
} from '../../../lib/index.js';
import { float64 } from './problems.js';

export type Method = 'gd' | 'cg pr+' | 'cg fr' | 'bfgs' | 'lbfgs' | 'newton' | 'newton-cg';

/** Of Moré, Garbow & Hillstrom, Testing unconstrained optimization software (1981), by their numbers: those whose residuals are vectors over data. */
export interface Published {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  readonly start: readonly number[];
  /** Of minima, to the six digits that are published. */
  readonly values: readonly number[];
  /** The minimum's place, to four digits. */
  readonly at?: readonly number[];
  /** Default: that of minimize. */
  readonly gradientTolerance?: number;
  /** Methods of which the minimum is not to be expected. */
  readonly outOfReach?: readonly Method[];
}

/** f as a sum of squares of residuals [m], of x [n] and of its coordinates []. */
function leastSquares(residuals: (x: Tensor, ...coordinates: Tensor[]) => Tensor): (x: Tensor) => Tensor {
  return (x) => sum(square(residuals(x, ...Array.from({ length: x.size }, (_, i) => coordinate(x, i)))));
}

const coordinate = (x: Tensor, i: number): Tensor => sum(slice(x, [i], [i + 1]));
const numbers = (length: number, each: (i: number) => number): Tensor => float64(Array.from({ length }, (_, i) => each(i + 1)));
const repeated = (length: number, value: number): number[] => Array.from({ length }, () => value);
const twice = (x: Tensor): Tensor => mul(x, 2);

const bardY = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39];
const bard = leastSquares((_, a, b, c) => {
  const [u, v, w] = [(i: number) => i, (i: number) => 16 - i, (i: number) => Math.min(i, 16 - i)].map((each) =>
    numbers(15, each),
  );
  return sub(float64(bardY), add(a, div(u!, add(mul(v!, b), mul(w!, c)))));
});

const gaussianY = [
  9e-4, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521, 0.3989, 0.3521, 0.242, 0.1295, 0.054, 0.0175, 0.0044, 9e-4,
];
const gaussian = leastSquares((_, a, b, c) => {
  const t = numbers(15, (i) => (8 - i) / 2);
  return sub(mul(a, exp(div(mul(neg(b), square(sub(t, c))), 2))), float64(gaussianY));
});

const powellBadlyScaled = leastSquares((_, a, b) =>
  stack([sub(mul(mul(a, b), 1e4), 1), sub(add(exp(neg(a)), exp(neg(b))), 1.0001)]),
);

const jennrichSampson = leastSquares((_, a, b) => {
  const i = numbers(10, (at) => at);
  return sub(add(twice(i), 2), add(exp(mul(i, a)), exp(mul(i, b))));
});

/** As printed its residual cannot vanish at its minimum; this is the one of Moré's programs. */
const gulf = leastSquares((_, a, b, c) => {
  const t = numbers(99, (i) => i / 100);
  const y = numbers(99, (i) => 25 + (-50 * Math.log(i / 100)) ** (2 / 3));
  return sub(exp(neg(div(exp(mul(log(abs(sub(y, b))), c)), a))), t);
});

const kowalikY = [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246];
const kowalikU = [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625];
const kowalik = leastSquares((_, a, b, c, d) => {
  const u = float64(kowalikU);
  return sub(float64(kowalikY), div(mul(a, add(square(u), mul(u, b))), add(add(square(u), mul(u, c)), d)));
});

const brownDennis = leastSquares((_, a, b, c, d) => {
  const of = (each: (t: number) => number) => numbers(20, (i) => each(i / 5));
  const first = sub(
    add(
      a,
      mul(
        of((t) => t),
        b,
      ),
    ),
    of(Math.exp),
  );
  return add(square(first), square(sub(add(c, mul(of(Math.sin), d)), of(Math.cos))));
});

const biggs = leastSquares((_, a, b, c, d, e, f) => {
  const t = numbers(13, (i) => i / 10);
  const y = numbers(13, (i) => Math.exp(-i / 10) - 5 * Math.exp(-i) + 3 * Math.exp(-0.4 * i));
  const term = (factor: Tensor, rate: Tensor): Tensor => mul(factor, exp(neg(mul(t, rate))));
  return sub(add(sub(term(c, a), term(d, b)), term(f, e)), y);
});

const watson = leastSquares((x, a, b) => {
  const rows = (each: (t: number, j: number) => number): Tensor =>
    float64(Array.from({ length: 29 }, (_, i) => Array.from({ length: x.size }, (__, j) => each((i + 1) / 29, j))));
  const times = (matrix: Tensor): Tensor => matmul(matrix, x.reshape([x.size, 1])).reshape([29]);
  const slopes = times(rows((t, j) => (j === 0 ? 0 : j * t ** (j - 1))));
  const values = times(rows((t, j) => t ** j));
  return concat([sub(sub(slopes, square(values)), 1), stack([a, sub(sub(b, square(a)), 1)])]);
});

const penaltyI = leastSquares((x) => concat([mul(sub(x, 1), Math.sqrt(1e-5)), sum(square(x), { keepDims: true }).sub(1 / 4)]));

const penaltyII = leastSquares((x, first) => {
  const n = x.size;
  const small = Math.sqrt(1e-5);
  const [after, before] = [slice(x, [1], [n]), slice(x, [0], [n - 1])];
  const y = numbers(n - 1, (i) => Math.exp((i + 1) / 10) + Math.exp(i / 10));
  const total = sub(
    sum(
      mul(
        numbers(n, (i) => n - i + 1),
        square(x),
      ),
    ),
    1,
  );
  return concat([
    stack([sub(first, 0.2)]),
    mul(sub(add(exp(div(after, 10)), exp(div(before, 10))), y), small),
    mul(sub(exp(div(after, 10)), Math.exp(-1 / 10)), small),
    stack([total]),
  ]);
});

const variablyDimensioned = leastSquares((x) => {
  const total = sum(
    mul(
      numbers(x.size, (i) => i),
      sub(x, 1),
    ),
  );
  return concat([sub(x, 1), stack([total, square(total)])]);
});

const brownAlmostLinear = leastSquares((x, ...coordinates) => {
  const n = x.size;
  const linear = sub(add(slice(x, [0], [n - 1]), sum(x)), n + 1);
  return concat([
    linear,
    stack([
      sub(
        coordinates.reduce((product, each) => mul(product, each)),
        1,
      ),
    ]),
  ]);
});

const discreteBoundary = leastSquares((x) => {
  const n = x.size;
  const h = 1 / (n + 1);
  const zero = float64([0]);
  const [before, after] = [concat([zero, slice(x, [0], [n - 1])]), concat([slice(x, [1], [n]), zero])];
  return add(
    sub(twice(x), add(before, after)),
    mul(
      pow(
        add(
          x,
          numbers(n, (i) => i * h + 1),
        ),
        3,
      ),
      h ** 2 / 2,
    ),
  );
});

const broydenBanded = leastSquares((x) => {
  const n = x.size;
  const isNear = (i: number, j: number): boolean => j !== i && j >= i - 5 && j <= i + 1;
  const band = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => Number(isNear(i, j))));
  const near = matmul(float64(band), mul(x, add(x, 1)).reshape([n, 1])).reshape([n]);
  return sub(add(mul(x, add(mul(square(x), 5), 2)), 1), near);
});

const linearFullRank = leastSquares((x) => {
  const [n, m] = [x.size, 10];
  const total = sub(mul(sum(x), -2 / m), 1);
  return concat([add(x, total), mul(float64(repeated(m - n, 1)), total)]);
});

/** Means of Chebyshev's polynomials, moved to [0, 1], over the coordinates, against their integrals. */
const chebyquad = leastSquares((x) => {
  const y = sub(twice(x), 1);
  let [last, polynomial] = [add(mul(y, 0), 1), y];
  return stack(
    Array.from({ length: x.size }, (_, at) => {
      const i = at + 1;
      const residual = sub(div(sum(polynomial), x.size), i % 2 === 0 ? -1 / (i ** 2 - 1) : 0);
      [last, polynomial] = [polynomial, sub(mul(twice(y), polynomial), last)];
      return residual;
    }),
  );
});

/** Gradient descent needs some κ·log(1/ε) steps, and more where f is not convex: κ of the Hessian at these minima is 10⁴ and more. */
const tooLong: readonly Method[] = ['gd'];

export const others: readonly Published[] = [
  {
    // κ ~ 10¹⁷ at the minimum: the directions of 'gd' and 'cg' descend by less than f's rounding.
    ...{ name: 'Powell badly scaled (3)', f: powellBadlyScaled, start: [0, 1], values: [0], at: [1.098e-5, 9.106] },
    ...{ gradientTolerance: 1e-10, outOfReach: ['gd', 'cg pr+', 'cg fr'] },
  },
  { name: 'Jennrich–Sampson (6)', f: jennrichSampson, start: [0.3, 0.4], values: [124.362], at: [0.2578, 0.2578] },
  { name: 'Bard (8)', f: bard, start: [1, 1, 1], values: [8.21487e-3], outOfReach: tooLong },
  { name: 'Gaussian (9)', f: gaussian, start: [0.4, 1, 0], values: [1.12793e-8] },
  {
    // Truncated Newton follows −g wherever the first conjugate direction has negative curvature, as all of the way is here.
    ...{ name: 'Gulf (11)', f: gulf, start: [5, 2.5, 0.15], values: [0], at: [50, 25, 1.5] },
    ...{ outOfReach: ['gd', 'newton-cg'] },
  },
  { name: 'Kowalik–Osborne (15)', f: kowalik, start: [0.25, 0.39, 0.415, 0.39], values: [3.07505e-4], outOfReach: tooLong },
  { name: 'Brown–Dennis (16)', f: brownDennis, start: [25, 5, -5, -1], values: [85822.2], gradientTolerance: 1e-6 },
  { name: 'Biggs EXP6 (18)', f: biggs, start: [1, 2, 1, 1, 1, 1], values: [0, 5.65565e-3], outOfReach: tooLong },
  {
    // κ ~ 10⁶ at f = 2e-3: conjugate gradients end on f's rounding, at ‖∇f‖ ~ 1e-7.
    ...{ name: 'Watson (20)', f: watson, start: repeated(6, 0), values: [2.28767e-3] },
    ...{ outOfReach: ['gd', 'cg pr+', 'cg fr'] },
  },
  { name: 'penalty I (23)', f: penaltyI, start: [1, 2, 3, 4], values: [2.24997e-5], outOfReach: tooLong },
  { name: 'penalty II (24)', f: penaltyII, start: repeated(4, 1 / 2), values: [9.37629e-6], outOfReach: tooLong },
  {
    name: 'variably dimensioned (25)',
    f: variablyDimensioned,
    start: [5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0],
    values: [0],
    at: repeated(6, 1),
  },
  { name: 'Brown almost linear (27)', f: brownAlmostLinear, start: repeated(4, 1 / 2), values: [0, 1] },
  {
    name: 'discrete boundary value (28)',
    f: discreteBoundary,
    start: Array.from({ length: 8 }, (_, i) => ((i + 1) / 9) * ((i + 1) / 9 - 1)),
    values: [0],
  },
  { name: 'Broyden banded (31)', f: broydenBanded, start: repeated(8, -1), values: [0] },
  { name: 'linear of full rank (32)', f: linearFullRank, start: repeated(5, 1), values: [5], at: repeated(5, -1) },
  { name: 'Chebyquad (35)', f: chebyquad, start: Array.from({ length: 7 }, (_, i) => (i + 1) / 8), values: [0] },
];
