// Batch normalisation on MNIST: what it does for learning rates, and what small batches do to it, with the remedies beside each other.

import { mnist } from '../shared/mnist.mjs';

const classes = 10;

/** A network of 784-100-100-100-10 units, as in the paper, by what normalises their hidden layers. */
function networkOf(nn, normalize, activation = nn.sigmoid) {
  const size = 100;
  const hidden = (inputs) => [nn.linear(inputs, size), ...(normalize ? [normalize(size)] : []), activation()];
  return nn.sequential(...hidden(784), ...hidden(size), ...hidden(size), nn.linear(size, classes));
}

/**
 * Test accuracies after `epochs` over `samples` images in batches of 64 of plain SGD, by learning rate: without batch normalisation and with it. A loss that is
 * not finite counts as guessing. `ravine`: the library's exports.
 */
export async function byLearningRate(ravine, { rates, samples, epochs, seed }) {
  const { nn } = ravine;
  const { train, test } = await digits(ravine, samples);
  const rows = [];
  for (const rate of rates) {
    const learn = async (normalize) => {
      const model = modelOf(ravine, networkOf(nn, normalize), rate, seed);
      const { accuracy } = await fitted(ravine, model, train, test, { epochs, batchSize: 64, seed });
      model.dispose();
      return accuracy;
    };
    rows.push({ rate, without: await learn(undefined), with: await learn((size) => nn.batchNorm(size)) });
  }
  return rows;
}

const guessing = { accuracy: 1 / classes, loss: Math.log(classes) };

async function fitted({ DivergenceError }, model, train, test, options) {
  try {
    await model.fit(train, options);
    return await model.evaluate(test);
  } catch (error) {
    if (error instanceof DivergenceError) return guessing;
    throw error;
  }
}

/**
 * Test accuracies after training in batches of `batchSize`, by remedy. `few`: each batch holds images of two digits only, so that its statistics are no digit's
 * own and far from those of all images; else batches are drawn from all. The rows after batch normalisation by running averages:
 *
 * - `batch statistics`: the same trained network with the behaviour of training kept, on batches like those of training
 * - `merged`: the same, merged into its linear layers
 * - `frozen, fine-tuned`: the same, trained for `fineTuning` more epochs by running averages that stay as they are
 */
export async function remedies(ravine, { batchSize, few, samples, epochs, fineTuning, seed }) {
  const { nn } = ravine;
  const { train: drawn, test: all } = await digits(ravine, samples);
  const [train, test] = few ? [pairsOfDigits(drawn, batchSize, seed), pairsOfDigits(all, batchSize, seed)] : [drawn, all];
  const options = { epochs, batchSize, seed, shuffle: !few };
  const steps = epochs * Math.ceil(samples / batchSize);
  const make = (normalize) => modelOf(ravine, networkOf(nn, normalize, nn.relu), 0.02, seed);
  const learnt = async (normalize) => {
    const model = make(normalize);
    const { accuracy } = await fitted(ravine, model, train, test, options);
    model.dispose();
    return accuracy;
  };

  const model = make((size) => nn.batchNorm(size));
  const running = (await fitted(ravine, model, train, test, options)).accuracy;
  const kept = make((size) => nn.batchNorm(size, { testStatistics: 'batch' }));
  kept.loadStateDict(await model.stateDict());
  const batch = (await kept.evaluate(test, { batchSize })).accuracy;
  const merged = modelOf(ravine, nn.fold(model.network), 0, seed);
  const [before, after] = [await model.predict(test), await merged.predict(test)].map((scores) => scores.data());
  const difference = before.reduce((most, score, i) => Math.max(most, Math.abs(score - after[i])), 0);
  const folded = (await merged.evaluate(test)).accuracy;
  for (const layer of model.network.layers) if (layer instanceof nn.BatchNorm) layer.freezeStatistics();
  const fineTuned = (await fitted(ravine, model, train, test, { ...options, epochs: fineTuning })).accuracy;
  for (const used of [model, kept, merged]) used.dispose();
  // The schedule is the paper's, cut to this length: plain batch normalisation in the first tenth, the limits fully open at the half.
  const renorm = { momentum: 0.01, start: Math.floor(steps / 10), rEnd: Math.floor(steps / 2), dEnd: Math.floor(steps / 3) };
  return {
    rows: {
      'no normalisation': await learnt(undefined),
      'batch norm, running averages': running,
      'batch norm, batch statistics': batch,
      'batch norm, merged': folded,
      'batch norm, frozen, fine-tuned': fineTuned,
      'batch renorm': await learnt((size) => nn.batchRenorm(size, renorm)),
      'group norm': await learnt((size) => nn.groupNorm(10, size)),
      'layer norm': await learnt((size) => nn.layerNorm(size)),
    },
    mergedDifference: difference,
  };
}

function modelOf({ Model, losses, metrics, optim }, network, learningRate, seed) {
  const parts = { loss: losses.softmaxCrossEntropy(), metrics: [metrics.accuracy()], seed };
  return new Model(network, { ...parts, optimizer: optim.sgd({ learningRate }) });
}

async function digits(ravine, samples) {
  const [train, test] = await Promise.all(['train', 't10k'].map((name) => mnist(ravine, name, [784])));
  return { train: train.take(samples), test };
}

/** The same images in another order: each batch takes half its images from one digit and half from another. What does not fill a batch is left out. */
function pairsOfDigits(dataset, batchSize, seed) {
  const labels = dataset.fields.get('y').tensor.data();
  const random = uniformNumbers(seed);
  const rows = Array.from({ length: classes }, () => []);
  labels.forEach((label, row) => rows[label].push(row));
  const half = batchSize / 2;
  const order = [];
  for (;;) {
    const left = rows.filter((own) => own.length >= half);
    if (left.length < 2) return dataset.subset(order);
    const first = Math.floor(random() * left.length);
    const second = (first + 1 + Math.floor(random() * (left.length - 1))) % left.length;
    order.push(...left[first].splice(0, half), ...left[second].splice(0, half));
  }
}

/** A linear congruential generator: the same order on every machine. */
function uniformNumbers(seed) {
  let state = (seed + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
