import { Model, data, losses, nn, optim, tensor } from 'ravine';

const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);

const network = nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 1), nn.sigmoid());
const model = new Model(network, { loss: losses.meanSquaredError(), optimizer: optim.adam({ learningRate: 0.05 }) });
await model.fit(data.from({ x: inputs, y: targets }), { epochs: 500, batchSize: 4, seed: 1 });
const predicted = await model.predict(inputs);
console.log(Array.from(predicted.data(), Math.round).join(' '));
