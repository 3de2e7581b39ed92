import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { batchNorm, data, losses, Model, mul, nn, optim, relu, tensor, zeros, type Tensor } from '../../lib/index.js';
import type { Effect, Graph } from '../../lib/ir/graph.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import { backward } from '../../lib/passes/differentiate.js';
import { optimize } from '../../lib/passes/compile.js';
import { interpret } from '../../lib/runtime/interpret.js';
import { expectGolden, floats } from '../golden/expect.js';
import { counted, goldenSlope, goldenX, numbers, toFirst } from './golden.js';
import { lines, traced as tracedGraph, float32 } from '../passes/graphs.js';

interface Step {
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dweight: readonly number[] | null;
  readonly dbias: readonly number[] | null;
  readonly mean: readonly number[] | null;
  readonly variance: readonly number[] | null;
}
interface Golden {
  readonly shape: readonly number[];
  readonly options: nn.BatchNormLayerOptions;
  readonly steps: readonly Step[];
  readonly evaluated: readonly number[];
}
const { cases } = JSON.parse(readFileSync(new URL('../golden/batch-norm.json', import.meta.url), 'utf8')) as {
  cases: readonly Golden[];
};

/** A training step of a layer, traced: outputs are y, ∂x, the parameters' gradients, then what the buffers become. */
function traced(layer: nn.BatchNorm, x: Tensor): { graph: Graph; effects: Effect[] } {
  const trace = new Trace({ training: true });
  const parameters = [layer.weight, layer.bias].filter((parameter) => parameter !== undefined);
  return withTrace(trace, () => {
    const [input, slope] = [0, 1].map((index) => trace.input(x, { kind: 'argument', index }));
    const y = layer.forward(input!);
    const gradients = backward([y], [slope!], [input!, ...parameters]);
    const effects = [...trace.effects];
    return { graph: trace.finish([y, ...gradients, ...effects.map(({ value }) => trace.tensorOf(value))]), effects };
  });
}

describe.each(floats)('equals PyTorch in %s', (dtype) => {
  it.each(cases)('$shape, $options', ({ shape, options, steps, evaluated }) => {
    const layer = nn.batchNorm(shape[1]!, { ...options, dtype });
    layer.weight?.adopt(numbers([shape[1]!], (c) => 1 + c / 4, dtype).storage);
    layer.bias?.adopt(numbers([shape[1]!], (c) => c / 8, dtype).storage);
    const dy = goldenSlope(shape, dtype);
    steps.forEach((step, t) => {
      const { graph, effects } = traced(layer, dy);
      const outputs = interpret(optimize(graph), [counted(shape, (i) => ((7919 * i + 13 * t) % 101) / 16 - 3, dtype), dy]);
      const heads = outputs.length - effects.length;
      expectGolden(toFirst(outputs[0]!), step.y, 'batchNorm');
      expectGolden(toFirst(outputs[1]!), step.dx, 'batchNorm');
      expectGolden(layer.weight && outputs[2], step.dweight, 'batchNorm');
      expectGolden(layer.bias && outputs[3], step.dbias, 'batchNorm');
      effects.forEach(({ target }, i) => (target as nn.Buffer).assign(outputs[heads + i]!));
      expectGolden(layer.runningMean, step.mean, 'runningStatistics');
      expectGolden(layer.runningVar, step.variance, 'runningStatistics');
    });
    expectGolden(toFirst(layer.forward(goldenX(shape, dtype))), evaluated, 'batchNorm');
    if (layer.batchesTracked) expect(layer.batchesTracked.item()).toBe(3);
  });
});

