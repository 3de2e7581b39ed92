import { describe, expect, it } from 'vitest';
import { losses, Model, nn, optim, randomNormal, type Tensor } from '../../lib/index.js';
import { balance, chainStep, rescale } from '../../lib/lab/index.js';

const float64 = { dtype: 'float64' } as const;
const wrong = (value: unknown) => value as never;
const modelOf = (network: nn.Module, optimizer = optim.sgd({ learningRate: 1e-3 })) =>
  new Model(network, { loss: losses.meanSquaredError(), optimizer, seed: 5 });

const mlp = () =>
  nn.sequential(nn.linear(3, 5, float64), nn.relu(), nn.linear(5, 4, float64), nn.leakyRelu(), nn.linear(4, 2, float64));
const unlike = (units: number) => Array.from({ length: units }, (_, i) => [100, 0.01, 3.7, 1, 0.3, 12][i % 6]!);

async function outputs(model: Model, x: Tensor): Promise<number[]> {
  return [...(await model.predict(x)).data()];
}

function expectSame(got: readonly number[], want: readonly number[]): void {
  got.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThan(1e-12 * Math.max(...want.map(Math.abs))));
}

describe('rescale', () => {
  it('keeps the function of a chain, whatever the factors', async () => {
    const model = modelOf(mlp());
    const x = randomNormal([20, 3], { ...float64, seed: 1 });
    const before = await outputs(model, x);
    const weights = (await model.stateDict()).get('2.weight')!.data();
    await rescale(model, [unlike(5), 1e-3]);
    expectSame(await outputs(model, x), before);
    const factors = unlike(5);
    const scaled = (await model.stateDict()).get('2.weight')!.data();
    scaled.forEach((value, i) => expect(value / (weights[i]! * (1e-3 / factors[i % 5]!))).toBeCloseTo(1, 12));
  });

  it.each<[string, () => nn.Module, readonly number[], number]>([
    [
      'images, groups, pooling and flatten by channels',
      () =>
        nn.sequential(
          nn.sequential(nn.conv2d(2, 6, 3, { ...float64, padding: 'same' }), nn.relu(), nn.maxPool2d(2)),
          nn.conv2d(6, 4, 3, { ...float64, groups: 2, padding: 1 }),
          nn.relu(),
          nn.avgPool2d(2),
          nn.dropout(0.5),
          nn.flatten(),
          nn.linear(16, 3, { ...float64, bias: false }),
          nn.tanh(),
        ),
      [8, 8, 2],
      2,
    ],
    [
      'images as they lie, depthwise',
      () =>
        nn.sequential(
          nn.zeroPad2d(1),
          nn.depthwiseConv2d(2, 3, float64),
          nn.upsample(2),
          nn.flatten({ order: 'channels-last' }),
          nn.identity(),
          nn.linear(32, 4, float64),
          nn.relu(),
          nn.linear(4, 1, float64),
        ),
      [2, 2, 2],
      2,
    ],
    [
      'lengths, all places as one',
      () => nn.sequential(nn.conv1d(1, 4, 2, float64), nn.relu(), nn.globalAvgPool(), nn.linear(4, 2, float64)),
      [5, 1],
      1,
    ],
  ])('keeps the function of %s', async (_, make, shape, hidden) => {
    const network = make();
    const model = modelOf(network);
    const x = randomNormal([6, ...shape], { ...float64, seed: 2 });
    const before = await outputs(model, x);
    const units = (await balance(model)).map(({ incoming }) => incoming.length);
    expect(units.length).toBe(hidden);
    await rescale(model, units.map(unlike));
    expectSame(await outputs(model, x), before);
  });

  it('by powers of 2 is exact to the bit', async () => {
    const model = modelOf(nn.sequential(nn.linear(3, 5), nn.relu(), nn.linear(5, 4), nn.relu(), nn.linear(4, 2)));
    const x = randomNormal([20, 3], { seed: 1 });
    const before = await outputs(model, x);
    await rescale(model, [2 ** -10, [2, 4, 0.5, 1]]);
    expect(await outputs(model, x)).toEqual(before);
  });

  it('makes no difference to Path-SGD, and much to SGD', async () => {
    const data = { x: randomNormal([24, 3], { ...float64, seed: 3 }), y: randomNormal([24, 2], { ...float64, seed: 4 }) };
    const rows = { x: { data: data.x.data<'float64'>(), shape: [24, 3] }, y: { data: data.y.data<'float64'>(), shape: [24, 2] } };
    const make = () =>
      nn.sequential(nn.linear(3, 5, float64), nn.relu(), nn.linear(5, 4, float64), nn.relu(), nn.linear(4, 2, float64));
    const curve = async (optimizer: optim.Optimizer, factors: (number | number[])[]) => {
      const model = modelOf(make(), optimizer);
      await rescale(model, factors);
      return [...(await model.fit(rows, { epochs: 200, batchSize: 8 })).logs.loss!];
    };
    const gauges = [
      [1, 1],
      [unlike(5), 0.02],
    ];
    const [path, pathScaled] = await Promise.all(gauges.map((factors) => curve(optim.pathSgd({ learningRate: 0.01 }), factors)));
    path!.forEach((loss, i) => expect(Math.abs(pathScaled![i]! / loss - 1)).toBeLessThan(1e-6));
    expect(path!.at(-1)! / path![0]!).toBeLessThan(0.8);
    const [sgd, sgdScaled] = await Promise.all(gauges.map((factors) => curve(optim.sgd({ learningRate: 1e-5 }), factors)));
    expect(Math.abs(sgdScaled!.at(-1)! / sgd!.at(-1)! - 1)).toBeGreaterThan(0.05);
  });

  it('refuses networks where it is not exact, and factors that do not fit', async () => {
    const refused = (network: nn.Module, factors: unknown) => expect(rescale(modelOf(network), wrong(factors))).rejects;
    const [first, last] = [nn.linear(3, 5), nn.linear(5, 2)];
    const between = '[lab.rescale] expected ReLU, pooling, padding, dropout or flatten between the layers, got ';
    await refused(nn.sequential(first, nn.tanh(), last), [1]).toThrow(`${between}tanh at '1'`);
    await refused(nn.sequential(first, nn.batchNorm(5), nn.relu(), last), [1]).toThrow(`${between}batchNorm(5) at '1'`);
    await refused(nn.sequential(first, nn.residual(nn.linear(5, 5)), last), [1]).toThrow(`${between}residual at '1'`);
    await refused(nn.relu(), []).toThrow('[lab.rescale] expected a chain of layers, got relu');
    const square = nn.linear(4, 4);
    await refused(nn.sequential(square, nn.relu(), square), [1]).toThrow(
      "expected parameters of one layer each, got '0.weight' again as '2.weight'",
    );
    await refused(nn.sequential(...([nn.linear(3, 4), nn.linear(8, 2)] as nn.Module[])), [1]).toThrow(
      "linear(8, 2) at '1' does not fit 4 units before it",
    );
    await refused(mlp(), [1]).toThrow('expected a factor for each of 2 hidden layers, got an array of 1');
    await refused(mlp(), [1, -1]).toThrow('expected factors[1] to be a finite number > 0, or 4 of them, got -1');
    await refused(mlp(), [[1, 2], 1]).toThrow('expected factors[0] to be a finite number > 0, or 5 of them, got 2 of them');
    await refused(nn.sequential(first, nn.relu(), last), [1e39]).toThrow(
      'expected factors that leave weights finite, got 0.weight',
    );
    await expect(rescale(wrong(mlp()), [1, 1])).rejects.toThrow('[lab.rescale] expected a model, got');
  });
});

