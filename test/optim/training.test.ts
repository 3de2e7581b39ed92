import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { losses, Model, nn, optim, scalar, tensor } from '../../lib/index.js';

/** y = x·W + b in float64 with two parameters, neither a multiple of a cache line: there are gaps in the flat buffer, of unlike segments (16 and 8). */
const [samples, inputs, outputs] = [6, 7, 2];
const x = Array.from({ length: samples * inputs }, (_, i) => ((7 * i) % 11) / 5 - 1);
const y = Array.from({ length: samples * outputs }, (_, i) => ((5 * i) % 7) / 3 - 1);
const steps = 25;

/** Gradients of the mean of squared errors: Σₙ 2(xₙ·W + b − yₙ)/(samples·outputs) times xₙ, and 1. */
function gradients(weight: ArrayLike<number>, bias: ArrayLike<number>): { weight: Float64Array; bias: Float64Array } {
  const result = { weight: new Float64Array(inputs * outputs), bias: new Float64Array(outputs) };
  for (let n = 0; n < samples; n++) {
    for (let j = 0; j < outputs; j++) {
      let error = (bias[j] ?? NaN) - (y[n * outputs + j] ?? NaN);
      for (let i = 0; i < inputs; i++) error += (x[n * inputs + i] ?? NaN) * (weight[i * outputs + j] ?? NaN);
      const slope = (2 * error) / (samples * outputs);
      result.bias[j] = (result.bias[j] ?? NaN) + slope;
      for (let i = 0; i < inputs; i++)
        result.weight[i * outputs + j] = (result.weight[i * outputs + j] ?? NaN) + slope * (x[n * inputs + i] ?? NaN);
    }
  }
  return result;
}

/** The same steps with the optimiser's ops run one by one, over weights and biases in one tensor without a gap. */
function byHand(optimizer: optim.Optimizer, start: Float64Array): Float64Array {
  const split = inputs * outputs;
  let parameters: Tensor = tensor(start);
  let state: Readonly<Record<string, Tensor>> = Object.fromEntries(
    optimizer.state.map((name) => [name, tensor(new Float64Array(start.length).fill(optimizer.initialState?.[name] ?? 0))]),
  );
  for (let step = 0; step < steps; step++) {
    const numbers = optimizer.scalarsAt({ step, epoch: step, stepsPerEpoch: 1 });
    const scalars = Object.fromEntries(
      optimizer.scalars.map((name, i) => [name, scalar(numbers[i] ?? NaN, { dtype: 'float64' })]),
    );
    const w = parameters.data();
    const g = gradients(w.slice(0, split), w.slice(split));
    const flat = tensor(Float64Array.from([...g.weight, ...g.bias]));
    ({ parameters, state } = optimizer.update({ parameters, gradients: flat, state, scalars, segments: [split, outputs] }));
  }
  return parameters.data<'float64'>();
}

async function flatParameters(model: Model): Promise<Float64Array> {
  const state = await model.stateDict();
  // PyTorch's layout is [outputs, inputs]: back to [inputs, outputs].
  const outer = state.get('weight')?.toArray() ?? [];
  const rows = outer as number[][];
  const weight = Array.from({ length: inputs * outputs }, (_, i) => rows[i % outputs]?.[Math.floor(i / outputs)] ?? NaN);
  return Float64Array.from([...weight, ...Array.from(state.get('bias')?.data() ?? [])]);
}

const optimizers: readonly [string, () => optim.Optimizer][] = [
  ['adagrad', () => optim.adagrad({ learningRate: 0.1, initialAccumulatorValue: 0.25, lrDecay: 0.1 })],
  ['rmsprop', () => optim.rmsprop({ centered: true, momentum: 0.5, weightDecay: 0.01 })],
  ['adamw', () => optim.adamw({ learningRate: 0.01, weightDecay: 0.5 })],
  ['adam, amsgrad', () => optim.adam({ learningRate: 0.01, amsgrad: true })],
  ['nadam', () => optim.nadam({ decoupledWeightDecay: true, weightDecay: 0.5 })],
  ['radam', () => optim.radam({ learningRate: 0.01, weightDecay: 0.1 })],
  ['adamax', () => optim.adamax({ learningRate: 0.01 })],
  ['adadelta', () => optim.adadelta()],
  ['lamb', () => optim.lamb({ learningRate: 0.01, weightDecay: 0.1 })],
  ['adam, clipped', () => optim.clipByGlobalNorm(optim.clipByValue(optim.adam({ learningRate: 0.01, epsilon: 0.1 }), 0.2), 0.25)],
  ['lion', () => optim.lion({ learningRate: 0.01, weightDecay: 0.1 })],
];

describe('a model trains with the update as it stands in ops', () => {
  for (const [name, make] of optimizers) {
    it(name, async () => {
      const model = new Model(nn.linear(inputs, outputs, { dtype: 'float64' }), {
        loss: losses.meanSquaredError(),
        optimizer: make(),
        seed: 3,
      });
      const start = await flatParameters(model);
      const rows = {
        x: { data: Float64Array.from(x), shape: [samples, inputs] },
        y: { data: Float64Array.from(y), shape: [samples, outputs] },
      };
      await model.fit(rows, { epochs: steps, batchSize: samples, shuffle: false });
      const [got, want] = [await flatParameters(model), byHand(make(), start)];
      got.forEach((value, i) => expect(Math.abs(value - (want[i] ?? NaN))).toBeLessThan(1e-12));
      expect(Math.max(...got.map((value, i) => Math.abs(value - (start[i] ?? NaN))))).toBeGreaterThan(1e-3);
      model.dispose();
    });
  }
});
