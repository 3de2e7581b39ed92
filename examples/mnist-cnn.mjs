// Trains a convolutional network on MNIST. `npm run example -- mnist-cnn`, in a short form `npm run example -- mnist-cnn --epochs 1 --samples 2000`.

import { Model, data, info, losses, metrics, nn, optim, setThreads } from '../dist/index.js';
import { mnist } from './shared/mnist.mjs';
import { numbersFromCommandLine } from './shared/options.mjs';
import { progressReport } from './shared/progress.mjs';

const options = numbersFromCommandLine('npm run example -- mnist-cnn', {
  epochs: { value: 5, about: 'passes over the training images' },
  'batch-size': { value: 64, about: 'images a step' },
  'learning-rate': { value: 2e-3, check: 'positive', about: "Adam's at its highest; it rises, then falls to 0 along a cosine" },
  samples: { value: undefined, about: 'images to train on; default: all 60,000' },
  seed: { value: 1, check: 'seed', about: 'of weights and order' },
  threads: { value: undefined, about: 'default: the cores that this process may use' },
});
if (options.threads !== undefined) setThreads(options.threads);

const [all, test] = await Promise.all(['train', 't10k'].map((name) => mnist({ data }, name, [28, 28, 1])));
const train = all.take(options.samples ?? all.samples);

const network = nn.sequential(
  nn.conv2d(1, 32, 3, { padding: 1, bias: false }),
  nn.batchNorm(32),
  nn.relu(),
  nn.maxPool2d(2),
  nn.conv2d(32, 64, 3, { padding: 1, bias: false }),
  nn.batchNorm(64),
  nn.relu(),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.linear(64 * 7 * 7, 128),
  nn.relu(),
  nn.linear(128, 10),
);
const model = new Model(network, {
  loss: losses.softmaxCrossEntropy(),
  optimizer: optim.adam({
    learningRate: optim.schedules.oneCycle({ max: options['learning-rate'], over: { epochs: options.epochs } }),
  }),
  metrics: [metrics.accuracy()],
  seed: options.seed,
});
console.log(`${model.summary([28, 28, 1])}\n${train.samples} images to train on, ${test.samples} to test\n`);

const history = await model.fit(train, {
  epochs: options.epochs,
  batchSize: options['batch-size'],
  validation: test,
  seed: options.seed,
  ...progressReport(),
});

const { threads, isa } = info();
const report = {
  test_accuracy: (await model.evaluate(test)).accuracy,
  epochs: options.epochs,
  samples: train.samples,
  samples_per_s: Math.round(history.samplesPerSecond),
  threads,
  isa,
};
console.log(JSON.stringify(report));
