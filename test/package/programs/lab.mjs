// The laboratory is an entry of its own, with the same classes.
import { Model, losses, nn, tensor } from 'ravine';
import { lineChart, momentumDynamics, signals } from 'ravine/lab';

const model = new Model(nn.linear(2, 1), { loss: losses.meanSquaredError() });
const { layers } = signals(model, { x: tensor([[1, 2]]), y: tensor([[1]]) });
console.log(layers.length, momentumDynamics(0.5, 0.81, 1).regime);
// What draws charts is an optional peer: without it everything else works, and the first chart says what is missing.
await lineChart({ lines: { a: [1] } }).catch((error) => console.log(error.message));