describe('balance', () => {
  it('of a toy is the quotient of its weights, (1, 0.01, 100, 1)', async () => {
    const link = () => nn.linear(1, 1, { ...float64, bias: false, weightInitializer: 'ones' });
    const model = modelOf(nn.sequential(link(), link(), link(), link()));
    expect((await balance(model)).map(({ imbalance }) => imbalance)).toEqual([1, 1, 1]);
    await rescale(model, [1, 0.01, 1]);
    const layers = await balance(model);
    expect(layers.map(({ path, layer }) => [path, layer])).toEqual(['0', '1', '2'].map((path) => [path, 'linear(1, 1)']));
    layers.forEach(({ imbalance }, i) => expect(imbalance / [100, 1e4, 100][i]!).toBeCloseTo(1, 12));
    const loop = await balance(
      modelOf(nn.sequential(nn.linear(1, 2, { bias: false, weightInitializer: 'zeros' }), nn.linear(2, 1))),
    );
    expect(loop[0]!.imbalance).toBe(Infinity);
  });

  it('incoming² − outgoing² of a unit is what gradient flow keeps', async () => {
    const model = modelOf(mlp(), optim.sgd({ learningRate: 1e-4 }));
    const differences = async () =>
      (await balance(model)).flatMap(({ incoming, outgoing }) => [...incoming.map((norm, i) => norm ** 2 - outgoing[i]! ** 2)]);
    const before = await differences();
    const weights = (await model.stateDict()).get('0.weight')!.data();
    const x = randomNormal([24, 3], { ...float64, seed: 3 }).data<'float64'>();
    const y = randomNormal([24, 2], { ...float64, seed: 4, deviation: 5 }).data<'float64'>();
    await model.fit({ x: { data: x, shape: [24, 3] }, y: { data: y, shape: [24, 2] } }, { epochs: 2000, batchSize: 24 });
    const moved = (await model.stateDict())
      .get('0.weight')!
      .data()
      .map((value, i) => Math.abs(value - weights[i]!));
    expect(Math.max(...moved)).toBeGreaterThan(0.05);
    (await differences()).forEach((value, i) => expect(Math.abs(value - before[i]!)).toBeLessThan(1e-3));
  });
});

