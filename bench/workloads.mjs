// What the benches train. The peers' scripts have the same table.

import { readFileSync } from 'node:fs';
import { data, losses, Model, nn, optim } from '../dist/index.js';
import { networks } from './networks.mjs';

/**
 * layers: units of a multilayer perceptron, batch-normalised with `norm`; or network: a convolutional one by name, with the shape of a sample,
 * channels last, and the number of classes. batch; optimizer; steps a window; floor: samples/s against PyTorch with two threads that we hold
 * ourselves to.
 */
export const workloads = {
  xor: { layers: [2, 8, 2], activation: 'tanh', batch: 4, optimizer: 'sgd', steps: 2000, floor: 50 },
  logistic: { layers: [784, 10], activation: 'relu', batch: 128, optimizer: 'sgd', steps: 500, floor: 5 },
  'mlp-small': { layers: [784, 128, 10], activation: 'relu', batch: 32, optimizer: 'momentum', steps: 500, floor: 3 },
  mlp: { layers: [784, 512, 256, 10], activation: 'relu', batch: 128, optimizer: 'adam', steps: 100, floor: 1 },
  'mlp-bn': { layers: [784, 512, 256, 10], norm: true, activation: 'relu', batch: 128, optimizer: 'adam', steps: 100, floor: 1 },
  'mlp-wide': { layers: [1024, 2048, 2048, 1000], activation: 'relu', batch: 256, optimizer: 'adam', steps: 5, floor: 1 },
  cnn: { network: 'cnn', input: [28, 28, 1], classes: 10, batch: 64, optimizer: 'adam', steps: 10, floor: 1 },
  resnet20: { network: 'resnet20', input: [32, 32, 3], classes: 10, batch: 32, optimizer: 'momentum', steps: 3, floor: 1 },
};

export const samples = 8192;
export const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const optimizers = {
  sgd: () => optim.sgd({ learningRate: 0.1 }),
  momentum: () => optim.sgd({ learningRate: 0.05, momentum: 0.9, momentumForm: 'torch' }),
  adam: () => optim.adam({ learningRate: 1e-3 }),
};

/** The shape of a sample. */
export function inputShape({ layers, input = [layers?.[0]] }) {
  return input;
}

export function classesOf({ layers, classes = layers?.at(-1) }) {
  return classes;
}

/** A model without metrics. */
export function makeModel({ optimizer, ...workload }, seed = 0) {
  return new Model(makeNetwork(workload), { loss: losses.softmaxCrossEntropy(), optimizer: optimizers[optimizer](), seed });
}

function makeNetwork({ network, dtype = 'float32', ...workload }) {
  if (network !== undefined) return networks[network](dtype);
  const { layers, activation, norm } = workload;
  const modules = layers.slice(1).flatMap((units, i) => {
    const normalized = norm && i < layers.length - 2 ? [nn.batchNorm(units, { dtype })] : [];
    return [nn.linear(layers[i], units, { dtype }), ...normalized, nn[activation]()];
  });
  return nn.sequential(...modules.slice(0, -1));
}

/** Uniform random inputs and labels as typed arrays. */
export function randomSamples(workload, count = samples) {
  const shape = [count, ...inputShape(workload)];
  const classes = classesOf(workload);
  return {
    x: { data: Float32Array.from({ length: shape.reduce((all, length) => all * length, 1) }, Math.random), shape },
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
