// An encoder learns the digits 0–4; then a new classifier learns 5–9 from a few labels: on the frozen encoder, fine-tuning it at a tenth of the rate with
// the statistics of its batch normalisation frozen or live, and with an encoder that begins from nothing.

import { mnist } from '../shared/mnist.mjs';

const features = 128;

/** Test accuracies on 5–9. `ravine`: the library's exports. */
export async function transfer(ravine, { samples, labels, epochs, seed }, report = () => undefined) {
  const { Model, losses, metrics, nn, optim } = ravine;
  const [train, test] = await Promise.all(['train', 't10k'].map((name) => mnist(ravine, name, [28, 28, 1])));
  const parts = { loss: losses.softmaxCrossEntropy(), metrics: [metrics.accuracy()], seed };
  const few = digits(ravine, train, 5, labels * 5, labels);
  const many = digits(ravine, test, 5);
  const fitFew = async (model) => {
    await model.fit(few, { steps: 200, batchSize: 25, seed });
    return (await model.evaluate(many)).accuracy;
  };

  const encoder = encoderOf(nn);
  const first = new Model(nn.sequential(encoder, nn.linear(features, 5)), { ...parts, optimizer: optim.adam() });
  await first.fit(digits(ravine, train, 0, samples), { epochs, batchSize: 64, seed });
  const pretrained = (await first.evaluate(digits(ravine, test, 0))).accuracy;
  report(`encoder and classifier on 0–4, ${samples} images: ${percent(pretrained)} of the test images right`);

  const learnt = await first.stateDict();
  const tune = async (statistics) => {
    const own = encoderOf(nn);
    const model = new Model(nn.sequential(own, nn.linear(features, 5)), {
      ...parts,
      optimizer: optim.groups([
        { name: 'encoder', parameters: own, optimizer: optim.adam({ learningRate: 1e-3 }) },
        { name: 'classifier', optimizer: optim.adam({ learningRate: 1e-2 }) },
      ]),
    });
    const fresh = await model.stateDict();
    model.loadStateDict(new Map([...fresh].map(([name, tensor]) => [name, name.startsWith('0.') ? learnt.get(name) : tensor])));
    const norms = own.layers.filter((layer) => layer instanceof nn.BatchNorm);
    for (const norm of norms) norm.freezeStatistics();
    own.freeze();
    const frozen = await fitFew(model);
    if (statistics === 'live') for (const norm of norms) norm.unfreezeStatistics();
    own.unfreeze();
    return { frozen, fineTuned: await fitFew(model) };
  };
  const { frozen, fineTuned } = await tune('frozen');
  report(`5–9 from ${labels} labels a class, encoder frozen: ${percent(frozen)}`);
  report(`then fine-tuned at a tenth of the rate, statistics frozen: ${percent(fineTuned)}`);
  const { fineTuned: live } = await tune('live');
  report(`with live statistics: ${percent(live)}`);

  const fresh = new Model(nn.sequential(encoderOf(nn), nn.linear(features, 5)), { ...parts, optimizer: optim.adam() });
  await fitFew(fresh);
  const scratch = await fitFew(fresh);
  report(`from scratch, as many steps: ${percent(scratch)}`);
  return { pretrained, frozen, fineTuned, live, scratch };
}

export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function encoderOf(nn) {
  return nn.sequential(
    nn.conv2d(1, 16, 3, { padding: 1, bias: false }),
    nn.batchNorm(16),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(16, 32, 3, { padding: 1, bias: false }),
    nn.batchNorm(32),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(32 * 7 * 7, features),
    nn.relu(),
  );
}

/** The first `count` images of the five digits from `lowest` on, at most `each` of one digit; labels from 0. */
function digits({ data }, dataset, lowest, count = Infinity, each = Infinity) {
  const labels = dataset.fields.get('y').tensor.data();
  const seen = [0, 0, 0, 0, 0];
  const rows = [];
  for (let row = 0; row < labels.length && rows.length < count; row++) {
    const digit = labels[row] - lowest;
    if (digit >= 0 && digit < 5 && seen[digit]++ < each) rows.push(row);
  }
  const chosen = dataset.subset(rows);
  const y = Int32Array.from(rows, (row) => labels[row] - lowest);
  return data.from({ x: chosen.fields.get('x').tensor, y }, { scale: 1 / 255 });
}
