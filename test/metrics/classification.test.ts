import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { data, losses, metrics, Model, nn, optim, tensor, type Tensor } from '../../lib/index.js';
import { over } from './over.js';
import { metrics as digits } from '../golden/tolerances.js';

interface Case {
  readonly classes: number;
  readonly average: metrics.Average;
  readonly rare: boolean;
  readonly absent: boolean;
  readonly weighted: boolean;
  readonly values: Readonly<Record<'precision' | 'recall' | 'f1_score' | 'accuracy', number>>;
}
interface Area {
  readonly classes: number;
  readonly ties: boolean;
  readonly average: 'macro' | 'weighted';
  readonly value: number;
}
const { cases, areas } = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[];
  areas: readonly Area[];
};

const n = 41;
const weights = tensor(Float32Array.from({ length: n }, (_, i) => 1 + (i % 3)));
const scoreAt = (i: number): number => ((7919 * i) % 101) / 16 - 3;

/** As `metrics.py` says. */
function samples(classes: number, { rare = false, absent = false } = {}) {
  const columns = classes === 2 ? 1 : classes;
  const scores = Float32Array.from({ length: n * columns }, (_, i) => scoreAt(i) - (rare && i % columns === columns - 1 ? 9 : 0));
  const labels = Int32Array.from({ length: n }, (_, i) => ((37 * i) % 11) % (classes - Number(absent)));
  return { scores, labels, shape: [n, columns] };
}

function tensors({ classes, ...how }: Pick<Case, 'classes' | 'rare' | 'absent'>): { prediction: Tensor; target: Tensor } {
  const { scores, labels, shape } = samples(classes, how);
  return { prediction: tensor(scores, { shape }), target: tensor(labels, { shape: classes === 2 ? [n, 1] : [n] }) };
}

describe('equals scikit-learn', () => {
  it.each(cases)('$classes classes, $average, rare $rare, absent $absent, weighted $weighted', (golden) => {
    const { prediction, target } = tensors(golden);
    const { average, classes } = golden;
    const options = average === 'macro' || average === 'weighted' ? { average, classes } : { average };
    const all = [metrics.precision(options), metrics.recall(options), metrics.f1Score(options), metrics.accuracy()];
    const suffix = average === 'binary' ? '' : `_${average}`;
    expect(all.map(({ name }) => name)).toEqual([`precision${suffix}`, `recall${suffix}`, `f1_score${suffix}`, 'accuracy']);
    const want = Object.values(golden.values);
    for (const [i, plain] of all.entries()) {
      const metric = golden.weighted ? metrics.weighted(plain) : plain;
      const weight = golden.weighted ? weights : undefined;
      expect(over(metric, prediction, target, [n], weight), metric.name).toBeCloseTo(want[i] ?? NaN, digits.classification);
      expect(over(metric, prediction, target, [16, 16, 9], weight), metric.name).toBeCloseTo(
        want[i] ?? NaN,
        digits.classification,
      );
      expect(metrics.measure(metric, prediction, target, weight)).toBeCloseTo(want[i] ?? NaN, digits.classification);
    }
  });

  it.each(areas)('area under the ROC curve: $classes classes, ties $ties, $average', ({ classes, ties, average, value }) => {
    const { scores, labels, shape } = samples(classes);
    const given = tensor(ties ? scores.map(Math.floor) : scores, { shape });
    expect(metrics.rocAuc(given, labels, { average })).toBeCloseTo(value, digits.areas);
    expect(metrics.rocAuc(given, tensor(labels), { average })).toBeCloseTo(value, digits.areas);
  });
});

