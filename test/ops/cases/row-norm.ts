import { applyAll } from '../../../lib/ir/apply.js';
import * as ops from '../../../lib/ops/index.js';
import { layerNormGradientOp, layerNormOp, rmsNormGradientOp, rmsNormOp } from '../../../lib/ops/row-norm.js';
import type { Input, OpCase } from '../harness.js';
import { build, type Values } from '../values.js';

const epsilon = 1e-3;
const tolerance = { relative: 64, absolute: 256 };
/** Around vectors' widths and sixteen lanes, and several chains of them. */
const sizes = [1, 7, 8, 17, 33, 100];
/** Fours of rows and what is left over. */
const rows = 9;

interface Kind {
  readonly name: 'layerNorm' | 'rmsNorm';
  readonly centered: boolean;
}
const kinds: readonly Kind[] = [
  { name: 'layerNorm', centered: true },
  { name: 'rmsNorm', centered: false },
];

const sumOf = (count: number, of: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += of(i);
  return sum;
};
const vector = (length: number, of: (i: number) => number): Values => build([length], ([i]) => of(i!));

function statisticsOf({ shape, data }: Values, centered: boolean): { mean: Values; factor: Values } {
  const n = shape.at(-1)!;
  const mean = vector(data.length / n, (r) => (centered ? sumOf(n, (c) => data[r * n + c]!) / n : 0));
  const variance = (r: number) => sumOf(n, (c) => (data[r * n + c]! - mean.data[r]!) ** 2) / n;
  return { mean, factor: vector(data.length / n, (r) => 1 / Math.sqrt(variance(r) + epsilon)) };
}

function forward({ name, centered }: Kind, affine: number): OpCase {
  const op = centered ? layerNormOp : rmsNormOp;
  return {
    op: name,
    title: ['plain', 'scaled', 'scaled and shifted'][affine]!,
    inputs: (n) => [{ shape: [rows, n] }, ...Array.from({ length: affine }, () => ({ shape: [n] }))],
    run: (inputs) => [...applyAll(op, inputs, { epsilon })],
    reference: ([x, scale, shift]) => {
      const { mean, factor } = statisticsOf(x!, centered);
      const y = build(x!.shape, ([r, c]) => {
        const hat = (x!.data[r! * x!.shape[1]! + c!]! - mean.data[r!]!) * factor.data[r!]!;
        return hat * (scale?.data[c!] ?? 1) + (shift?.data[c!] ?? 0);
      });
      return [y, factor, ...(centered ? [mean] : [])];
    },
    sizes,
    large: 9000,
    tolerance,
  };
}

function backward({ centered }: Kind, affine: number): OpCase {
  const op = centered ? layerNormGradientOp : rmsNormGradientOp;
  return {
    op: op.name,
    title: ['plain', 'scaled', 'scaled and shifted'][affine]!,
    inputs: (n): Input[] => [
      { shape: [rows, n] },
      { shape: [rows, n] },
      { shape: [rows], low: 0.5 },
      ...(centered ? [{ shape: [rows] }] : []),
      ...(affine > 0 ? [{ shape: [n] }] : []),
    ],
    run: (inputs) => [...applyAll(op, inputs, { epsilon, shifted: affine > 1 })],
    reference: (inputs) => {
      const [x, dy, factor] = inputs;
      const [mean, scale] = [centered ? inputs[3]! : undefined, affine > 0 ? inputs.at(-1)! : undefined];
      const n = x!.shape[1]!;
      const hat = (r: number, c: number) => (x!.data[r * n + c]! - (mean?.data[r] ?? 0)) * factor!.data[r]!;
      const slope = (r: number, c: number) => dy!.data[r * n + c]! * (scale?.data[c] ?? 1);
      const tilts = vector(rows, (r) => sumOf(n, (c) => slope(r, c) * hat(r, c)) / n);
      const levels = vector(rows, (r) => (centered ? sumOf(n, (c) => slope(r, c)) / n : 0));
      const dx = build(
        x!.shape,
        ([r, c]) => factor!.data[r!]! * (slope(r!, c!) - levels.data[r!]! - hat(r!, c!) * tilts.data[r!]!),
      );
      const dscale = vector(n, (c) => sumOf(rows, (r) => dy!.data[r * n + c]! * hat(r, c)));
      const dshift = vector(n, (c) => sumOf(rows, (r) => dy!.data[r * n + c]!));
      return [dx, dscale, dshift].slice(0, 1 + affine);
    },
    sizes,
    large: 9000,
    tolerance,
  };
}

/** The functions that users call: several axes, a shift without a scale. */
const called: readonly OpCase[] = [
  {
    op: 'layerNorm',
    title: 'two axes, shifted',
    inputs: (n) => [{ shape: [2, 3, n] }, { shape: [3, n] }],
    run: ([x, shift]) => ops.layerNorm(x!, 2, epsilon, { shift }),
    reference: ([x, shift]) => {
      const size = shift!.data.length;
      const { mean, factor } = statisticsOf({ shape: [2, size], data: x!.data }, true);
      const data = x!.data.map((v, i) => {
        const r = Math.floor(i / size);
        return (v - mean.data[r]!) * factor.data[r]! + shift!.data[i % size]!;
      });
      return { shape: x!.shape, data };
    },
    sizes: [1, 8, 33],
    large: 9000,
    tolerance,
  },
];

export const rowNormCases: readonly OpCase[] = [
  ...kinds.flatMap((kind) => [0, 1, 2].flatMap((affine) => [forward(kind, affine), backward(kind, affine)])),
  ...called,
];
