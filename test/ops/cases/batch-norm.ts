import { applyAll } from '../../../lib/ir/apply.js';
import { batchNormGradientOp, normalizeOp } from '../../../lib/ops/batch-norm.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

const epsilon = 1e-3;
const tolerance = { relative: 64, absolute: 256 };
/** Around vectors' widths, with rows enough for several parts at 600 channels. */
const sizes = [1, 7, 8, 17, 33];

function momentsOf(x: Values): { rows: number; mean: number[]; variance: number[] } {
  const channels = x.shape.at(-1)!;
  const rows = x.data.length / channels;
  const column = (c: number) => Array.from({ length: rows }, (_, r) => x.data[r * channels + c]!);
  const mean = Array.from({ length: channels }, (_, c) => column(c).reduce((sum, v) => sum + v, 0) / rows);
  const variance = mean.map((m, c) => column(c).reduce((sum, v) => sum + (v - m) ** 2, 0) / rows);
  return { rows, mean, variance };
}

const vector = (data: readonly number[]): Values => build([data.length], ([c]) => data[c!]!);

function normalized(x: Values, gamma: Values, beta: Values, mean: readonly number[], variance: readonly number[]): Values {
  return build(x.shape, (index) => {
    const c = index.at(-1)!;
    return ((get(x, index) - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * gamma.data[c]! + beta.data[c]!;
  });
}

const forward: OpCase = {
  op: 'batchNorm',
  inputs: (n) => [{ shape: [5, 3, n] }, { shape: [n] }, { shape: [n] }],
  run: ([x, gamma, beta]) => Object.values(ops.batchNorm(x!, gamma!, beta!, { epsilon })),
  reference: ([x, gamma, beta]) => {
    const { mean, variance } = momentsOf(x!);
    return [normalized(x!, gamma!, beta!, mean, variance), vector(mean), vector(variance)];
  },
  sizes,
  large: 3000,
  tolerance,
};

const backward: OpCase = {
  op: 'batchNormGradient',
  inputs: (n) => [{ shape: [9, n] }, { shape: [n] }, { shape: [n] }, { shape: [n] }, { shape: [n], low: 0.5 }, { shape: [9, n] }],
  run: (inputs) => [...applyAll(batchNormGradientOp, inputs, { epsilon, relu: false })],
  reference: ([x, gamma, , mean, variance, dy]) => {
    const channels = gamma!.shape[0]!;
    const sigma = (c: number) => Math.sqrt(variance!.data[c]! + epsilon);
    const hat = (r: number, c: number) => (x!.data[r * channels + c]! - mean!.data[c]!) / sigma(c);
    const rows = Array.from({ length: 9 }, (_, r) => r);
    const sumOf = (c: number, factor: (r: number) => number) =>
      rows.reduce((sum, r) => sum + dy!.data[r * channels + c]! * factor(r), 0);
    const dgamma = Array.from({ length: channels }, (_, c) => sumOf(c, (r) => hat(r, c)));
    const dbeta = Array.from({ length: channels }, (_, c) => sumOf(c, () => 1));
    const dx = build(
      x!.shape,
      ([r, c]) =>
        (gamma!.data[c!]! / sigma(c!)) * (dy!.data[r! * channels + c!]! - dbeta[c!]! / 9 - (hat(r!, c!) * dgamma[c!]!) / 9),
    );
    return [dx, vector(dgamma), vector(dbeta)];
  },
  sizes,
  large: 5000,
  tolerance,
};

const given: OpCase = {
  op: 'normalize',
  inputs: (n) => [{ shape: [5, n] }, { shape: [n] }, { shape: [n] }, { shape: [n] }, { shape: [n], low: 0.5 }],
  run: ([x, gamma, beta, mean, variance]) => ops.normalize(x!, gamma!, beta!, mean!, variance!, { epsilon }),
  reference: ([x, gamma, beta, mean, variance]) => normalized(x!, gamma!, beta!, [...mean!.data], [...variance!.data]),
  sizes,
  large: 9000,
  tolerance,
};

const behindRelu: readonly OpCase[] = [
  {
    op: 'normalize',
    title: 'relu',
    inputs: given.inputs,
    run: (inputs) => [...applyAll(normalizeOp, inputs, { epsilon, relu: true })],
    reference: ([x, gamma, beta, mean, variance]) => {
      const y = normalized(x!, gamma!, beta!, [...mean!.data], [...variance!.data]);
      return build(y.shape, (index) => Math.max(0, get(y, index)));
    },
    sizes,
    large: 9000,
    tolerance,
    gradient: false,
  },
  {
    op: 'batchNormGradient',
    title: 'relu',
    inputs: backward.inputs,
    run: (inputs) => [...applyAll(batchNormGradientOp, inputs, { epsilon, relu: true })],
    reference: (inputs, situation) => {
      const [x, gamma, beta, mean, variance, dy] = inputs;
      const y = normalized(x!, gamma!, beta!, [...mean!.data], [...variance!.data]);
      const masked = build(dy!.shape, (index) => (get(y, index) > 0 ? get(dy!, index) : 0));
      return backward.reference([x!, gamma!, beta!, mean!, variance!, masked], situation);
    },
    sizes,
    large: 5000,
    tolerance,
    gradient: false,
  },
];

export const batchNormCases: readonly OpCase[] = [forward, backward, given, ...behindRelu];
