import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { data, grad, losses, metrics, Model, nn, optim, softmax, tensor, zeros, type Tensor } from '../../lib/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';
import { counted, expectClose, goldenX } from '../nn/golden.js';

interface Golden {
  readonly loss: keyof typeof losses;
  readonly options: object;
  readonly target: keyof typeof targets;
  readonly columns: number;
  readonly value: number;
  readonly gradient: readonly number[];
}
const { cases } = JSON.parse(readFileSync(new URL('../golden/losses.json', import.meta.url), 'utf8')) as {
  cases: readonly Golden[];
};

const rows = 7;
const classes = 4;
const labelsOf = (of: (i: number) => number) => tensor(Int32Array.from({ length: rows }, (_, i) => of(i)));
const targets = {
  labels: () => labelsOf((i) => (3 * i + 1) % classes),
  ignored: () => labelsOf((i) => (i % 3 === 0 ? -1 : (3 * i + 1) % classes)),
  soft: (dtype?: Float) => softmax(counted([rows, classes], (i) => i % 5, dtype)),
  signs: (dtype?: Float) => counted([rows, 2], (i) => (i % 3 === 0 ? -1 : 1), dtype),
  binary: (dtype?: Float) => counted([rows, 2], (i) => (i % 3 === 0 ? 0 : 1), dtype),
  reals: (dtype?: Float) => counted([rows, classes], (i) => ((31 * i) % 17) / 4 - 2, dtype),
};
const make = (name: keyof typeof losses, options: object): losses.Loss =>
  (losses[name] as (options: object) => losses.Loss)(options);

describe.each(floats)('equals PyTorch in %s', (dtype) => {
  it.each(cases)('$loss $options, $target', ({ loss, options, target, columns, value, gradient }) => {
    const of = make(loss, options);
    const x = goldenX([rows, columns], dtype);
    const y = targets[target](dtype);
    expectGolden(of.call(x, y), [value], 'losses');
    expectGolden(grad((input: Tensor) => of.call(input, y))(x), gradient, 'losses');
  });

  it('every loss has a case', () => {
    expect(Object.keys(losses).filter((name) => !cases.some(({ loss }) => loss === name))).toEqual([]);
  });
});