describe('targets', () => {
  it('two outputs with class numbers, or place by place', () => {
    const outputs = tensor([[1, 2], [3, 0], [0, 1], [2, 5]]); // prettier-ignore
    expect(metrics.measure(metrics.precision(), outputs, tensor(Int32Array.of(1, 1, 0, 1)))).toBeCloseTo(2 / 3, 15);
    expect(metrics.measure(metrics.recall(), outputs, tensor(Int32Array.of(1, 1, 0, 1)))).toBeCloseTo(2 / 3, 15);
    const many = tensor([[1, 0, 1], [0, 0, 1]]); // prettier-ignore
    expect(metrics.measure(metrics.precision(), tensor([[2, -1, -1], [3, 1, 1]]), many)).toBe(0.5); // prettier-ignore
  });

  it('a threshold', () => {
    const [probabilities, is] = [tensor([0.2, 0.6, 0.7, 0.4]), tensor([0, 1, 0, 1])];
    expect(metrics.measure(metrics.recall({ threshold: 0.5 }), probabilities, is)).toBe(0.5);
    expect(metrics.measure(metrics.recall(), probabilities, is)).toBe(1);
  });

  it('one-hot, and places inside of samples', () => {
    const outputs = tensor([[[2, 1, 0], [0, 1, 0]], [[0, 3, 1], [0, 4, 9]]]); // prettier-ignore
    const numbers = tensor(Int32Array.of(0, 1, 1, 1), { shape: [2, 2] });
    const oneHot = tensor([[[1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 1, 0]]]); // prettier-ignore
    const metric = metrics.f1Score({ average: 'macro', classes: 3 });
    expect(metrics.measure(metric, outputs, numbers)).toBeCloseTo((1 + 4 / 5 + 0) / 3, 15);
    expect(metrics.measure(metric, outputs, oneHot)).toBe(metrics.measure(metric, outputs, numbers));
  });

  it('nothing said and nothing there is 0, not NaN', () => {
    const [none, zero] = [tensor([-1, -1]), tensor([0, 0])];
    for (const metric of [metrics.precision(), metrics.recall(), metrics.f1Score()])
      expect(metrics.measure(metric, none, zero)).toBe(0);
  });
});

describe('weights', () => {
  it('a sample of weight 2 counts as two: every metric', () => {
    const columns = { x: tensor([1, 2, 4, 8], { shape: [4, 1] }), y: tensor([2, 2, 3, 9], { shape: [4, 1] }) };
    const classes = { x: tensor([[1, 2, 3], [3, 2, 1], [0, 1, 0], [2, 1, 0]]), y: tensor(Int32Array.of(1, 0, 1, 2)) }; // prettier-ignore
    const twice = (x: Tensor): Tensor => x.gather(tensor(Int32Array.of(0, 0, 1, 3)));
    const weight = tensor([2, 1, 0, 1]);
    const pairs: [metrics.Metric, typeof columns][] = [
      [metrics.meanAbsoluteError(), columns],
      [metrics.rSquared(), columns],
      [metrics.accuracy(), classes],
      [metrics.topK(2), classes],
      [metrics.precision({ average: 'macro', classes: 3 }), classes],
    ];
    for (const [metric, { x, y }] of pairs) {
      const want = metrics.measure(metric, twice(x), twice(y));
      expect(metrics.measure(metrics.weighted(metric), x, y, weight), metric.name).toBeCloseTo(want, 12);
      expect(metrics.measure(metrics.weighted(metric), x, y), metric.name).toBeCloseTo(metrics.measure(metric, x, y), 12);
      expect(metrics.measure(metric, x, y, weight), metric.name).toBe(metrics.measure(metric, x, y));
    }
  });
});

describe('in a model', () => {
  it('natively, in fit and evaluate, with the weights of the data where it is asked for', async () => {
    const { scores, labels } = samples(5);
    const options = { average: 'macro', classes: 5 } as const;
    const all = [metrics.f1Score(options), metrics.weighted(metrics.f1Score(options)), metrics.weighted(metrics.accuracy())];
    const model = new Model(
      nn.lambda((x: Tensor) => x),
      { loss: losses.softmaxCrossEntropy(), metrics: all },
    );
    const given = { x: { data: scores, shape: [n, 5] }, y: labels };
    const logs = await model.evaluate(data.from({ ...given, sampleWeight: weights }), { batchSize: 16 });
    const golden = (weighted: boolean) =>
      cases.find((one) => one.classes === 5 && one.average === 'macro' && one.weighted === weighted && !one.rare && !one.absent)
        ?.values;
    expect(logs.f1_score_macro).toBeCloseTo(golden(false)?.f1_score ?? NaN, 6);
    expect(logs.weighted_f1_score_macro).toBeCloseTo(golden(true)?.f1_score ?? NaN, 6);
    expect(logs.weighted_accuracy).toBeCloseTo(golden(true)?.accuracy ?? NaN, 6);
    const plain = await model.evaluate(data.from(given), { batchSize: 16 });
    expect(plain.weighted_f1_score_macro).toBe(plain.f1_score_macro);
    const trained = new Model(nn.linear(5, 5), {
      loss: losses.softmaxCrossEntropy(),
      optimizer: optim.sgd({ learningRate: 0.01 }),
      metrics: all,
    });
    const history = await trained.fit(data.from(given), { epochs: 2, batchSize: 16 });
    expect(history.logs.f1_score_macro).toHaveLength(2);
    expect(history.logs.weighted_f1_score_macro).toEqual(history.logs.f1_score_macro);
  });

  it('refuses more sums than there is room for', async () => {
    const all = [metrics.f1Score({ average: 'macro', classes: 1500 })];
    const model = new Model(
      nn.lambda((x: Tensor) => x),
      { loss: losses.softmaxCrossEntropy(), metrics: all },
    );
    await expect(model.evaluate(data.from({ x: { data: new Float32Array(3000), shape: [2, 1500] }, y: [0, 1] }))).rejects.toThrow(
      'expected metrics that keep at most 4095 sums together, got more\nhelp: those that are averaged over classes keep three a class',
    );
  });
});

