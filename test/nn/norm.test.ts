import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad, groupNorm, layerNorm, losses, Model, nn, optim, rmsNorm, tensor, zeros, type Tensor } from '../../lib/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';
import { counted, expectClose, goldenSlope, goldenX, numbers, parameterGradients, toFirst } from './golden.js';

type NormName = 'layerNorm' | 'rmsNorm' | 'groupNorm' | 'instanceNorm';

interface Recorded {
  readonly name: NormName;
  readonly shape: readonly number[];
  readonly output: readonly number[];
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface Golden {
  readonly cases: readonly (Recorded & { readonly arguments: readonly unknown[] })[];
  readonly weightNorm: readonly (Omit<Recorded, 'name'> & {
    readonly name: 'linear' | 'conv2d';
    readonly shapes: Readonly<Record<string, readonly number[]>>;
  })[];
}
const golden = JSON.parse(readFileSync(new URL('../golden/norm.json', import.meta.url), 'utf8')) as Golden;
const layers: Readonly<Record<NormName, (...args: never[]) => nn.Module>> = {
  layerNorm: nn.layerNorm,
  rmsNorm: nn.rmsNorm,
  groupNorm: nn.groupNorm,
  instanceNorm: nn.instanceNorm,
};

/** Layer norm knows no channels: its axes lie as PyTorch's. */
const asIs = (name: string) => name === 'layerNorm' || name === 'rmsNorm';

function fill(layer: nn.Module, of: Readonly<Record<string, (i: number) => number>>): void {
  for (const [name, parameter] of nn.namedParameters(layer))
    parameter.adopt(numbers(parameter.shape, of[name]!, parameter.dtype as Float).storage);
}

describe.each(floats)('equals PyTorch in %s', (dtype) => {
  it.each(golden.cases)('$name $arguments', ({ name, arguments: args, shape, output, y, dx, gradients }) => {
    const options = args.at(-1) as nn.NormOptions;
    const layer = layers[name](...([...args.slice(0, -1), { ...options, dtype }] as never[]));
    fill(layer, { weight: (i) => 1 + i / 8, bias: (i) => i / 16 - 1 / 4 });
    const lie = asIs(name) ? toFirst : (x: Tensor) => x;
    const back = asIs(name) ? (x: Tensor) => x : toFirst;
    const x = lie(goldenX(shape, dtype));
    expectGolden(back(layer.forward(x)), y, name);
    const slope = lie(goldenSlope(output, dtype));
    expectGolden(back(grad((input: Tensor) => layer.forward(input).mul(slope).sum())(x)), dx, name);
    const parameters = [...nn.namedParameters(layer)];
    expect(parameters.map(([path]) => path)).toEqual(Object.keys(gradients));
    const found = parameterGradients(layer, x, slope, [...nn.namedParameters(layer).values()]);
    parameters.forEach(([path], i) => expectGolden(found[i], gradients[path]!, name));
  });
});

describe.each(floats)('weight norm in %s', (dtype) => {
  it.each(golden.weightNorm)('equals PyTorch: $name', ({ name, shape, output, y, dx, shapes, gradients }) => {
    const inner = name === 'linear' ? nn.linear(5, 4, { dtype }) : nn.conv2d(3, 4, 2, { dtype });
    const layer = nn.weightNorm(inner);
    const { direction, magnitude, bias } = layer;
    expect({ weight_g: magnitude.layout?.externalShape, weight_v: direction.layout?.externalShape, bias: bias?.shape }).toEqual(
      shapes,
    );
    const outer = { weight_v: (i: number) => ((31 * i) % 17) / 8 - 1, weight_g: (i: number) => 1 + i / 8 };
    direction.adopt(direction.layout!.fromExternal(numbers(shapes.weight_v!, outer.weight_v, dtype)).storage);
    magnitude.adopt(magnitude.layout!.fromExternal(numbers(shapes.weight_g!, outer.weight_g, dtype)).storage);
    bias!.adopt(numbers(shapes.bias!, (i) => i / 16 - 1 / 4, dtype).storage);
    const x = goldenX(shape, dtype);
    expectGolden(toFirst(layer.forward(x)), y, 'weightNorm');
    const slope = goldenSlope(output, dtype);
    const loss = (input: Tensor) => layer.forward(input).mul(slope).sum();
    expectGolden(toFirst(grad(loss)(x)), dx, 'weightNorm');
    const [dv, dg, db] = parameterGradients(layer, x, slope, [direction, magnitude, bias!]);
    expectGolden(direction.layout!.toExternal(dv!), gradients.weight_v!, 'weightNorm');
    expectGolden(dg, gradients.weight_g!, 'weightNorm');
    expectGolden(db, gradients.bias!, 'weightNorm');
  });
});

describe('weight norm', () => {
  it('begins as the layer that it wraps, and trains', async () => {
    const inner = nn.linear(3, 2);
    const layer = nn.weightNorm(inner);
    const model = new Model(layer, { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 0.05 }), seed: 3 });
    const x = { data: Float32Array.from({ length: 30 }, (_, i) => ((i * 7) % 5) - 2), shape: [10, 3] };
    const before = await model.predict({ data: x.data, shape: x.shape });
    expectClose(inner.forward(tensor(x.data, { shape: x.shape })), [...before.data()], 1e-6);
    const y = { data: Float32Array.from({ length: 20 }, (_, i) => i % 3), shape: [10, 2] };
    const { logs } = await model.fit({ x, y }, { epochs: 40, batchSize: 5 });
    expect(logs.loss!.at(-1)!).toBeLessThan(0.8 * logs.loss![0]!);
    expect([...(await model.stateDict()).keys()].sort()).toEqual(['bias', 'weight_g', 'weight_v']);
  });

