// The smallest problem that no linear model solves. `npm run example -- xor`.

import * as ravine from '../../dist/index.js';
import { numbersFromCommandLine } from '../shared/options.mjs';
import { x, xor } from './experiment.mjs';

const options = numbersFromCommandLine('npm run example -- xor', {
  seed: { value: 1, check: 'seed', about: 'of the weights' },
  steps: { value: 2000, about: 'steps of gradient descent' },
});

const { network, answers, seconds, linear } = await xor(ravine, options);
x.forEach(([a, b], i) => console.log(`${a} xor ${b} = ${answers[i]}`));
console.log(`\na hidden layer: loss ${network.loss.toExponential(1)}, ${4 * network.accuracy} of 4 right`);
console.log(
  `the best linear model: loss ${linear.loss.toFixed(6)} = log 2, as good as a coin; the gradient there is ${linear.gradientNorm.toExponential(1)}`,
);
console.log(
  JSON.stringify({
    loss: network.loss,
    accuracy: network.accuracy,
    linear_loss: linear.loss,
    linear_accuracy: linear.accuracy,
    linear_gradient_norm: linear.gradientNorm,
    steps: options.steps,
    steps_per_s: Math.round(options.steps / seconds),
  }),
);