describe('bad input', () => {
  const refused: [() => unknown, string][] = [
    [
      () => metrics.precision({ averag: 'macro' } as object),
      "[precision] unknown option 'averag'\nhelp: did you mean 'average'?",
    ],
    [() => metrics.recall({ average: 'mean' } as object), "[recall] expected average to be 'binary' or"],
    [() => metrics.f1Score({ average: 'macro' }), "expected the number of classes with average 'macro'\nhelp: f1Score({ average: 'macro', classes: 10 })"], // prettier-ignore
    [() => metrics.f1Score({ classes: 3 }), "[f1Score] average 'binary' has no option 'classes'"],
    [() => metrics.recall({ average: 'macro', classes: 0 }), 'expected classes to be a positive integer, got 0'],
    [() => metrics.recall({ threshold: NaN }), 'expected threshold to be'],
    [() => metrics.precision({ average: 'macro', classes: 3 }).accumulate(tensor([[1, 2]]), tensor(Int32Array.of(1))), '[precision] expected predictions of 3 classes, got float32[1,2]'], // prettier-ignore
    [() => metrics.precision().accumulate(tensor([[1, 2, 3]]), tensor(Int32Array.of(1))), '[precision] expected targets of the shape of the predictions'], // prettier-ignore
    [() => metrics.weighted(metrics.accuracy()).accumulate(tensor([1, 2]), tensor([1, 0]), tensor([1])), 'expected a weight for each of 2 samples'], // prettier-ignore
    [() => metrics.measure(metrics.recall(), tensor([1, 2]), tensor([1])), '[measure] expected a target for each of at least one prediction'], // prettier-ignore
    [() => metrics.rocAuc([0.1, 0.2], [1, 1]), '[rocAuc] expected samples with and without label 1'],
    [() => metrics.rocAuc([0.1, 0.2], [1, 0, 1]), 'expected one label a sample, got 3 for 2 samples'],
    [() => metrics.rocAuc([0.1, NaN], [1, 0]), 'expected scores that can be ordered, got NaN at 1'],
    [() => metrics.rocAuc([0.1, 0.2, 0.3], [1, 0, 2]), 'expected labels 0 and 1, got 2\nhelp: several classes'],
    [() => metrics.rocAuc([0.1, 0.2, 0.3], [1, 0, -1]), 'expected labels -1 and 1, got 0'],
    [() => metrics.rocAuc(tensor([[1, 2], [3, 4]]), [0, 0]), 'expected samples with and without class'], // prettier-ignore
    [() => metrics.rocAuc(tensor([[1, 2], [3, 4], [5, 6]]), [0, 1, 2]), 'expected class numbers from 0 to 1, got 2'], // prettier-ignore
    [() => metrics.rocAuc(tensor([[[1]]]), [1]), 'expected scores [samples] or [samples, classes], got float32[1,1,1]'],
    [() => metrics.rocAuc(JSON.parse('1') as number[], [1]), 'expected scores to be a tensor or an array, got 1'],
    [() => metrics.rocAuc([1], [1], { mean: 1 } as object), "unknown option 'mean'"],
  ];
  it.each(refused)('%s', (act, message) => {
    expect(act).toThrow(message);
  });

  it('areas take signs and booleans, and infinities', () => {
    expect(metrics.rocAuc([-Infinity, 0.5, 0.5, Infinity], [-1, -1, 1, 1])).toBe(0.875);
    expect(metrics.rocAuc([-Infinity, 0.5, 0.5, Infinity], [false, false, true, true])).toBe(0.875);
  });
});
