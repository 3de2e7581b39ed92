// Trains a network of 784-512-256-10 units on MNIST, saves it, loads it again and reads a few digits. `npm start`, or with options
// `npm start -- --epochs 1 --threads 1`.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Model, data, info, losses, metrics, nn, optim, setThreads } from '../dist/index.js';
import { mnist } from './shared/mnist.mjs';
import { showDigits } from './shared/digits.mjs';
import { numbersFromCommandLine } from './shared/options.mjs';
import { progressReport } from './shared/progress.mjs';

const options = numbersFromCommandLine('npm start --', {
  epochs: { value: 5, about: 'passes over the 60,000 images' },
  'batch-size': { value: 128, about: 'images a step' },
  'learning-rate': { value: 1e-3, check: 'positive', about: "Adam's at the first step; it falls to 0 along a cosine" },
  seed: { value: 1, check: 'seed', about: 'of weights and order' },
  threads: { value: undefined, about: 'default: the cores that this process may use' },
});
if (options.threads !== undefined) setThreads(options.threads);

const [train, test] = await Promise.all(['train', 't10k'].map((name) => mnist({ data }, name, [784])));
const model = makeModel();
console.log(`${model.summary()}\n${train.samples} images to train on, ${test.samples} to test\n`);

const history = await model.fit(train, {
  epochs: options.epochs,
  batchSize: options['batch-size'],
  validation: test,
  seed: options.seed,
  ...progressReport(),
});

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), '.cache', 'mnist.safetensors');
await mkdir(dirname(file), { recursive: true });
await model.save(file);
const loaded = makeModel();
await loaded.load(file);
const { accuracy } = await loaded.evaluate(test);
console.log(`\nsaved to ${file} and loaded again\n`);

for (const digits of await readDigits(loaded, test.take(6))) console.log(`${digits}\n`);

const { threads, isa, gemm } = info();
const report = {
  test_accuracy: accuracy,
  epochs: options.epochs,
  samples_per_s: Math.round(history.samplesPerSecond),
  threads,
  isa,
  gemm,
};
console.log(JSON.stringify(report));

function makeModel() {
  const network = nn.sequential(nn.linear(784, 512), nn.relu(), nn.linear(512, 256), nn.relu(), nn.linear(256, 10));
  const steps = options.epochs * Math.ceil(train.samples / options['batch-size']);
  const learningRate = (step) => (options['learning-rate'] / 2) * (1 + Math.cos((Math.PI * step) / steps));
  return new Model(network, {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.adam({ learningRate }),
    metrics: [metrics.accuracy()],
    seed: options.seed,
  });
}

/** Pictures with what the network takes them for, three a line. */
async function readDigits(network, digits) {
  const scores = (await network.predict(digits)).toArray();
  const labels = digits.fields.get('y').tensor.data();
  const pixels = digits.fields.get('x').tensor.data();
  const pictures = scores.map((_, i) => pixels.subarray(i * 784, (i + 1) * 784));
  const captions = scores.map((row, i) => `${row.indexOf(Math.max(...row))}, labelled ${labels[i]}`);
  return [0, 3].map((from) => showDigits(pictures.slice(from, from + 3), captions.slice(from, from + 3)));
}
