import {
  abs,
  add,
  cos,
  div,
  exp,
  gt,
  mul,
  select,
  sin,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  type Tensor,
} from '../../../lib/index.js';

export interface Problem {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  readonly start: readonly number[];
  /** Points, where f is 0 unless a value is named; of a line of them that which is near to a point. */
  readonly minima: readonly Minimum[] | ((near: readonly number[]) => readonly Minimum[]);
}

export type Minimum = readonly number[] | { readonly at: readonly number[]; readonly value: number };

/** f as a sum of squares of scalar residuals of the coordinates. */
function squares(residuals: (...x: Tensor[]) => Tensor[]): (x: Tensor) => Tensor {
  return (x) => {
    const parts = residuals(...Array.from({ length: x.size }, (_, i) => slice(x, [i], [i + 1])));
    return sum(parts.map((part) => square(part)).reduce((total, part) => add(total, part)));
  };
}

const times = (factor: number, x: Tensor): Tensor => mul(x, factor);

const rosenbrock = squares((x, y) => [times(10, sub(y, square(x))), sub(1, x)]);
const beale = squares((x, y) =>
  [1.5, 2.25, 2.625].map((c, i) => {
    const power = Array.from({ length: i }, () => y).reduce((product, factor) => mul(product, factor), y);
    return sub(c, mul(x, sub(1, power)));
  }),
);
const himmelblau = squares((x, y) => [sub(add(square(x), y), 11), sub(add(x, square(y)), 7)]);
const wood = squares((a, b, c, d) => [
  times(10, sub(b, square(a))),
  sub(1, a),
  times(Math.sqrt(90), sub(d, square(c))),
  sub(1, c),
  times(Math.sqrt(10), sub(add(b, d), 2)),
  times(1 / Math.sqrt(10), sub(b, d)),
]);
const powell = squares((a, b, c, d) => [
  add(a, times(10, b)),
  times(Math.sqrt(5), sub(c, d)),
  square(sub(b, times(2, c))),
  times(Math.sqrt(10), square(sub(a, d))),
]);
const brown = squares((x, y) => [sub(x, 1e6), sub(y, 2e-6), sub(mul(x, y), 2)]);

const extended = squares((...x) =>
  Array.from({ length: x.length / 2 }, (_, i) => i).flatMap((i) => {
    const [odd, even] = [x[2 * i]!, x[2 * i + 1]!];
    return [times(10, sub(even, square(odd))), sub(1, odd)];
  }),
);

/** arctan u for |u| ≤ 1: arctan u = 2 arctan(u/(1 + √(1 + u²))) three times, then its series; |u| ≤ 0.099 there. */
function arctan(u: Tensor): Tensor {
  let [angle, factor] = [u, 1];
  for (; factor < 8; factor *= 2) angle = div(angle, add(sqrt(add(square(angle), 1)), 1));
  const terms = Array.from({ length: 8 }, (_, k) => (-1) ** (7 - k) / (15 - 2 * k));
  const series = terms.reduce<Tensor | number>((total, term) => add(mul(square(angle), total), term), 0);
  return times(factor, mul(angle, series));
}

/** The angle of (x, y) as a share of a turn: arctan(y/x)/2π, and half a turn more where x < 0. */
function turn(x: Tensor, y: Tensor): Tensor {
  const half = times(1 / Math.PI, arctan(div(y, add(abs(x), sqrt(add(square(x), square(y)))))));
  return select(gt(x, 0), half, sub(0.5, half));
}
const helical = squares((x, y, z) => [
  times(10, sub(z, times(10, turn(x, y)))),
  times(10, sub(sqrt(add(square(x), square(y))), 1)),
  z,
]);
const freudenstein = squares((x, y) => [
  add(sub(x, 13), mul(sub(mul(sub(5, y), y), 2), y)),
  add(sub(x, 29), mul(sub(mul(add(y, 1), y), 14), y)),
]);
const box = squares((x, y, z) =>
  Array.from({ length: 10 }, (_, i) => {
    const t = (i + 1) / 10;
    return sub(sub(exp(times(-t, x)), exp(times(-t, y))), times(Math.exp(-t) - Math.exp(-10 * t), z));
  }),
);
const trigonometric = squares((...x) => {
  const all = x.map((part) => cos(part)).reduce((total, part) => add(total, part));
  return x.map((part, i) => sub(add(sub(x.length, all), times(i + 1, sub(1, cos(part)))), sin(part)));
});
const broyden = squares((...x) =>
  x.map((part, i) => {
    const [before, after] = [x[i - 1] ?? 0, x[i + 1]];
    return add(sub(sub(mul(sub(3, times(2, part)), part), before), after ? times(2, after) : 0), 1);
  }),
);

/** From the standard starting points of Moré, Garbow & Hillstrom (1981); Himmelblau's, which is not among theirs, from the origin. */
export const problems: readonly Problem[] = [
  { name: 'Rosenbrock', f: rosenbrock, start: [-1.2, 1], minima: [[1, 1]] },
  { name: 'Beale', f: beale, start: [1, 1], minima: [[3, 0.5]] },
  {
    name: 'Himmelblau',
    f: himmelblau,
    start: [0, 0],
    minima: [
      [3, 2],
      [-2.8051180869527449, 3.1313125182505729],
      [-3.7793102533777469, -3.283185991286169],
      [3.5844283403304917, -1.8481265269644036],
    ],
  },
  { name: 'Wood', f: wood, start: [-3, -1, -3, -1], minima: [[1, 1, 1, 1]] },
  { name: 'Powell singular', f: powell, start: [3, -1, 0, 1], minima: [[0, 0, 0, 0]] },
  { name: 'Brown badly scaled', f: brown, start: [1, 1], minima: [[1e6, 2e-6]] },
  {
    name: 'extended Rosenbrock',
    f: extended,
    start: Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
    minima: [Array.from({ length: 10 }, () => 1)],
  },
  { name: 'helical valley', f: helical, start: [-1, 0, 0], minima: [[1, 0, 0]] },
  {
    name: 'Freudenstein–Roth',
    f: freudenstein,
    start: [0.5, -2],
    minima: [[5, 4], { at: [11.412778986902095, -0.8968052532744764], value: 48.98425367924001 }],
  },
  {
    name: 'Box three-dimensional',
    f: box,
    start: [0, 10, 20],
    minima: ([x = NaN]) => [
      [1, 10, 1],
      [10, 1, -1],
      [x, x, 0],
    ],
  },
  {
    name: 'trigonometric',
    f: trigonometric,
    start: Array.from({ length: 4 }, () => 1 / 4),
    minima: [[0, 0, 0, 0], { at: [0.145486195, 0.160181509, 0.424955084, 0.216846645], value: 3.028241148870228e-4 }],
  },
  {
    name: 'Broyden tridiagonal',
    f: broyden,
    start: Array.from({ length: 10 }, () => -1),
    minima: [
      [
        -0.570722132, -0.68180695, -0.702210076, -0.70551063, -0.704906156, -0.701496607, -0.691889322, -0.665796514,
        -0.596035109, -0.416412257,
      ],
    ],
  },
];

export function float64(data: readonly number[] | readonly (readonly number[])[]): Tensor {
  return tensor(data, { dtype: 'float64' });
}
