import { createHash } from 'node:crypto';
import { Model, data, losses, metrics, nn, optim } from 'ravine';

// node checkpoint.mjs STEPS [from FILE | to FILE]: trains to so many steps; prints the logs and a hash of all that was trained.
const [steps, verb, file] = process.argv.slice(2);
const network = nn.sequential(nn.linear(8, 32), nn.batchNorm(32), nn.relu(), nn.dropout(0.2), nn.linear(32, 3));
const learningRate = optim.schedules.warmUp(optim.schedules.cosine({ start: 0.01, over: 40 }), 5);
const model = new Model(network, {
  loss: losses.softmaxCrossEntropy(),
  optimizer: optim.adam({ learningRate, amsgrad: true }),
  metrics: [metrics.accuracy()],
  seed: verb === 'from' ? 99 : 5,
});
const x = Float32Array.from({ length: 100 * 8 }, (_, i) => Math.sin(i * i));
const y = Int32Array.from({ length: 100 }, (_, i) => i % 3);
if (verb === 'from') await model.loadCheckpoint(file);
const history = await model.fit(data.from({ x: { data: x, shape: [100, 8] }, y }), {
  steps: Number(steps),
  batchSize: 16,
  resume: verb === 'from',
});
if (verb === 'to') await model.saveCheckpoint(file);
const hash = createHash('sha256');
for (const [name, tensor] of await model.stateDict()) hash.update(name).update(tensor.data());
console.log(JSON.stringify({ step: model.steps, logs: history.logs.loss?.at(-1), hash: hash.digest('hex') }));