  it('gives outputs of mean 0 and deviation 1 for the batch that it is initialised from', () => {
    const layer = nn.weightNorm(nn.linear(3, 2, { dtype: 'float64' }));
    const x = counted([12, 3], (i) => ((i * 37) % 11) / 3 + i / 10);
    layer.initializeFrom(x);
    const y = layer.forward(x);
    expectClose(y.mean({ axis: 0 }), [0, 0]);
    expectClose(y.square().mean({ axis: 0 }), [1, 1]);
    expect(() => nn.weightNorm(nn.linear(3, 2, { bias: false })).initializeFrom(zeros([4, 3]))).toThrow(
      '[weightNorm] expected a layer with a bias to initialise from a batch',
    );
    expect(() => nn.weightNorm(nn.relu() as never)).toThrow('[weightNorm] expected a linear layer or a convolution, got');
  });
});

describe('batch renorm', () => {
  const options = { start: 1, rEnd: 3, dEnd: 2, rMax: 1.5, dMax: 0.5, momentum: 0.25, epsilon: 1e-3 };
  /** The definition, on one feature. */
  function reference(batches: readonly (readonly number[])[]): { outputs: number[][]; mean: number; std: number } {
    let [mean, std, step] = [0, 1, 0];
    const ramp = (end: number): number => Math.min(Math.max((step - options.start) / (end - options.start), 0), 1);
    const outputs = batches.map((x) => {
      const mu = x.reduce((a, b) => a + b, 0) / x.length;
      const sigma = Math.sqrt(x.reduce((a, b) => a + (b - mu) ** 2, 0) / x.length + options.epsilon);
      const rMost = 1 + 0.5 * ramp(options.rEnd);
      const dMost = 0.5 * ramp(options.dEnd);
      const r = Math.min(Math.max(sigma / std, 1 / rMost), rMost);
      const d = Math.min(Math.max((mu - mean) / std, -dMost), dMost);
      mean += options.momentum * (mu - mean);
      std += options.momentum * (sigma - std);
      step++;
      return x.map((value) => ((value - mu) / sigma) * r + d);
    });
    return { outputs, mean, std };
  }

  it('follows its schedule, keeps running mean and deviation, and tests by them', async () => {
    const batches = [0, 1, 2, 3, 4].map((t) => [0, 1, 2, 3].map((i) => ((i * 7 + t * 5) % 9) + t));
    const layer = nn.batchRenorm(1, { ...options, dtype: 'float64' });
    const seen: number[][] = [];
    // Loss 0·y: nothing trains, y is looked at through a metric of its own.
    const watched = nn.sequential(layer);
    const model = new Model(watched, {
      loss: { name: 'none', checkTarget: () => undefined, call: (y: Tensor) => y.mul(0).sum() },
      optimizer: optim.sgd({ learningRate: 0 }),
      metrics: [0, 1, 2, 3].map((i) => ({
        name: `y${i}`,
        sums: 1,
        accumulate: (y: Tensor) => [
          y
            .reshape([4])
            .gather(tensor(Int32Array.of(i)))
            .sum(),
        ],
        result: ([sum = NaN]: readonly number[]) => sum,
      })),
    });
    for (const batch of batches) {
      const x = { data: Float64Array.from(batch), shape: [4, 1] };
      const { logs } = await model.fit({ x, y: x }, { epochs: 1, batchSize: 4, shuffle: false });
      seen.push([0, 1, 2, 3].map((i) => logs[`y${i}`]![0]!));
    }
    const { outputs, mean, std } = reference(batches);
    outputs.forEach((want, t) => want.forEach((value, i) => expect(seen[t]![i]).toBeCloseTo(value, 10)));
    expect(layer.runningMean.item()).toBeCloseTo(mean, 12);
    expect(layer.runningStd.item()).toBeCloseTo(std, 12);
    const y = await model.predict({ data: Float64Array.of(5), shape: [1, 1] });
    expect(y.item()).toBeCloseTo((5 - mean) / std, 12);
  });

  it('refuses what does not fit', () => {
    expect(() => nn.batchRenorm(3).forward(zeros([2, 4]))).toThrow('[batchRenorm(3)] expected 3 features, got float32[2,4]');
    expect(() => nn.batchRenorm(4, { dtype: 'float64' }).forward(zeros([2, 4]))).toThrow('expected float64, got float32[2,4]');
    expect(() => nn.batchRenorm(3, { rMax: 0.5 })).toThrow('[batchRenorm] expected rMax to be a finite number ≥ 1, got 0.5');
  });
});

