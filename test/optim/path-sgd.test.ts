import { describe, expect, it } from 'vitest';
import { jit, losses, Model, nn, ones, optim, pad, tensor, type Tensor } from '../../lib/index.js';
import { bits, clusters, numbers } from '../train/problems.js';
import {
  chain,
  flatten,
  kappaByPaths,
  modelOf,
  parametersOf,
  plainGradients,
  plainNetwork,
  regauged,
  valuesOf,
  type Plain,
} from './path-network.js';

const { average, groups, pathSgd, sgd } = optim;
const float64 = { dtype: 'float64' } as const;

function kappa(network: nn.Module, shape: readonly number[]): Tensor[] {
  nn.initializeParameters(network, 1);
  const optimizer = pathSgd({ learningRate: 1 });
  const input = { dtype: 'float64', shape: [1, ...shape] } as const;
  return [
    ...jit(() => optimizer.prepare!({ network, input, parameters: parametersOf(network) as nn.Parameter[] }).kappa!).sync(),
  ];
}

const kappaOf = (network: nn.Module, shape: readonly number[]): number[] =>
  kappa(network, shape).flatMap((part) => [...part.data()]);

function expectRelative(got: readonly number[], want: readonly number[], tolerance: number): void {
  expect(got.length).toBe(want.length);
  got.forEach((value, i) => expect(Math.abs(value / want[i]! - 1)).toBeLessThan(tolerance));
}

describe('κ', () => {
  it('is the sum over all paths through a weight of the squares of their other weights', () => {
    const plain = plainNetwork([3, 4, 2, 3], 5);
    expectRelative(kappaOf(chain(plain), [3]), flatten(kappaByPaths(plain)), 1e-13);
  });

  it('of convolutions, pooling and skip connections is the slope of net(1; w²) in each square', () => {
    const network = nn.sequential(
      nn.conv2d(2, 3, 3, { ...float64, padding: 'same' }),
      nn.relu(),
      nn.residual(nn.sequential(nn.conv2d(3, 3, 1, { ...float64, groups: 3 }), nn.relu())),
      nn.avgPool2d(2),
      nn.convTranspose2d(3, 2, 2, { ...float64, stride: 2 }),
      nn.zeroPad2d(1),
      nn.relu(),
      nn.residual(nn.avgPool2d(3, { stride: 1, padding: 1 })),
      nn.flatten(),
      nn.linear(72, 2, float64),
    );
    const got = kappa(network, [4, 4, 2]);
    // Every path has a weight of each layer once at the most: net is linear in every square, and a difference is the slope.
    const squared = [...nn.namedParameters(network)].map(([, parameter]) => Float64Array.from(parameter.data(), (w) => w * w));
    const sumWith = (place: number, element: number, change: number): number => {
      parametersOf(network).forEach((parameter, i) => {
        const values = Float64Array.from(squared[i]!);
        if (i === place) values[element]! += change;
        write(parameter as nn.Parameter, values);
      });
      return network
        .forward(ones([1, 4, 4, 2], float64))
        .sum()
        .item();
    };
    squared.forEach((values, i) => {
      for (const element of [0, values.length >> 1, values.length - 1]) {
        const slope = sumWith(i, element, 1) - sumWith(i, element, 0);
        expect(got[i]!.data()[element]! / slope).toBeCloseTo(1, 10);
      }
    });
  });

  it('is 0 where no path goes on, and there the weight stays', async () => {
    const plain = plainNetwork([2, 3, 1], 2);
    plain.weights[1]![1] = [0];
    const network = chain(plain);
    const before = valuesOf(network);
    await modelOf(network, pathSgd({ learningRate: 0.1 })).fit(rows, { steps: 1, batchSize: 12 });
    const after = valuesOf(network);
    const stays = [1, 4, 7];
    after.forEach((value, i) => expect(value === before[i]).toBe(stays.includes(i)));
  });
});

function write(parameter: nn.Parameter, values: Float64Array): void {
  parameter.adopt(tensor(values, { shape: parameter.shape }).storage);
}

const draw = numbers(3);
const x = Array.from({ length: 12 }, () => [2 * draw() - 1, 2 * draw() - 1]);
const y = x.map(([a, b]) => [Math.abs(a!) - b!]);
const rows = {
  x: { data: Float64Array.from(x.flat()), shape: [12, 2] },
  y: { data: Float64Array.from(y.flat()), shape: [12, 1] },
};

