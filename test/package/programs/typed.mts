import { Model, data, losses, metrics, nn, optim, tensor, type Tensor } from 'ravine';

class Residual extends nn.Module {
  constructor(readonly body: nn.Module) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.add(this.body.forward(x));
  }
}

const inputs: Tensor = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);

const network = nn.sequential(nn.linear(2, 8), nn.tanh(), new Residual(nn.linear(8, 8)), nn.linear(8, 1), nn.sigmoid());
const model = new Model(network, {
  loss: losses.meanSquaredError(),
  optimizer: optim.adam({ learningRate: (step: number) => 0.05 / (1 + step / 1000) }),
  metrics: [metrics.meanAbsoluteError()],
});
await model.fit(data.from({ x: inputs, y: targets }), { epochs: 500, batchSize: 4, seed: 1 });
const predicted = await model.predict(inputs);
console.log(Array.from(predicted.data(), Math.round).join(' '));