describe('in a model', () => {
  const clusters = (samples: number) =>
    data.from({
      x: { data: Float32Array.from({ length: samples * 4 }, (_, i) => ((i * 37) % 11) - 5), shape: [samples, 4] },
      y: Int32Array.from({ length: samples }, (_, i) => i % 2),
    });
  const modelOf = (norm: nn.BatchNorm): Model =>
    new Model(nn.sequential(nn.linear(4, 8), norm, nn.relu(), nn.linear(8, 2)), {
      loss: losses.softmaxCrossEntropy(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
      seed: 1,
    });

  it('refuses a last batch of one sample before the first step, and says what helps', async () => {
    const norm = nn.batchNorm<number>(8);
    const model = modelOf(norm);
    await expect(model.fit(clusters(33), { batchSize: 16 })).rejects.toThrow(
      '1: [batchNorm] expected more than one value for each channel in training, got float32[1,8]',
    );
    expect(model.steps).toBe(0);
    await model.fit(clusters(33), { batchSize: 16, dropLast: true });
    expect(model.steps).toBe(2);
    expect(norm.batchesTracked?.item()).toBe(2);
  });

  it('sees running statistics that were assigned to between fits', async () => {
    const norm = nn.batchNorm<number>(8);
    const model = modelOf(norm);
    await model.fit(clusters(32), { batchSize: 16 });
    norm.runningMean!.assign(tensor(new Float32Array(8).fill(1000)));
    await model.fit(clusters(32), { batchSize: 32 });
    expect([...norm.runningMean!.data()].every((mean) => mean > 800 && mean < 1000)).toBe(true);
  });

  it('leaves frozen statistics alone', async () => {
    const norm = nn.batchNorm<number>(8);
    const model = modelOf(norm);
    await model.fit(clusters(32), { batchSize: 16 });
    const before = [...norm.runningMean!.data()];
    norm.freezeStatistics();
    await model.fit(clusters(32), { batchSize: 16 });
    expect([...norm.runningMean!.data()]).toEqual(before);
    norm.unfreezeStatistics();
    await model.fit(clusters(32), { batchSize: 16 });
    expect([...norm.runningMean!.data()]).not.toEqual(before);
  });

  it('normalises by the batch itself where that is asked for', async () => {
    const x = data.from({ x: { data: Float32Array.from({ length: 32 }, (_, i) => i), shape: [8, 4] } });
    const network = nn.sequential(nn.batchNorm(4, { testStatistics: 'batch' }));
    const y = await new Model(network).predict(x);
    expect(y.mean().item()).toBeCloseTo(0, 5);
    expect(y.square().mean().item()).toBeCloseTo(1, 4);
  });

  it('refuses one value a channel in testing too, where the batch normalises itself', async () => {
    const model = new Model(nn.sequential(nn.batchNorm(1, { testStatistics: 'batch' })));
    await expect(model.predict([[1], [2], [4]], { batchSize: 2 })).rejects.toThrow(
      "0: [batchNorm(1)] expected more than one value for each channel where the batch's own statistics normalise, got float32[1,1]",
    );
    expect((await model.predict([[1], [2], [4]])).data()).toHaveLength(3);
  });

  it('gives no NaN where the variance is 0', async () => {
    const model = modelOf(nn.batchNorm<number>(8));
    const constant = data.from({ x: { data: new Float32Array(64).fill(3), shape: [16, 4] }, y: new Int32Array(16) });
    const { logs } = await model.fit(constant, { epochs: 3, batchSize: 16 });
    expect(logs.loss?.every(Number.isFinite)).toBe(true);
  });
});

describe('passes', () => {
  it('puts ReLU and its mask into the normalisation', () => {
    const graph = tracedGraph([float32(16, 8), float32(8), float32(8)], (x, gamma, beta) => {
      const y = relu(batchNorm(x, gamma, beta).y);
      return backward([y], [mul(x, 2)], [x, gamma, beta]);
    });
    expect(lines(optimize(graph))).toEqual([
      expect.stringMatching(/= batchNorm .*relu:true/),
      expect.stringMatching(/= fused /),
      expect.stringMatching(/= batchNormGradient .*relu:true/),
      expect.stringMatching(/^return/),
    ]);
  });
});

describe('bad input', () => {
  it.each([
    ['features', () => nn.batchNorm(3).forward(zeros([4, 5])), '[batchNorm(3)] expected 3 features, got float32[4,5]'],
    [
      'dtype',
      () => nn.batchNorm(5, { dtype: 'float64' }).forward(zeros([4, 5])),
      '[batchNorm(5)] expected float64, got float32[4,5]',
    ],
    ['momentum', () => nn.batchNorm(3, { momentum: 2 }), '[batchNorm] expected momentum to be a number in [0, 1], got 2'],
    [
      'statistics',
      () => nn.batchNorm(3, { trackRunningStats: false }).freezeStatistics(),
      '[batchNorm] expected running statistics to freeze',
    ],
    [
      'gamma',
      () => batchNorm(zeros([4, 5]), zeros([4]), zeros([5])),
      '[batchNorm] expected x [..., channels] and gamma, beta [channels]',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