describe('trajectories', () => {
  it('are w ← w − (α/κ)g, also under a schedule and uphill', async () => {
    const learningRate = (step: number): number => 0.2 / (step + 4);
    for (const maximize of [false, true]) {
      let plain: Plain = plainNetwork([2, 5, 4, 1], 7);
      const network = chain(plain);
      await fit64(modelOf(network, pathSgd({ learningRate, maximize })), 30);
      for (let step = 0; step < 30; step++) {
        const [g, k] = [plainGradients(plain, x, y), kappaByPaths(plain)];
        const rate = maximize ? -learningRate(step) : learningRate(step);
        plain = {
          weights: plain.weights.map((matrix, l) =>
            matrix.map((row, i) => row.map((w, j) => w - (rate * g.weights[l]![i]![j]!) / k.weights[l]![i]![j]!)),
          ),
          biases: plain.biases.map((bias, l) => bias.map((b, j) => b - (rate * g.biases[l]![j]!) / k.biases[l]![j]!)),
        };
      }
      expectRelative(valuesOf(network), flatten(plain), 1e-11);
    }
  });

  it('of the function do not depend on the gauge; those of SGD do', async () => {
    const plain = plainNetwork([2, 5, 4, 1], 7);
    const scaled = regauged(plain, [
      [100, 0.01, 3.7, 1, 0.3],
      [0.02, 50, 1, 7],
    ]);
    const curve = async (start: Plain, optimizer: optim.Optimizer) => fit64(modelOf(chain(start), optimizer), 300);
    const path = [
      await curve(plain, pathSgd({ learningRate: 0.02 })),
      await curve(scaled, pathSgd({ learningRate: 0.02 })),
    ] as const;
    expectRelative(path[1], path[0], 1e-6);
    expect(path[0].at(-1)! / path[0][0]!).toBeLessThan(0.2);
    const plainly = [await curve(plain, sgd({ learningRate: 1e-5 })), await curve(scaled, sgd({ learningRate: 1e-5 }))] as const;
    expect(Math.abs(plainly[1].at(-1)! / plainly[0].at(-1)! - 1)).toBeGreaterThan(0.01);
  });
});

async function fit64(model: Model, steps: number): Promise<number[]> {
  const { logs } = await model.fit(rows, { epochs: steps, batchSize: 12, shuffle: false });
  return [...logs.loss!];
}