describe('sample weights', () => {
  it('a sample of weight 2 counts as two, one of weight 0 as none', () => {
    const x = goldenX([3, classes]);
    const twice = tensor(Float64Array.from([...x.data().slice(0, 4), ...x.data().slice(0, 4), ...x.data().slice(4)]), {
      shape: [4, 4],
    });
    const loss = losses.softmaxCrossEntropy();
    const weighted = loss.call(x, tensor(Int32Array.of(1, 0, 3)), tensor(Float64Array.of(2, 1, 1)));
    const repeated = loss.call(twice, tensor(Int32Array.of(1, 1, 0, 3)));
    expect(weighted.item() * 3).toBeCloseTo(repeated.item() * 4, 12);
    const without = loss.call(x, tensor(Int32Array.of(1, 0, 3)), tensor(Float64Array.of(0, 0, 0)));
    expect(without.item()).toBe(0);
  });

  it('every loss takes them', () => {
    for (const { loss, options, target, columns } of cases) {
      const [x, y] = [goldenX([rows, columns]), targets[target]()];
      const of = make(loss, options);
      const even = of.call(x, y, tensor(new Float64Array(rows).fill(3)));
      expect(even.item(), loss).toBeCloseTo(3 * of.call(x, y).item(), 10);
    }
  });

  it('reach the loss of a fit and of an evaluation', async () => {
    const x = { data: Float32Array.from({ length: 20 }, (_, i) => i % 7), shape: [10, 2] };
    const y = { data: Float32Array.from({ length: 10 }, (_, i) => i % 3), shape: [10, 1] };
    const sampleWeight = Float32Array.from({ length: 10 }, (_, i) => i % 2);
    const modelOf = () =>
      new Model(nn.sequential(nn.linear(2, 1)), {
        loss: losses.meanSquaredError(),
        optimizer: optim.sgd({ learningRate: 0.01 }),
        metrics: [metrics.meanAbsoluteError()],
        seed: 2,
      });
    const model = modelOf();
    const plain = (await model.predict(data.from({ x }))).data();
    const expected = y.data.reduce((sum, value, i) => sum + sampleWeight[i]! * (plain[i]! - value) ** 2, 0) / 10;
    expect((await model.evaluate({ x, y, sampleWeight })).loss).toBeCloseTo(expected, 5);
    const halves = (from: { data: Float32Array; shape: number[] }) => ({
      data: Float32Array.from({ length: from.data.length / 2 }, (_, i) => {
        const width = from.shape[1]!;
        return from.data[(2 * Math.floor(i / width) + 1) * width + (i % width)]!;
      }),
      shape: [5, from.shape[1]!],
    });
    await model.fit({ x, y, sampleWeight: sampleWeight.map((w) => 2 * w) }, { epochs: 1, batchSize: 10, shuffle: false });
    const other = modelOf();
    await other.fit({ x: halves(x), y: halves(y) }, { epochs: 1, batchSize: 5, shuffle: false });
    const [a, b] = [await model.predict(data.from({ x })), await other.predict(data.from({ x }))];
    expectClose(a, [...b.data()], 1e-6);
  });

  it('are held to what they may be', async () => {
    const model = new Model(nn.sequential(nn.linear(2, 1)), {
      loss: losses.meanSquaredError(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
    const [x, y] = [zeros([4, 2]), zeros([4, 1])];
    await expect(model.fit({ x, y, sampleWeight: Float32Array.of(1, -1, 1, 1) })).rejects.toThrow(
      '[fit] expected finite sample weights ≥ 0, got -1',
    );
    const infinite = data.from({ x, y, sampleWeight: Float32Array.of(1, Infinity, 1, 1) }, { checkFinite: false });
    await expect(model.evaluate(infinite)).rejects.toThrow('[evaluate] expected finite sample weights ≥ 0, got Infinity');
    await expect(model.fit({ x, y, sampleWeight: zeros([4, 1]) })).rejects.toThrow(
      '[fit] expected sampleWeight [samples], got float32[4,1]',
    );
    expect(() => losses.meanSquaredError().call(zeros([4, 1]), zeros([4, 1]), zeros([3]))).toThrow(
      '[meanSquaredError] expected a weight for each of 4 samples, got float32[3]',
    );
  });
});

describe('ignored labels', () => {
  it('give 0 and no gradient where all are', () => {
    const nothing = labelsOf(() => -1);
    for (const loss of [
      losses.softmaxCrossEntropy({ ignoreLabel: -1 }),
      losses.softmaxCrossEntropy({ ignoreLabel: -1, labelSmoothing: 0.1, classWeights: [1, 2, 3, 4] }),
      losses.negativeLogLikelihood({ ignoreLabel: -1 }),
      losses.focal({ ignoreLabel: -1 }),
    ]) {
      const x = goldenX([rows, classes]);
      expect(loss.call(x, nothing).item()).toBe(0);
      expect(
        grad((input: Tensor) => loss.call(input, nothing))(x)
          .data()
          .every((v) => v === 0),
      ).toBe(true);
    }
  });
});

describe('corners', () => {
  it('an ignored row of log-probabilities may hold −∞', () => {
    const x = tensor(Float64Array.of(-Infinity, 0, Math.log(0.5), Math.log(0.5)), { shape: [2, 2] });
    expect(
      losses
        .negativeLogLikelihood({ ignoreLabel: -1 })
        .call(x, tensor(Int32Array.of(-1, 1)))
        .item(),
    ).toBeCloseTo(Math.log(2), 12);
  });
  it('a class of weight 0 is smoothed all the same, as in PyTorch 2.13', () => {
    const x = tensor(Float64Array.of(1, 2, 3, 0.5, -1, 2), { shape: [2, 3] });
    const loss = losses.softmaxCrossEntropy({ classWeights: [0, 1, 2], labelSmoothing: 0.2 });
    expect(loss.call(x, tensor(Int32Array.of(0, 2))).item()).toBeCloseTo(0.39127409676921276, 12);
  });
  it('labels that one loss takes are no labels for another of its name', async () => {
    const set = data.from({ x: zeros([2, 2]), y: tensor(Float32Array.of(0, 1), { shape: [2, 1] }) });
    const network = nn.sequential(nn.linear(2, 1));
    await new Model(network, { loss: losses.logistic({ labels: 'binary' }) }).evaluate(set);
    await expect(new Model(network, { loss: losses.logistic() }).evaluate(set)).rejects.toThrow(
      'expected targets -1 or 1, got 0',
    );
  });
});

describe('a stream', () => {
  it('is held to what a loss takes for targets, batch by batch', async () => {
    const batches = [
      { x: new Float32Array(4), y: Int32Array.of(-1, 1) },
      { x: new Float32Array(4), y: Int32Array.of(1, 7) },
    ];
    const stream = data.stream(() => batches, { batchSize: 2, x: { shape: [2] }, y: { shape: [1], dtype: 'int32' } });
    const model = new Model(nn.sequential(nn.linear(2, 1)), {
      loss: losses.logistic(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
    await expect(model.fit(stream)).rejects.toThrow('[logistic] expected targets -1 or 1, got 7 in batch 1');
    expect(model.steps).toBe(1);
  });
});

describe('bad input', () => {
  const logits = zeros([rows, classes]);
  it.each([
    ['margin labels', () => losses.hinge().call(zeros([2, 1]), zeros([2, 1])), '[hinge] expected targets -1 or 1, got 0'],
    [
      'binary margin labels',
      () => losses.logistic({ labels: 'binary' }).call(zeros([2]), tensor(Float32Array.of(0, -1))),
      '[logistic] expected targets 0 or 1, got -1',
    ],
    [
      'class weights',
      () => losses.softmaxCrossEntropy({ classWeights: [1, 2] }).call(logits, targets.labels()),
      '[softmaxCrossEntropy] expected a weight for each of 4 classes, got 2',
    ],
    [
      'a negative class weight',
      () => losses.focal({ classWeights: [1, -2] }),
      '[focal] expected classWeights[1] to be a finite number ≥ 0, got -2',
    ],
    [
      'ignoreLabel',
      () => losses.softmaxCrossEntropy({ ignoreLabel: 0.5 }),
      '[softmaxCrossEntropy] expected ignoreLabel to be an integer, got 0.5',
    ],
    [
      'ignored probabilities',
      () => losses.softmaxCrossEntropy({ ignoreLabel: 0 }).call(logits, zeros([rows, classes])),
      '[softmaxCrossEntropy] expected class numbers with ignoreLabel, got float32[7,4] probabilities',
    ],
    [
      'NLL of probabilities',
      () => losses.negativeLogLikelihood().call(logits, zeros([rows, classes])),
      '[negativeLogLikelihood] expected class numbers, got float32[7,4]',
    ],
    ['shapes', () => losses.huber().call(zeros([2, 1]), zeros([2])), '[huber] expected targets of shape [2,1], got float32[2]'],
    [
      'dtypes',
      () => losses.cosine().call(zeros([2, 1]), zeros([2, 1], { dtype: 'float64' })),
      '[cosine] expected targets of float32, got float64[2,1]',
    ],
    [
      'KL of no probabilities',
      () => losses.klDivergence().call(zeros([1, 2]), tensor(Float32Array.of(2, 0), { shape: [1, 2] })),
      '[klDivergence] expected targets in [0, 1], got 2',
    ],
    [
      'smoothing',
      () => losses.softmaxCrossEntropy({ labelSmoothing: 1 }),
      '[softmaxCrossEntropy] expected labelSmoothing to be a number in [0, 1), got 1',
    ],
    ['delta', () => losses.huber({ delta: 0 }), '[huber] expected delta to be a finite number ≥'],
    ['a misspelt option', () => losses.focal({ gama: 1 } as never), "[focal] unknown option 'gama'"],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  it('labels are looked at before training', async () => {
    const model = new Model(nn.sequential(nn.linear(2, 1)), {
      loss: losses.logistic(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
    await expect(model.fit({ x: zeros([4, 2]), y: zeros([4, 1]) })).rejects.toThrow('[logistic] expected targets -1 or 1, got 0');
    await model.fit({ x: zeros([2, 2]), y: tensor(Int32Array.of(-1, 1), { shape: [2, 1] }) });
  });
});