describe('chainStep', () => {
  it('one function in two gauges: derivatives 100 times as large and as small, and a step that leads elsewhere', () => {
    const [balanced, unbalanced] = [chainStep([1, 1, 1, 1]), chainStep([1, 0.01, 100, 1])];
    expect([balanced.z, unbalanced.z]).toEqual([1, 1]);
    expect([...balanced.derivatives]).toEqual([1, 1, 1, 1]);
    [1, 100, 0.01, 1].forEach((value, i) => expect(unbalanced.derivatives[i]! / value).toBeCloseTo(1, 12));
    const pull = 0.1 / (1 + Math.E);
    expect(balanced.gradientDescent.z).toBeCloseTo((1 + pull) ** 4, 12);
    expect(unbalanced.gradientDescent.z / ((1 + pull) ** 2 * (0.01 + 100 * pull) * (100 + 0.01 * pull))).toBeCloseTo(1, 12);
    expect(unbalanced.gradientDescent.z).toBeGreaterThan(200);
    expect(balanced.pathSgd.z).toBeCloseTo((1 + pull) ** 4, 12);
    expect(unbalanced.pathSgd.z).toBeCloseTo(balanced.pathSgd.z, 12);
  });

  it('takes x, y, a rate and a loss', () => {
    const { z, gradientDescent } = chainStep([2, 3], {
      x: 0.5,
      y: 1,
      learningRate: 0.01,
      loss: (out, target) => out.sub(target).square(),
    });
    expect(z).toBe(3);
    // dE/dz = 4, dz/dw = (1.5, 1)
    expect([...gradientDescent.weights].map((w) => Number(w.toFixed(12)))).toEqual([1.94, 2.96]);
    expect([...chainStep([0, 2]).pathSgd.weights][1]).toBe(2);
    expect(() => chainStep([])).toThrow('[lab.chainStep] expected finite weights, got an array of 0');
    expect(() => chainStep([NaN])).toThrow('[lab.chainStep] expected finite weights');
    expect(() => chainStep([1], wrong({ rate: 1 }))).toThrow("[lab.chainStep] unknown option 'rate'");
  });
});
