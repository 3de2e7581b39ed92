// One function, many parameters: hidden units' weights may be multiplied on one side and divided on the other. SGD sees the difference, Path-SGD does not.

/**
 * Fits of a two-layer target from a balanced start and from the same function out of balance: incoming weights of each hidden unit times a factor between
 * 1/spread and spread. Each optimiser has the rate of `rates` that is best from the balanced start; SGD also that which is best from the other. `ravine`, `lab`:
 * the library's exports. Gives runs { start, optimizer, rate, losses, imbalance }; losses end where the fit diverged.
 */
export async function gauge(ravine, lab, { samples, epochs, units, spread, seed }) {
  const { optim } = ravine;
  const data = makeData(samples, seed);
  const factors = [seed + 1, seed + 2].map((own) => spreadFactors(units, spread, own));
  const starts = await makeStarts(ravine, lab, { units, factors, seed });
  const makers = {
    SGD: (learningRate) => optim.sgd({ learningRate }),
    'Path-SGD': (learningRate) => optim.pathSgd({ learningRate }),
  };
  const run = (start, optimizer, rate) =>
    train(ravine, lab, { data, units, epochs, seed, start: starts[start], optimizer: makers[optimizer](rate) });
  const best = async (start, optimizer) => {
    const rates = Array.from({ length: 13 }, (_, i) => 10 ** (-i / 2));
    let found;
    for (const rate of rates) {
      const tried = { start, optimizer, rate, ...(await run(start, optimizer, rate)) };
      if (!found || finalLoss(tried, epochs) < finalLoss(found, epochs)) found = tried;
    }
    return found;
  };
  const runs = [];
  for (const optimizer of Object.keys(makers)) {
    const balanced = await best('balanced', optimizer);
    runs.push(balanced, {
      start: 'unbalanced',
      optimizer,
      rate: balanced.rate,
      ...(await run('unbalanced', optimizer, balanced.rate)),
    });
  }
  runs.push(await best('unbalanced', 'SGD'));
  return runs;
}

/** Losses from which no fit comes back. */
const diverged = 1e6;

/** Infinity for a fit that diverged. */
export function finalLoss({ losses }, epochs) {
  return losses.length === epochs ? losses.at(-1) : Infinity;
}

/** The largest relative difference of two loss curves; Infinity where one ends before the other. */
export function curveDifference(one, other) {
  if (one.length !== other.length) return Infinity;
  return Math.max(...one.map((loss, i) => Math.abs(other[i] / loss - 1)));
}

/** Weights of a network whose hidden units are balanced, and of the same function out of balance. */
async function makeStarts({ Model, nn }, lab, { units, factors, seed }) {
  const model = new Model(makeNetwork(nn, units), { seed });
  // Each unit by the fourth root of its outgoing over its incoming norm: half way, since its neighbours move too.
  for (let i = 0; i < 60; i++) {
    const layers = await lab.balance(model);
    await lab.rescale(
      model,
      layers.map(({ incoming, outgoing }) => incoming.map((norm, unit) => (outgoing[unit] / norm) ** 0.25)),
    );
  }
  const balanced = await model.stateDict();
  await lab.rescale(model, factors);
  const unbalanced = await model.stateDict();
  model.dispose();
  return { balanced, unbalanced };
}

function makeNetwork(nn, units) {
  const dtype = 'float64';
  return nn.sequential(
    nn.linear(4, units, { dtype }),
    nn.relu(),
    nn.linear(units, units, { dtype }),
    nn.relu(),
    nn.linear(units, 1, { dtype }),
  );
}

async function train({ losses, Model, nn }, lab, { data, units, epochs, seed, start, optimizer }) {
  const model = new Model(makeNetwork(nn, units), { loss: losses.meanSquaredError(), optimizer, seed });
  model.loadStateDict(start);
  const imbalance = Math.max(...(await lab.balance(model)).map((layer) => layer.imbalance));
  const curve = [];
  try {
    const onEpochEnd = ({ logs }) => {
      if (!(logs.loss < diverged)) return false;
      curve.push(logs.loss);
    };
    await model.fit(data, { epochs, batchSize: 32, onEpochEnd });
  } catch (error) {
    if (error.name !== 'DivergenceError') throw error;
  } finally {
    model.dispose();
  }
  return { losses: curve, imbalance };
}

function randomFrom(seed) {
  let state = (seed + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** From 1/spread to spread, evenly in their logarithms. */
function spreadFactors(units, spread, seed) {
  const random = randomFrom(seed);
  return Array.from({ length: units }, () => spread ** (2 * random() - 1));
}

/** y = |x₁ + x₂| − |x₃ − x₄| */
function makeData(samples, seed) {
  const random = randomFrom(seed);
  const x = Float64Array.from({ length: 4 * samples }, () => 2 * random() - 1);
  const y = Float64Array.from(
    { length: samples },
    (_, i) => Math.abs(x[4 * i] + x[4 * i + 1]) - Math.abs(x[4 * i + 2] - x[4 * i + 3]),
  );
  return { x: { data: x, shape: [samples, 4] }, y: { data: y, shape: [samples, 1] } };
}
