import { tensor } from '../../../lib/ops/create.js';
import { historyElements, lazyBegin, lazyCatchUp, lazySettle, lazyStep, type LazyState } from '../../../lib/ops/lazy.js';
import { sparseProduct, sparseProductTransposed, sparseRows, type SparseRows } from '../../../lib/ops/sparse.js';
import type { Tensor } from '../../../lib/ir/tensor.js';
import type { Input, OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

const width = 11;
/** Seven rows: one empty, one that shares entries with another, one that names a column twice. */
const ranges = [0, 3, 3, 3, 3, 8, 8, 9, 9, 15, 15, 20, 4, 6];
const columns = [0, 4, 10, 1, 2, 3, 7, 9, 5, 0, 1, 4, 6, 8, 10, 2, 2, 3, 9, 10];
const values = columns.map((column, i) => ((i * 7 + column) % 13) / 8 - 0.75);
const samples = (shape: readonly number[]): Input => ({ shape, dtype: 'int32', low: 0, high: 7 });

function rowsWith(picked: Tensor): SparseRows {
  const lists = [tensor(Int32Array.from(ranges), { shape: [7, 2] }), tensor(Int32Array.from(columns))] as const;
  return [...lists, tensor(Float32Array.from(values)), picked];
}

/** f(i, column, value) for each entry of the picked rows. */
function eachEntry(picked: Values, f: (i: number, column: number, value: number) => void): void {
  picked.data.forEach((row, i) => {
    for (let entry = ranges[2 * row]!; entry < ranges[2 * row + 1]!; entry++) f(i, columns[entry]!, values[entry]!);
  });
}

function denseRows(picked: Values): Values {
  const data = new Array<number>(picked.data.length * width).fill(0);
  eachEntry(picked, (i, column, value) => (data[i * width + column]! += value));
  return { shape: [picked.data.length, width], data };
}

const few = { relative: 8, absolute: 64 };

const products: readonly OpCase[] = [
  {
    op: 'sparseRows',
    inputs: (n) => [samples([n])],
    run: ([picked], { dtype }) => sparseRows(rowsWith(picked!), { width, dtype }),
    reference: ([picked]) => denseRows(picked!),
    gradient: false,
  },
  ...[(n: number): [number, number] => [n, 5], (n: number): [number, number] => [4, n]].flatMap((sizes, i): OpCase[] => [
    {
      op: 'sparseProduct',
      title: i === 0 ? 'of many rows' : 'with wide matrices',
      inputs: (n) => [samples([sizes(n)[0]]), { shape: [width, sizes(n)[1]] }],
      run: ([picked, w]) => sparseProduct(rowsWith(picked!), w!),
      reference: ([picked, w]) => {
        const x = denseRows(picked!);
        return build([picked!.data.length, w!.shape[1]!], ([row, column]) =>
          sum(width, (k) => get(x, [row!, k]) * get(w!, [k, column!])),
        );
      },
      tolerance: few,
    },
    {
      op: 'sparseProductTransposed',
      title: i === 0 ? 'of many rows' : 'with wide matrices',
      inputs: (n) => [samples([sizes(n)[0]]), { shape: sizes(n) }],
      run: ([picked, dy]) => sparseProductTransposed(rowsWith(picked!), dy!, width),
      reference: ([picked, dy]) => {
        const x = denseRows(picked!);
        return build([width, dy!.shape[1]!], ([row, column]) =>
          sum(picked!.data.length, (k) => get(x, [k, row!]) * get(dy!, [k, column!])),
        );
      },
      tolerance: few,
    },
  ]),
];

function sum(count: number, term: (k: number) => number): number {
  return Array.from({ length: count }, (_, k) => term(k)).reduce((total, value) => total + value, 0);
}

const steps = 3;
const matrices = [0.5, 0.25, -0.125, 0.75, 0.875, 0.5, -0.25, 0.5, 1, 0.125, 0.25, 0.875];
const history = [steps, 0, 0, 0, ...matrices, ...new Array<number>(historyElements - 4 - matrices.length).fill(0)];
const last = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2];

/** w, v where there is one, last, history, as inputs. */
function stateInputs(out: number, hasVelocity: boolean, rows: readonly number[]): Input[] {
  const matrix: Input = { shape: [width, out] };
  const marks: Input = { shape: [width], dtype: 'int32', data: rows };
  return [matrix, ...(hasVelocity ? [matrix] : []), marks, { shape: [historyElements], dtype: 'float64', data: history }];
}

interface PlainState {
  readonly w: Values;
  readonly v: Values | undefined;
  readonly last: number[];
  readonly history: number[];
}

function plainState(state: readonly Values[]): PlainState {
  const [w, second] = state;
  const v = state.length === 4 ? { shape: second!.shape, data: [...second!.data] } : undefined;
  return { w: { shape: w!.shape, data: [...w!.data] }, v, last: [...state.at(-2)!.data], history: [...state.at(-1)!.data] };
}

/** What the ops give. */
function results({ w, v, last: marks, history: numbers }: PlainState): Values[] {
  return [w, ...(v ? [v] : []), { shape: [width], data: marks }, { shape: [historyElements], data: numbers }];
}

