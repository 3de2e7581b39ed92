// Why batch: the variance of a batch's gradient falls as 1/N_b, and so does the time a sample, until the machine is full.

/**
 * By batch size: E‖g_b − ḡ‖², the variance of the gradient of the mean loss over batches drawn with replacement, against the gradient over all samples; and
 * seconds a sample in training. `ravine`: the library's exports.
 */
export async function batching(ravine, { sizes, draws, seconds, seed }) {
  const { jit, tensor, valueAndGrad } = ravine;
  const problem = makeProblem(seed);
  const { x, y, samples, features } = problem;
  const gradient = jit((w, inputs, targets) => valueAndGrad((v) => inputs.matmul(v).tanh().sub(targets).square().mean())(w)[1]);
  const w = tensor(Array.from({ length: features }, (_, i) => [Math.sin(i) / 4]));
  const at = (rows) => {
    const inputs = tensor(Float32Array.from(rows.flatMap((row) => [...x.subarray(row * features, (row + 1) * features)])), {
      shape: [rows.length, features],
    });
    const targets = tensor(
      Float32Array.from(rows, (row) => y[row]),
      { shape: [rows.length, 1] },
    );
    return gradient.sync(w, inputs, targets).data();
  };
  const whole = at(Array.from({ length: samples }, (_, i) => i));
  const rows = [];
  for (const size of sizes) {
    let sum = 0;
    for (let draw = 0; draw < draws; draw++) {
      const g = at(Array.from({ length: size }, () => Math.floor(problem.random() * samples)));
      sum += g.reduce((square, value, i) => square + (value - whole[i]) ** 2, 0);
    }
    const secondsPerSample = seconds > 0 ? await timeTraining(ravine, problem, size, seconds) : NaN;
    rows.push({ size, variance: sum / draws, microsecondsPerSample: 1e6 * secondsPerSample });
  }
  return rows;
}

/** Least squares of log y on log x: the exponent of a power law. */
export function exponent(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (index) => logs.reduce((sum, point) => sum + point[index], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

async function timeTraining({ Model, data, losses, nn, optim }, { x, y, samples, features }, batchSize, seconds) {
  const network = nn.sequential(nn.linear(features, 256), nn.relu(), nn.linear(256, 1));
  const model = new Model(network, { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 1e-3 }) });
  const dataset = data.from({ x: { data: x, shape: [samples, features] }, y: { data: y, shape: [samples, 1] } });
  let best = Infinity;
  const end = performance.now() + 1000 * seconds;
  await model.fit(dataset, { steps: 1, batchSize });
  do {
    const history = await model.fit(dataset, { steps: Math.ceil(512 / batchSize), batchSize });
    best = Math.min(best, history.seconds / history.samples);
  } while (performance.now() < end);
  model.dispose();
  return best;
}

function makeProblem(seed) {
  const [samples, features] = [4096, 64];
  let state = (seed + 1) >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const x = Float32Array.from({ length: samples * features }, () => random() * 2 - 1);
  const y = Float32Array.from({ length: samples }, (_, row) => Math.tanh(x[row * features] * 2) + (random() - 0.5) / 2);
  return { samples, features, x, y, random };
}
