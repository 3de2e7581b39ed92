import type { DType } from '../../../lib/dtype.js';
import type { Tensor } from '../../../lib/ir/tensor.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { map, type Tolerance } from '../values.js';
import { erf } from './erf.js';

const numeric: readonly DType[] = ['float32', 'float64', 'int32'];

interface Unary {
  readonly op: string;
  readonly run: (x: Tensor) => Tensor;
  readonly f: (x: number) => number;
  readonly integer?: boolean;
  /** Where arguments lie; special numbers are tried besides. */
  readonly range?: readonly [number, number];
  readonly tolerance?: Tolerance;
}

/** Functions that round once or twice more than the exact result. */
const few: Tolerance = { relative: 3 };

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (!Number.isFinite(x)) return x;
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

const unaries: readonly Unary[] = [
  { op: 'neg', run: ops.neg, f: (x) => -x, integer: true },
  { op: 'abs', run: ops.abs, f: Math.abs, integer: true },
  { op: 'sign', run: ops.sign, f: Math.sign, integer: true },
  { op: 'square', run: ops.square, f: (x) => x * x, integer: true },
  { op: 'relu', run: ops.relu, f: (x) => Math.max(x, 0), integer: true },
  { op: 'exp', run: ops.exp, f: Math.exp, tolerance: few },
  { op: 'log', run: ops.log, f: Math.log, range: [0.1, 4], tolerance: few },
  { op: 'log1p', run: ops.log1p, f: Math.log1p, range: [-0.9, 3], tolerance: few },
  { op: 'expm1', run: ops.expm1, f: Math.expm1, tolerance: few },
  { op: 'sqrt', run: ops.sqrt, f: Math.sqrt, range: [0.1, 4] },
  { op: 'rsqrt', run: ops.rsqrt, f: (x) => 1 / Math.sqrt(x), range: [0.3, 4], tolerance: few },
  { op: 'reciprocal', run: ops.reciprocal, f: (x) => 1 / x, range: [0.4, 4] },
  { op: 'sin', run: ops.sin, f: Math.sin, tolerance: few },
  { op: 'cos', run: ops.cos, f: Math.cos, tolerance: few },
  { op: 'tanh', run: ops.tanh, f: Math.tanh, tolerance: few },
  { op: 'sigmoid', run: ops.sigmoid, f: (x) => 1 / (1 + Math.exp(-x)), tolerance: few },
  { op: 'erf', run: ops.erf, f: erf, tolerance: few },
  { op: 'softplus', run: ops.softplus, f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), tolerance: few },
  { op: 'floor', run: ops.floor, f: Math.floor },
  { op: 'round', run: ops.round, f: roundHalfToEven },
];

function unaryCase({ op, run, f, integer = false, range: [low, high] = [-2, 2], tolerance = {} }: Unary): OpCase {
  return {
    op,
    inputs: (n) => [{ shape: [n], low, high }],
    run: ([x]) => run(x!),
    reference: ([x]) => map(f, x!),
    dtypes: integer ? numeric : ['float32', 'float64'],
    tolerance,
    special: true,
  };
}

interface Binary {
  readonly op: string;
  readonly run: (a: Tensor, b: Tensor) => Tensor;
  readonly f: (a: number, b: number) => number;
  readonly integer?: boolean;
  readonly a?: readonly [number, number];
  readonly b?: readonly [number, number];
  readonly tolerance?: Tolerance;
  readonly comparison?: boolean;
}

