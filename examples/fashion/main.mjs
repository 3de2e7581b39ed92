// Classifies Fashion-MNIST with a small convolutional network and augmentation. `npm run example -- fashion`, in a short form
// `npm run example -- fashion --epochs 1 --samples 2000`.

import { Model, info, losses, metrics, nn, optim, setThreads, data } from '../../dist/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { progressReport } from '../shared/progress.mjs';
import { classes, fashionMnist } from './data.mjs';

const options = numbersFromCommandLine('npm run example -- fashion', {
  epochs: { value: 12, about: 'passes over the training pictures' },
  'batch-size': { value: 64, about: 'pictures a step' },
  'learning-rate': { value: 1.5e-3, check: 'positive', about: "Adam's at its highest; it rises, then falls to 0 along a cosine" },
  samples: { value: undefined, about: 'pictures to train on; default: all' },
  seed: { value: 1, check: 'seed', about: 'of split, weights, order and augmentation' },
  threads: { value: undefined, about: 'default: the cores that this process may use' },
});
if (options.threads !== undefined) setThreads(options.threads);

const { dataset, dropped } = await fashionMnist();
console.log(`${dataset.samples} pictures, without ${dropped.malformed} malformed rows and ${dropped.duplicates} duplicates`);
// 10,000 to test on; of the 70,000 rows of the original 54 are gone, all from what is trained on.
const [test, rest] = dataset.split(10_000, { stratify: true, seed: options.seed });
const train = options.samples === undefined ? rest : rest.take(Math.min(options.samples, rest.samples));
const model = new Model(network(), {
  loss: losses.softmaxCrossEntropy(),
  optimizer: optim.adamw({
    learningRate: optim.schedules.oneCycle({ max: options['learning-rate'], over: { epochs: options.epochs } }),
    weightDecay: 0.01,
  }),
  metrics: [metrics.accuracy()],
  seed: options.seed,
});
console.log(`${model.summary([28, 28, 1])}\n${train.samples} pictures to train on, ${test.samples} to test on\n`);

const history = await model.fit(data.augment(train, { randomCrop: { padding: 2 }, horizontalFlip: true }), {
  epochs: options.epochs,
  batchSize: options['batch-size'],
  validation: test,
  seed: options.seed,
  ...progressReport(),
});
const { accuracy } = await model.evaluate(test);
for (const line of await worstConfusions()) console.log(line);

const { threads, isa } = info();
const samples_per_s = Math.round(history.samplesPerSecond);
console.log(
  JSON.stringify({
    test_accuracy: accuracy,
    split: 'ours',
    epochs: options.epochs,
    samples: train.samples,
    samples_per_s,
    threads,
    isa,
  }),
);

function network() {
  return nn.sequential(
    nn.conv2d(1, 32, 3, { padding: 1, bias: false }),
    nn.batchNorm(32),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(32, 64, 3, { padding: 1, bias: false }),
    nn.batchNorm(64),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.dropout(0.25),
    nn.linear(64 * 7 * 7, 128),
    nn.relu(),
    nn.dropout(0.25),
    nn.linear(128, 10),
  );
}

/** The pairs of classes that are taken for each other most often. */
async function worstConfusions() {
  const scores = (await model.predict(test)).toArray();
  const labels = test.fields.get('y').tensor.data();
  const counts = new Map();
  scores.forEach((row, i) => {
    const guess = row.indexOf(Math.max(...row));
    const pair = `${classes[labels[i]]} taken for ${classes[guess]}`;
    if (guess !== labels[i]) counts.set(pair, (counts.get(pair) ?? 0) + 1);
  });
  const worst = [...counts].sort(([, a], [, b]) => b - a).slice(0, 5);
  return worst.map(([pair, count]) => `${String(count).padStart(4)}  ${pair}`);
}
