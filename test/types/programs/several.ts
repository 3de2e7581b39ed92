import { data, losses, metrics, Model, nn, type Tensor } from 'ravine';

type Inputs = { readonly left: Tensor; readonly right: Tensor };
class Heads extends nn.Module<{ readonly depth: Tensor; readonly label: Tensor }, readonly [Inputs]> {
  readonly body = nn.linear(4, 1);
  forward({ left, right }: Inputs) {
    return { depth: this.body.forward(left), label: this.body.forward(right) };
  }
}

const several = new Model(new Heads(), {
  loss: { depth: losses.meanSquaredError() },
  lossWeights: { depth: 0.1 },
  metrics: { label: [metrics.accuracy()] },
});
const prediction: Promise<{ readonly depth: Tensor; readonly label: Tensor }> = several.predict({
  'x.left': [[1]],
  'x.right': [[1]],
});
const features: Promise<Tensor> = several.predict(data.from({ 'x.left': [[1]] }), { layer: 'body' });
void several.fit({ 'x.left': [[1]], 'x.right': [[1]], 'y.depth': [[1]], 'sampleWeight.depth': [1] });

const one: Model = new Model(nn.sequential(nn.linear(4, 1)), { loss: losses.meanSquaredError(), metrics: [metrics.accuracy()] });
const single: Promise<Tensor> = one.predict([[1, 2, 3, 4]]);

// expect-error: 'lable' does not exist in type @ lable
new Model(new Heads(), { loss: { lable: losses.meanSquaredError() } });
// expect-error: 'label' does not exist in type 'Loss' @ label
new Model(nn.linear(4, 1), { loss: { label: losses.meanSquaredError() } });
// expect-error: is not assignable to type 'undefined' @ lossWeights
new Model(nn.linear(4, 1), { loss: losses.meanSquaredError(), lossWeights: { a: 1 } });
// expect-error: Property 'lable' does not exist on type @ lable
void several.predict({ 'x.left': [[1]] }).then(({ lable }) => lable);
void prediction;
void features;
void single;
