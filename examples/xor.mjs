// The smallest problem that no linear model solves. `npm run example -- xor`.

import { Model, losses, metrics, nn, optim } from '../dist/index.js';
import { numbersFromCommandLine } from './shared/options.mjs';

const { seed, steps } = numbersFromCommandLine('npm run example -- xor', {
  seed: { value: 1, check: 'seed', about: 'of the weights' },
  steps: { value: 2000, about: 'steps of gradient descent' },
});

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [0, 1, 1, 0];

const model = new Model(nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 2)), {
  loss: losses.softmaxCrossEntropy(),
  optimizer: optim.sgd({ learningRate: 0.5 }),
  metrics: [metrics.accuracy()],
  seed,
});
const history = await model.fit({ x, y }, { steps, batchSize: 4 });
const { loss, accuracy } = await model.evaluate({ x, y });
const scores = (await model.predict(x)).toArray();

x.forEach(([a, b], i) => console.log(`${a} xor ${b} = ${scores[i][1] > scores[i][0] ? 1 : 0}`));
console.log(JSON.stringify({ loss, accuracy, steps, steps_per_s: Math.round(steps / history.seconds) }));
