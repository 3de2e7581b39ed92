import { add, mul, slice, square, sub, sum, tensor, type Tensor } from '../../../lib/index.js';

export interface Problem {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  readonly start: readonly number[];
  readonly minima: readonly (readonly number[])[];
}

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

/** From the standard starting points of Moré, Garbow & Hillstrom (1981); Himmelblau's, which is not among theirs, from the origin. Each minimum is 0. */
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
];

export function float64(data: readonly number[] | readonly (readonly number[])[]): Tensor {
  return tensor(data, { dtype: 'float64' });
}