describe('in a model', () => {
  const all = clusters(60, 8, 3);
  const network = () => nn.sequential(nn.linear(8, 16), nn.relu(), nn.linear(16, 3));
  const make = (optimizer: optim.Optimizer, own = network()) => new Model(own, { loss: losses.softmaxCrossEntropy(), optimizer });
  const path = pathSgd({ learningRate: 0.5 });

  it('groups have their own κ: two of the same give the bits of one', async () => {
    const [plain, grouped] = [make(path), make(groups([{ parameters: '2', optimizer: path }, { optimizer: path }]))];
    for (const model of [plain, grouped]) await model.fit(all, { epochs: 2, batchSize: 25 });
    expect(await bits(grouped)).toEqual(await bits(plain));
    const mixed = make(groups([{ parameters: '2', optimizer: path }, { optimizer: sgd({ learningRate: 0 }) }]));
    const before = await bits(mixed);
    await mixed.fit(all, { steps: 1 });
    const after = await bits(mixed);
    expect(after.get('0.weight')).toEqual(before.get('0.weight'));
    expect(after.get('2.weight')).not.toEqual(before.get('2.weight'));
  });

  it('frozen parameters count in κ and stay', async () => {
    const [free, frozen] = [network(), network()];
    frozen.layers[0].freeze();
    const [whole, part] = [make(path, free), make(path, frozen)];
    for (const model of [whole, part]) await model.fit(all, { steps: 1, batchSize: 60 });
    const [one, other] = [await bits(whole), await bits(part)];
    expect(other.get('2.weight')).toEqual(one.get('2.weight'));
    expect(other.get('0.weight')).not.toEqual(one.get('0.weight'));
  });

  it('κ is that of the step, not of each of its batches', async () => {
    const [large, small] = [make(path), make(path)];
    const one = await large.fit(all, { epochs: 3, batchSize: 20, shuffle: false });
    const other = await small.fit(all, { epochs: 3, batchSize: 10, accumulate: 2, shuffle: false });
    other.logs.loss!.forEach((value, i) => expect(value / one.logs.loss![i]!).toBeCloseTo(1, 4));
  });

  it('sums the paths of all inputs to all outputs', async () => {
    class Two extends nn.Module<Record<string, Tensor>, [Record<string, Tensor>]> {
      readonly from = { a: nn.linear(2, 3, float64), b: nn.linear(1, 3, float64) };
      readonly to = { c: nn.linear(3, 1, float64), d: nn.linear(3, 2, float64) };
      forward({ a, b }: Record<string, Tensor>) {
        const hidden = this.from.a.forward(a!).add(this.from.b.forward(b!)).relu();
        return { c: this.to.c.forward(hidden), d: this.to.d.forward(hidden) };
      }
    }
    const curve = async (factor: number) => {
      const own = new Two();
      const model = new Model(own, {
        loss: { c: losses.meanSquaredError(), d: losses.meanSquaredError() },
        optimizer: pathSgd({ learningRate: 0.05 }),
        seed: 1,
      });
      await model.stateDict();
      const scale = (parameter: nn.Parameter, by: number): void =>
        write(
          parameter,
          Float64Array.from(parameter.data(), (w) => w * by),
        );
      for (const { weight, bias } of Object.values(own.from)) [weight, bias!].forEach((parameter) => scale(parameter, factor));
      for (const { weight } of Object.values(own.to)) scale(weight, 1 / factor);
      const column = (k: number) => ({ data: Float64Array.from(x, (row) => row[k]!), shape: [12, 1] });
      const data = { 'x.a': rows.x, 'x.b': column(1), 'y.c': rows.y, 'y.d': rows.x };
      return [...(await model.fit(data, { epochs: 50, batchSize: 12 })).logs.loss!];
    };
    const [one, other] = [await curve(1), await curve(30)];
    expectRelative(other, one, 1e-9);
    expect(one.at(-1)! / one[0]!).toBeLessThan(0.5);
  });

  it('goes with clipping and averages', async () => {
    const [plain, averaged] = [make(path), make(average(optim.clipByGlobalNorm(path, 1e3)))];
    for (const model of [plain, averaged]) await model.fit(all, { epochs: 2 });
    expect(await bits(averaged)).toEqual(await bits(plain));
    const state = await averaged.stateDict({ weights: 'average' });
    expect([...state.get('0.weight')!.data()].every(Number.isFinite)).toBe(true);
  });
});

describe('what has no paths is refused by name', () => {
  const expected = '[pathSgd] expected a network of linear layers, convolutions, ReLU, sum and average pooling, got ';
  const refusal = async (...layers: nn.Module[]) => {
    const network = nn.sequential(...layers);
    await expect(
      modelOf(network, pathSgd({ learningRate: 0.1 })).fit({
        x: [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
        y: [[1], [2]],
      }),
    ).rejects.toThrow(expected + got);
  };
  let got: string;
  const [first, last] = [() => nn.linear(4, 8), () => nn.linear(8, 1)];
  const images = nn.reshape([2, 2, 1]);

  it.each<[string, () => nn.Module[]]>([
    ["tanh at '1'", () => [first(), nn.tanh(), last()]],
    ["maxPool in maxPool2d(2) at '1'", () => [images, nn.maxPool2d(2), nn.flatten(), nn.linear(1, 1)]],
    ["dropout in dropout(0.5) at '1'", () => [first(), nn.dropout(), last()]],
    ["batchNorm in batchNorm(8) at '1'", () => [first(), nn.batchNorm(8), last()]],
    ["square in weightNorm(linear(4, 8)) at '0'", () => [nn.weightNorm(first()), nn.relu(), last()]],
    ["sub in lambda at '0'", () => [nn.lambda((input) => input.sub(1)), nn.linear(4, 1)]],
    ["add in lambda at '1'", () => [first(), nn.lambda((input) => input.add(1)), last()]],
    ["mul in lambda at '1'", () => [first(), nn.lambda((input) => input.mul(input)), last()]],
    ["mul in lambda at '1'", () => [first(), nn.lambda((input) => input.mul(-1)), last()]],
    ["div in lambda at '1'", () => [first(), nn.lambda((input) => input.div(-2)), last()]],
    [
      "pad in lambda at '1'",
      () => [
        first(),
        nn.lambda((input) =>
          pad(
            input,
            [
              [0, 0],
              [1, 1],
            ],
            1,
          ),
        ),
        nn.linear(10, 1),
      ],
    ],
  ])('%s', async (name, layers) => {
    got = name;
    await refusal(...layers());
  });
});
