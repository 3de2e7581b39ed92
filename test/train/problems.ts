import { data, losses, metrics, Model, nn, optim, type ModelOptions } from '../../lib/index.js';

/** Numbers in [0, 1) from a seed: a linear congruential generator (Numerical Recipes), enough to make data. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function xorData(): data.Dataset {
  return data.from({
    x: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    y: [0, 1, 1, 0],
  });
}

/** Points in `features` dimensions; the class is that of the nearest of `classes` fixed centres. */
export function clusters(
  samples: number,
  features: number,
  classes: number,
  seed = 1,
): { x: { data: Float32Array; shape: number[] }; y: Int32Array } {
  const draw = numbers(seed);
  const centres = Array.from({ length: classes * features }, () => draw() * 2 - 1);
  const y = Int32Array.from({ length: samples }, () => Math.floor(draw() * classes));
  const x = Float32Array.from({ length: samples * features }, (_, i) => {
    const label = y[Math.floor(i / features)] ?? 0;
    return (centres[label * features + (i % features)] ?? 0) + (draw() - 0.5);
  });
  return { x: { data: x, shape: [samples, features] }, y };
}

/** Wide enough that its products and its optimiser's step are cut into several chunks. */
export function wideModel(options: Partial<ModelOptions> = {}): Model {
  const network = nn.sequential(
    nn.linear(256, 512),
    nn.relu(),
    nn.dropout(0.1),
    nn.linear(512, 256),
    nn.relu(),
    nn.linear(256, 10),
  );
  return new Model(network, {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.adam(),
    metrics: [metrics.accuracy()],
    seed: 7,
    ...options,
  });
}

export function smallModel(options: Partial<ModelOptions> = {}): Model {
  const network = nn.sequential(nn.linear(8, 16), nn.tanh(), nn.linear(16, 3));
  return new Model(network, {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
    metrics: [metrics.accuracy()],
    ...options,
  });
}

/** All parameters as bits, for comparisons that admit no rounding. */
export async function bits(model: Model): Promise<Map<string, number[]>> {
  const state = await model.stateDict();
  return new Map([...state].map(([name, tensor]) => [name, [...new Int32Array(tensor.data().buffer)]]));
}
