// The engines that `bench:js` compares, behind one face:
//   { name, steps: of one timed call, call(): trains so many steps on shuffled batches, follow(order): trains on given batches and gives the loss of
//     the first of them afterwards, note? }

import { data as dataSets, tensor } from '../dist/index.js';
import { PlainNetwork } from './plain.mjs';
import { makeModel, version } from './workloads.mjs';

/** `setup`: workload, weights [{ weight [in, out], bias }], x and y as typed arrays, count of samples. */
export const engines = { ravine, plain, tfjs, brain };

function ravine({ workload, weights, x, y, count }) {
  const { layers, batch, steps } = workload;
  const state = new Map(
    weights.flatMap(({ weight, bias }, i) => [
      [`${2 * i}.weight`, tensor(weight, { shape: [layers[i], layers[i + 1]] }).transpose()],
      [`${2 * i}.bias`, tensor(bias)],
    ]),
  );
  const begin = () => {
    const model = makeModel(workload);
    model.loadStateDict(state);
    return model;
  };
  const data = dataSets.from({ x: { data: x, shape: [count, layers[0]] }, y });
  const model = begin();
  return {
    name: `ravine ${version}`,
    steps,
    call: () => model.fit(data, { steps, batchSize: batch }),
    async follow(order) {
      const rows = gatherRows(x, y, order.flat(), layers[0]);
      const follower = begin();
      await follower.fit(rows, { steps: order.length, batchSize: batch, shuffle: false });
      return (await follower.evaluate(gatherRows(x, y, order[0], layers[0]))).loss;
    },
  };
}

function plain({ workload, weights, x, y, count }) {
  const begin = () => new PlainNetwork(workload.layers, weights, workload);
  const steps = { xor: 2000, 'mlp-small': 20, mlp: 2 }[workload.name];
  const network = begin();
  const next = batches(count, workload.batch);
  return {
    name: 'typed arrays',
    steps,
    call() {
      for (let i = 0; i < steps; i++) network.step(x, y, next());
    },
    follow(order) {
      const follower = begin();
      for (const rows of order) follower.step(x, y, rows);
      follower.gather(x, y, order[0]);
      return follower.forward();
    },
  };
}

async function tfjs({ workload, weights, x, y, count }) {
  const tf = await import('@tensorflow/tfjs');
  await tf.setBackend('cpu');
  const { layers, batch, activation, optimizer } = workload;
  const optimizers = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.05, 0.9),
    adam: () => tf.train.adam(1e-3, 0.9, 0.999, 1e-8),
  };
  const inputs = tf.tensor2d(x, [count, layers[0]]);
  const targets = tf.oneHot(tf.tensor1d(y, 'int32'), layers.at(-1)).toFloat();
  const begin = () => {
    const variables = weights.map(({ weight, bias }, i) => [
      tf.variable(tf.tensor2d(weight, [layers[i], layers[i + 1]])),
      tf.variable(tf.tensor1d(bias)),
    ]);
    const update = optimizers[optimizer]();
    const loss = (rows) => {
      const index = tf.tensor1d(rows, 'int32');
      const logits = variables.reduce(
        (h, [w, b], i) => {
          const z = h.matMul(w).add(b);
          return i === variables.length - 1 ? z : tf[activation](z);
        },
        tf.gather(inputs, index),
      );
      return tf.losses.softmaxCrossEntropy(tf.gather(targets, index), logits);
    };
    return { loss, step: (rows) => tf.tidy(() => void update.minimize(() => loss(rows))) };
  };
  const steps = { xor: 50, 'mlp-small': 5, mlp: 1 }[workload.name];
  const next = batches(count, batch);
  const trained = begin();
  return {
    name: `tfjs ${tf.version.tfjs} cpu`,
    steps,
    call() {
      for (let i = 0; i < steps; i++) trained.step(next());
    },
    follow(order) {
      const follower = begin();
      for (const rows of order) follower.step(rows);
      return tf.tidy(() => follower.loss(order[0]).dataSync()[0]);
    },
  };
}

/** It knows squared error and one update a sample only, so it can do none of the workloads; the four rows of XOR show its pace. */
async function brain({ workload }) {
  if (workload.name !== 'xor') return undefined;
  const { default: library } = await import('brain.js');
  const network = new library.NeuralNetwork({ hiddenLayers: [8], activation: 'tanh' });
  const rows = [0, 1, 2, 3].map((i) => ({ input: [i >> 1, i & 1], output: i === 1 || i === 2 ? [0, 1] : [1, 0] }));
  const steps = 500;
  return {
    name: 'brain.js 1.6.1',
    steps,
    note: 'another training: squared error, one update a sample',
    call: () => void network.train(rows, { iterations: steps, errorThresh: 1e-300, learningRate: 0.1 }),
  };
}

/** Batches of a random permutation, drawn anew when it is used up. */
function batches(count, batch) {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  let at = count;
  return () => {
    if (at + batch > count) {
      for (let i = count - 1; i > 0; i--) {
        const j = Math.floor(Math.random() * (i + 1));
        [order[i], order[j]] = [order[j], order[i]];
      }
      at = 0;
    }
    at += batch;
    return order.subarray(at - batch, at);
  };
}

/** Samples as `fit` takes them. */
export function gatherRows(x, y, rows, features) {
  const data = new Float32Array(rows.length * features);
  rows.forEach((row, i) => data.set(x.subarray(row * features, (row + 1) * features), i * features));
  return { x: { data, shape: [rows.length, features] }, y: Int32Array.from(rows, (row) => y[row]) };
}
