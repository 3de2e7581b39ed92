// What the benches train. The peers' scripts have the same table.

import { readFileSync } from 'node:fs';
import { data, losses, Model, nn, optim } from '../dist/index.js';

/**
 * layers: units; activation between them; batch; optimizer; steps a window; floor: samples/s against PyTorch with two threads that we hold
 * ourselves to.
 */
export const workloads = {
  xor: { layers: [2, 8, 2], activation: 'tanh', batch: 4, optimizer: 'sgd', steps: 2000, floor: 50 },
  logistic: { layers: [784, 10], activation: 'relu', batch: 128, optimizer: 'sgd', steps: 500, floor: 5 },
  'mlp-small': { layers: [784, 128, 10], activation: 'relu', batch: 32, optimizer: 'momentum', steps: 500, floor: 3 },
  mlp: { layers: [784, 512, 256, 10], activation: 'relu', batch: 128, optimizer: 'adam', steps: 100, floor: 1 },
  'mlp-wide': { layers: [1024, 2048, 2048, 1000], activation: 'relu', batch: 256, optimizer: 'adam', steps: 5, floor: 1 },
};

export const samples = 8192;
export const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const optimizers = {
  sgd: () => optim.sgd({ learningRate: 0.1 }),
  momentum: () => optim.sgd({ learningRate: 0.05, momentum: 0.9, momentumForm: 'torch' }),
  adam: () => optim.adam({ learningRate: 1e-3 }),
};

/** A model without metrics. */
export function makeModel({ layers, activation, optimizer, dtype = 'float32' }, seed = 0) {
  const modules = layers.slice(1).flatMap((units, i) => [nn.linear(layers[i], units, { dtype }), nn[activation]()]);
  const network = nn.sequential(...modules.slice(0, -1));
  return new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optimizers[optimizer](), seed });
}

/** Uniform random inputs and labels as typed arrays. */
export function randomSamples({ layers }, count = samples) {
  const classes = layers.at(-1);
  return {
    x: { data: Float32Array.from({ length: count * layers[0] }, Math.random), shape: [count, layers[0]] },
    y: Int32Array.from({ length: count }, () => Math.floor(Math.random() * classes)),
  };
}

export function makeData(workload) {
  return data.from(randomSamples(workload));
}

/** The workloads named on the command line, all of them if none is. */
export function chosen(names, known = Object.keys(workloads)) {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names.length > 0 ? names : known;
  console.error(`unknown workload '${unknown}', expected ${known.join(', ')}`);
  process.exit(2);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
