// The laboratory is an entry of its own, with the same classes.
import { Model, losses, nn, tensor } from 'ravine';
import { momentumDynamics, signals } from 'ravine/lab';

const model = new Model(nn.linear(2, 1), { loss: losses.meanSquaredError() });
const { layers } = signals(model, { x: tensor([[1, 2]]), y: tensor([[1]]) });
console.log(layers.length, momentumDynamics(0.5, 0.81, 1).regime);