const nanWins = (choose: (a: number, b: number) => number) => (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? NaN : choose(a, b);

/** C's pow: 1 to any power is 1, and so is −1 to ±∞; JavaScript has NaN there. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

const binaries: readonly Binary[] = [
  { op: 'add', run: ops.add, f: (a, b) => a + b, integer: true },
  { op: 'sub', run: ops.sub, f: (a, b) => a - b, integer: true },
  { op: 'mul', run: ops.mul, f: (a, b) => a * b, integer: true },
  { op: 'div', run: ops.div, f: (a, b) => a / b, b: [0.5, 3] },
  { op: 'pow', run: ops.pow, f: power, a: [0.3, 3], tolerance: few },
  { op: 'maximum', run: ops.maximum, f: nanWins(Math.max), integer: true },
  { op: 'minimum', run: ops.minimum, f: nanWins(Math.min), integer: true },
  { op: 'eq', run: ops.eq, f: (a, b) => Number(a === b), integer: true, comparison: true },
  { op: 'ne', run: ops.ne, f: (a, b) => Number(a !== b), integer: true, comparison: true },
  { op: 'lt', run: ops.lt, f: (a, b) => Number(a < b), integer: true, comparison: true },
  { op: 'le', run: ops.le, f: (a, b) => Number(a <= b), integer: true, comparison: true },
  { op: 'gt', run: ops.gt, f: (a, b) => Number(a > b), integer: true, comparison: true },
  { op: 'ge', run: ops.ge, f: (a, b) => Number(a >= b), integer: true, comparison: true },
];

function binaryCases({
  op,
  run,
  f,
  integer = false,
  a = [-2, 2],
  b = [-2, 2],
  tolerance = {},
  comparison = false,
}: Binary): OpCase[] {
  const common = {
    op,
    run: ([x, y]: readonly Tensor[]) => run(x!, y!),
    reference: ([x, y]: Parameters<OpCase['reference']>[0]) => map(f, x!, y!),
    dtypes: integer ? numeric : (['float32', 'float64'] as const),
    tolerance,
    ...(comparison ? { results: ['uint8'] as const } : {}),
  };
  const [left, right] = [
    { low: a[0], high: a[1] },
    { low: b[0], high: b[1] },
  ];
  return [
    {
      ...common,
      inputs: (n) => [
        { shape: [n], ...left },
        { shape: [n], ...right },
      ],
      special: true,
    },
    {
      ...common,
      title: 'row',
      inputs: (n) => [
        { shape: [3, n], ...left },
        { shape: [n], ...right },
      ],
      large: 9001,
    },
    {
      ...common,
      title: 'column',
      inputs: (n) => [
        { shape: [n, 1], ...left },
        { shape: [n, 3], ...right },
      ],
      large: 9001,
    },
    {
      ...common,
      title: 'outer',
      inputs: (n) => [
        { shape: [n, 1], ...left },
        { shape: [2, 1, 5], ...right },
      ],
      large: 9001,
    },
    {
      ...common,
      title: 'number',
      inputs: (n) => [
        { shape: [], ...left },
        { shape: [n], ...right },
      ],
    },
  ];
}

const clampCase: OpCase = {
  op: 'clamp',
  inputs: (n) => [{ shape: [n] }],
  run: ([x]) => ops.clamp(x!, -1, 1),
  reference: ([x]) => map((v) => (Number.isNaN(v) ? NaN : Math.min(1, Math.max(-1, v))), x!),
  dtypes: numeric,
  special: true,
};

const selectCases: readonly OpCase[] = [
  {
    op: 'select',
    inputs: (n) => [{ shape: [n], dtype: 'uint8', low: 0, high: 2 }, { shape: [n] }, { shape: [n] }],
    run: ([c, a, b]) => ops.select(c!, a!, b!),
    reference: ([c, a, b]) => map((condition, x, y) => (condition ? x : y), c!, a!, b!),
    dtypes: numeric,
    special: true,
  },
  {
    op: 'select',
    title: 'broadcast',
    inputs: (n) => [{ shape: [n, 1], dtype: 'uint8', low: 0, high: 2 }, { shape: [3] }, { shape: [n, 3] }],
    run: ([c, a, b]) => ops.select(c!, a!, b!),
    reference: ([c, a, b]) => map((condition, x, y) => (condition ? x : y), c!, a!, b!),
    dtypes: numeric,
    large: 9001,
  },
  {
    op: 'select',
    title: 'of a comparison',
    inputs: (n) => [{ shape: [n] }, { shape: [n] }],
    run: ([a, b]) => ops.select(ops.gt(a!, b!), ops.mul(a!, b!), 1),
    reference: ([a, b]) => map((x, y) => (x > y ? x * y : 1), a!, b!),
    dtypes: numeric,
  },
];

const powCases: readonly OpCase[] = [2, 3, 0.5, -1, 0].map((exponent) => ({
  op: { '2': 'square', '0.5': 'sqrt', '-1': 'reciprocal' }[String(exponent)] ?? 'pow',
  title: `the power ${exponent}`,
  inputs: (n: number) => [{ shape: [n], low: 0.4, high: 3 }],
  run: ([x]: readonly Tensor[]) => ops.pow(x!, exponent),
  reference: ([x]: Parameters<OpCase['reference']>[0]) => map((v) => v ** exponent, x!),
  tolerance: few,
}));

export const elementwiseCases: readonly OpCase[] = [
  ...unaries.map(unaryCase),
  ...binaries.flatMap(binaryCases),
  clampCase,
  ...selectCases,
  ...powCases,
];
