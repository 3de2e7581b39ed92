import type { Tensor } from '../../../lib/ir/tensor.js';
import * as ops from '../../../lib/ops/index.js';
import { sigmoidCrossEntropy } from '../../../lib/ops/sigmoid-cross-entropy.js';
import type { OpCase } from '../harness.js';
import { build, get, map, type Tolerance, type Values } from '../values.js';

/** log softmax along an axis. */
function logSoftmaxOf(x: Values, axis: number): Values {
  return build(x.shape, (index) => {
    const row = Array.from({ length: x.shape[axis] ?? 0 }, (_, i) => get(x, index.with(axis, i)));
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    return get(x, index) - largest - Math.log(total);
  });
}

const softmaxOf = (x: Values, axis: number): Values => map(Math.exp, logSoftmaxOf(x, axis));

/** A few roundings of numbers of the size of the logits (below 4 unless said) and of their exponentials' sum. */
const few: Tolerance = { relative: 8, absolute: 8 };

const softmaxes: readonly OpCase[] = [
  { op: 'softmax', run: ops.softmax, of: softmaxOf },
  { op: 'logSoftmax', run: ops.logSoftmax, of: logSoftmaxOf },
].flatMap(({ op, run, of }): OpCase[] => [
  {
    op,
    title: 'rows',
    inputs: (n) => [{ shape: [3, n] }],
    run: ([x]) => run(x!),
    reference: ([x]) => of(x!, 1),
    large: 20_000,
    tolerance: few,
  },
  {
    op,
    title: 'many short rows',
    inputs: (n) => [{ shape: [n, 10] }],
    run: ([x]) => run(x!, 1),
    reference: ([x]) => of(x!, 1),
    large: 9000,
    tolerance: few,
  },
  {
    op,
    title: 'columns',
    inputs: (n) => [{ shape: [n, 5] }],
    run: ([x]) => run(x!, 0),
    reference: ([x]) => of(x!, 0),
    large: 9000,
    tolerance: few,
  },
  {
    op,
    title: 'numbers that overflow',
    inputs: (n) => [{ shape: [4, n], data: [1000, -1000, 999, 5, 1000.5] }],
    run: ([x]) => run(x!),
    reference: ([x]) => of(x!, 1),
    large: 9000,
    sizes: [1, 7, 8, 33],
    tolerance: few,
    gradient: false,
  },
  {
    op,
    title: 'minus infinity: an element that is masked out',
    inputs: (n) => [{ shape: [n, 4], data: [1, -Infinity, 0.5, -1] }],
    run: ([x]) => run(x!),
    reference: ([x]) => of(x!, 1),
    large: 9000,
    tolerance: few,
    gradient: false,
  },
]);

function lossOf(logits: Values, labels: Values): Values {
  const logp = logSoftmaxOf(logits, logits.shape.length - 1);
  return build(labels.shape, (index) => -get(logp, [...index, get(labels, index)]));
}

function slopeOf(logits: Values, labels: Values): Values {
  const p = softmaxOf(logits, logits.shape.length - 1);
  return build(logits.shape, (index) => get(p, index) - Number(get(labels, index.slice(0, -1)) === index.at(-1)));
}

const bothOutputs = ([logits, labels]: readonly Tensor[]): Tensor[] => {
  const { loss, slope } = ops.softmaxCrossEntropyWithSlope(logits!, labels!);
  return [loss, slope];
};

const crossEntropies: readonly OpCase[] = [
  { title: '10 classes', logits: (n: number) => [n, 10], classes: 10, large: 9000 },
  { title: '1 class', logits: (n: number) => [n, 1], classes: 1, large: 9000 },
  { title: '37 classes', logits: (n: number) => [n, 37], classes: 37, large: 3000 },
  { title: 'three axes', logits: (n: number) => [n, 2, 5], classes: 5, large: 3000 },
].map(({ title, logits, classes, large }) => ({
  op: 'softmaxCrossEntropy',
  title,
  inputs: (n: number) => [
    { shape: logits(n) },
    { shape: logits(n).slice(0, -1), dtype: 'int32' as const, low: 0, high: classes },
  ],
  run: bothOutputs,
  reference: ([x, labels]: readonly Values[]) => [lossOf(x!, labels!), slopeOf(x!, labels!)],
  large,
  tolerance: few,
}));

const manyClasses: OpCase = {
  op: 'softmaxCrossEntropy',
  title: 'as many classes as n',
  inputs: (n) => [{ shape: [3, n] }, { shape: [3], dtype: 'int32', low: 0, high: n }],
  run: bothOutputs,
  reference: ([x, labels]) => [lossOf(x!, labels!), slopeOf(x!, labels!)],
  sizes: [1, 7, 8, 9, 31, 32, 33],
  large: 30_000,
  tolerance: few,
};

const extremeLogits: OpCase = {
  op: 'softmaxCrossEntropy',
  title: 'large logits',
  inputs: (n) => [
    { shape: [n, 3], data: [1000, -1000, 0, 5, 5, 5, -1000, -1000, -1000] },
    { shape: [n], dtype: 'int32', low: 0, high: 3 },
  ],
  run: bothOutputs,
  reference: ([x, labels]) => [lossOf(x!, labels!), slopeOf(x!, labels!)],
  large: 9000,
  tolerance: few,
  gradient: false,
};

const denseTargets: OpCase = {
  op: 'logSoftmax',
  title: 'cross entropy with targets',
  inputs: (n) => [{ shape: [n, 5] }, { shape: [n, 5], low: 0, high: 1 }],
  run: ([logits, targets]) => ops.softmaxCrossEntropyWithTargets(logits!, targets!),
  reference: ([logits, targets]) => {
    const products = map((target, logp) => -target * logp, targets!, logSoftmaxOf(logits!, 1));
    return build(logits!.shape.slice(0, 1), ([i = 0]) => [0, 1, 2, 3, 4].reduce((sum, j) => sum + get(products, [i, j]), 0));
  },
  large: 3000,
  tolerance: { relative: 8, absolute: 32 },
};

const sigmoidCases: readonly OpCase[] = [
  { title: 'moderate', data: {}, gradient: true, tolerance: few },
  // x − x·target rounds to ε·1000.
  { title: 'large', data: { data: [1000, -1000, 0, 100, -100] }, gradient: false, tolerance: { absolute: 1000 } },
].map(({ title, data, gradient, tolerance }) => ({
  op: 'sigmoidCrossEntropy',
  title,
  inputs: (n: number) => [
    { shape: [n], ...data },
    { shape: [n], low: 0, high: 1 },
  ],
  run: ([x, y]) => sigmoidCrossEntropy(x!, y!),
  reference: ([x, y]) =>
    map((logit, target) => Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit))), x!, y!),
  tolerance,
  gradient,
}));

export const softmaxCases: readonly OpCase[] = [
  ...softmaxes,
  ...crossEntropies,
  manyClasses,
  extremeLogits,
  denseTargets,
  ...sigmoidCases,
];