describe('bad input', () => {
  it.each([
    ['features', () => nn.layerNorm(3).forward(zeros([2, 4])), '[layerNorm(3)] expected […, 3], got float32[2,4]'],
    ['a shape', () => nn.layerNorm([2, 3]).forward(zeros([2, 4])), '[layerNorm([2, 3])] expected […, 2, 3], got float32[2,4]'],
    [
      'dtype',
      () => nn.rmsNorm(4, { dtype: 'float64' }).forward(zeros([2, 4])),
      '[rmsNorm(4)] expected float64, got float32[2,4]',
    ],
    ['groups', () => nn.groupNorm(4, 6), '[groupNorm] expected groups to divide 6 channels, got 4'],
    [
      'no places',
      () => nn.instanceNorm(4).forward(zeros([2, 4])),
      '[instanceNorm(4)] expected [samples, …, channels] with places',
    ],
    ['op: groups', () => groupNorm(zeros([2, 5]), 2), '[groupNorm] expected channels in 2 groups, got float32[2,5]'],
    ['op: a line', () => groupNorm(zeros([4]), 2), '[groupNorm] expected x [samples, …, channels], got float32[4]'],
    ['op: axes', () => layerNorm(zeros([4]), 2), '[layerNorm] expected at least 2 axes, got float32[4]'],
    ['op: a scalar', () => rmsNorm(zeros([])), '[rmsNorm] expected at least one axis, got float32[]'],
    [
      'op: a scale',
      () => layerNorm(zeros([2, 4]), 1, 1e-5, { scale: zeros([2]) }),
      '[layerNorm] expected scale [4], got float32[2]',
    ],
    ['op: a misspelt shift', () => rmsNorm(zeros([4]), 1e-5, { bias: zeros([4]) } as never), "[rmsNorm] unknown option 'bias'"],
    ['op: a shift', () => groupNorm(zeros([2, 4]), 2, 1e-5, { shift: zeros([2, 4]) }), '[groupNorm] expected shift [4], got'],
    ['a misspelt option', () => nn.layerNorm(3, { eps: 1 } as never), "[layerNorm] unknown option 'eps'"],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
  it('constant input gives no NaN', () => {
    const x = zeros([2, 3, 4]);
    for (const layer of [nn.layerNorm(4), nn.rmsNorm(4), nn.groupNorm(2, 4), nn.instanceNorm(4)])
      expect(
        layer
          .forward(x)
          .data()
          .every((v) => v === 0),
      ).toBe(true);
  });
});
