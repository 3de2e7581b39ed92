// Every optimiser's step next to a triad: `node bench/optimizers.mjs [name …] [--parameters N] [--threads N]`. One JSON line each.

import { optim, setThreads } from '../dist/index.js';
import { commandLine } from './command-line.mjs';
import { measureStep } from './step.mjs';
import { chosen, version } from './workloads.mjs';

const optimizers = {
  sgd: () => optim.sgd({ learningRate: 0.1 }),
  momentum: () => optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
  nesterov: () => optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, momentumForm: 'torch' }),
  dampened: () => optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch', dampening: 0.1 }),
  adagrad: optim.adagrad,
  rmsprop: optim.rmsprop,
  'rmsprop-all': () => optim.rmsprop({ centered: true, momentum: 0.9 }),
  adam: optim.adam,
  amsgrad: () => optim.adam({ amsgrad: true }),
  adamw: optim.adamw,
  nadam: optim.nadam,
  radam: optim.radam,
  adamax: optim.adamax,
  adadelta: optim.adadelta,
  lion: () => optim.lion({ weightDecay: 0.1 }),
  lamb: () => optim.lamb({ weightDecay: 0.1 }),
};

const { values, positionals } = commandLine(
  'node bench/optimizers.mjs [name …] [--parameters N] [--threads N]',
  { parameters: { type: 'string', default: '10000000' }, threads: { type: 'string' } },
  ['parameters', 'threads'],
);
if (values.threads !== undefined) setThreads(values.threads);
for (const name of chosen(positionals, Object.keys(optimizers)))
  console.log(
    JSON.stringify({
      engine: `ravine-${version}`,
      optimizer: name,
      ...measureStep(optimizers[name](), values.parameters, { rounds: 7, steps: 5 }),
    }),
  );