/** (w, v) ← [ww wv; vw vv]·(w, v) in one row. */
function advance({ w, v }: PlainState, row: number, [ww, wv, vw, vv]: readonly number[]): void {
  const out = w.shape[1]!;
  const [to, velocity] = [w.data as number[], v?.data as number[] | undefined];
  for (let i = row * out; i < (row + 1) * out; i++) {
    const [a, b] = [to[i]!, velocity?.[i] ?? 0];
    to[i] = ww! * a + (velocity ? wv! * b : 0);
    if (velocity) velocity[i] = vw! * a + vv! * b;
  }
}

function settle(state: PlainState, row: number): void {
  if (state.last[row]! >= steps) return;
  advance(state, row, matrices.slice(4 * state.last[row]!, 4 * state.last[row]! + 4));
  state.last[row] = steps;
}

const coefficients = [0.5, -0.25, -0.5, 0.875, 0.75, 0.125];

/** v ← a·v + b·w + c·g, w ← d·w + e·v + f·g in the rows that the batch names; one more step in the history. */
function stepped(state: PlainState, picked: Values, dy: Values): PlainState {
  const [a, b, c, d, e, f] = coefficients as [number, number, number, number, number, number];
  const out = state.w.shape[1]!;
  const g = new Map<number, number[]>();
  eachEntry(picked, (i, column, value) => {
    const row = g.get(column) ?? new Array<number>(out).fill(0);
    g.set(column, row);
    for (let k = 0; k < out; k++) row[k]! += value * dy.data[i * out + k]!;
  });
  for (const [row, slope] of g) {
    slope.forEach((gradient, k) => {
      const at = row * out + k;
      const [w, v] = [state.w.data as number[], state.v?.data as number[] | undefined];
      const next = v ? a * v[at]! + b * w[at]! + c * gradient : 0;
      w[at] = d * w[at]! + e * next + f * gradient;
      if (v) v[at] = next;
    });
    state.last[row] = steps + 1;
  }
  const m = [d + e * b, e * a, b, a] as const;
  for (let s = 0; s < steps; s++) {
    const [ww, wv, vw, vv] = matrices.slice(4 * s, 4 * s + 4) as [number, number, number, number];
    const product = [m[0] * ww + m[1] * vw, m[0] * wv + m[1] * vv, m[2] * ww + m[3] * vw, m[2] * wv + m[3] * vv];
    state.history.splice(4 + 4 * s, 4, ...product);
  }
  state.history.splice(4 + 4 * steps, 4, ...m);
  state.history[0] = steps + 1;
  return state;
}

const lazies: readonly OpCase[] = [true, false].flatMap((hasVelocity): OpCase[] => {
  const title = hasVelocity ? 'with velocity' : 'without';
  const common = { title, gradient: false, tolerance: few, large: 300 };
  const shown = hasVelocity ? (['float32', 'float32'] as const) : (['float32'] as const);
  const of = ([w, second, third, fourth]: readonly Tensor[]): LazyState =>
    fourth ? [w!, second!, third!, fourth] : [w!, second!, third!];
  return (['float32', 'float64'] as const).flatMap((dtype): OpCase[] => {
    const own = shown.map(() => dtype);
    const all = { ...common, title: `${title}, ${dtype}`, dtypes: [dtype] };
    const state = { ...all, results: [...own, 'int32', 'float64'] as const };
    const caught = new Array<number>(width).fill(steps);
    return [
      {
        ...state,
        op: 'lazyCatchUp',
        inputs: (n) => [samples([4]), ...stateInputs(n, hasVelocity, last)],
        run: ([picked, ...rest]) => {
          const [r, c] = rowsWith(picked!);
          return lazyCatchUp(r, c, picked!, of(rest));
        },
        reference: ([picked, ...rest]) => {
          const plain = plainState(rest);
          eachEntry(picked!, (_, column) => settle(plain, column));
          return results(plain);
        },
      },
      {
        ...state,
        op: 'lazyStep',
        inputs: (n) => [samples([6]), { shape: [6, n] }, ...stateInputs(n, hasVelocity, caught)],
        run: ([picked, dy, ...rest]) => lazyStep(rowsWith(picked!), dy!, tensor(Float64Array.from(coefficients)), of(rest)),
        reference: ([picked, dy, ...rest]) => results(stepped(plainState(rest), picked!, dy!)),
      },
      {
        ...all,
        op: 'lazySettle',
        results: own,
        inputs: (n) => stateInputs(n, hasVelocity, last),
        run: (rest) => lazySettle(of(rest)),
        reference: (rest) => {
          const plain = plainState(rest);
          for (let row = 0; row < width; row++) settle(plain, row);
          return results(plain).slice(0, own.length);
        },
      },
      {
        ...state,
        op: 'lazyBegin',
        inputs: (n) => [...own.map(() => ({ shape: [width, n] })), ...stateInputs(n, hasVelocity, last)],
        run: (rest) => lazyBegin(rest.slice(0, own.length), of(rest.slice(own.length))),
        // Random numbers: all rows are another's.
        reference: (rest) => {
          const plain = plainState(rest.slice(own.length));
          const out = plain.w.shape[1]!;
          const taken = { w: rest[0]!, v: hasVelocity ? rest[1] : undefined, last: out > 0 ? caught : plain.last };
          return results({ ...plain, ...taken });
        },
      },
    ];
  });
});

export const sparseCases: readonly OpCase[] = [...products, ...lazies];
