// Universal approximation, measured: one hidden layer fits a continuous function on an interval the better the wider it is, unless its activation is a
// polynomial, and promises nothing outside; a sawtooth takes two units a layer where layers are many, and as many units as it has straight pieces where there
// is one.

const dtype = 'float64';
const points = 200;
/** What is fitted on [−1, 1]. */
const target = (x) => Math.sin(10 * x) + x * x;

/** Where fitted curves are shown, and the target there: over the interval and as far again on either side. */
export const shownAt = Array.from({ length: 241 }, (_, i) => (i - 120) / 60);
export const shownTarget = shownAt.map(target);

/**
 * Root mean square errors by width of one hidden layer, each the best of `restarts` fits by BFGS: `inside` [−1, 1], between the points that were fitted,
 * `outside`, where 1 < |x| < 2, and `square`, that inside with x² for the activation in place of tanh; and the `curve` at `shownAt`. `ravine`: the library's
 * exports.
 */
export async function byWidth(ravine, { widths, restarts, iterations, seed }) {
  const { nn } = ravine;
  const rows = [];
  for (const width of widths) {
    const fit = (activation) => bestFit(ravine, width, activation, { restarts, iterations, seed });
    const [tanh, square] = [await fit(() => nn.tanh()), await fit(() => nn.lambda((x) => x.square()))];
    rows.push({ width, inside: tanh.inside, outside: tanh.outside, square: square.inside, curve: tanh.curve });
  }
  return rows;
}

async function bestFit(ravine, width, activation, { restarts, iterations, seed }) {
  const { Model, losses, nn } = ravine;
  const fitted = Array.from({ length: points }, (_, i) => (2 * i) / (points - 1) - 1);
  const between = fitted.slice(1).map((x, i) => (x + fitted[i]) / 2);
  const beyond = between.flatMap((x) => [-1.5 + x / 2, 1.5 + x / 2]);
  // Steep enough that tanh bends at places of its own all over the interval.
  const spread = nn.uniform(-8, 8);
  let best = { loss: Infinity };
  for (let restart = 0; restart < restarts; restart++) {
    const network = nn.sequential(
      nn.linear(1, width, { dtype, weightInitializer: spread, biasInitializer: spread }),
      activation(),
      nn.linear(width, 1, { dtype }),
    );
    const model = new Model(network, { loss: losses.meanSquaredError(), seed: seed + restart });
    const { value: loss } = await model.minimize(samplesOf(fitted, target), { method: 'bfgs', maxIterations: iterations });
    if (loss < best.loss) {
      const [inside, outside] = [await error(model, between, target), await error(model, beyond, target)];
      best = { loss, inside, outside, curve: [...(await model.predict(column(shownAt))).data()] };
    }
    model.dispose();
  }
  return best;
}

/**
 * Root mean square errors on the sawtooth t(t(…t(x))) of `depth` tents t(x) = 2x or 2 − 2x on [0, 1]: 2^depth straight pieces. `deep`: of that many layers
 * of two units. `shallow`: of one layer, by its units, fitted; `needed` is the first of these numbers that does it.
 */
export async function sawtooth(ravine, { depth, iterations }) {
  const at = Array.from({ length: 8 * 2 ** depth + 1 }, (_, i) => i / (8 * 2 ** depth));
  const teeth = (x) => Array.from({ length: depth }).reduce((y) => 1 - Math.abs(2 * y - 1), x);
  const shallow = [];
  for (let units = 2; units <= 2 ** depth; units *= 2)
    shallow.push({ units, error: await fitKinks(ravine, units, at, teeth, iterations) });
  const deep = { units: 2 * depth, error: await error(deepSawtooth(ravine, depth), at, teeth) };
  return { pieces: 2 ** depth, deep, shallow, needed: shallow.find(({ error }) => error < 1e-6)?.units };
}

/** t(x) = ReLU(2x) − ReLU(4x − 2), again and again, set by hand: this is about what a network can be, not about finding it. */
function deepSawtooth({ Model, losses, nn, tensor }, depth) {
  const inner = Array.from({ length: depth - 1 }, () => [nn.linear(2, 2, { dtype }), nn.relu()]).flat();
  const network = nn.sequential(nn.linear(1, 2, { dtype }), nn.relu(), ...inner, nn.linear(2, 1, { dtype }));
  const model = new Model(network, { loss: losses.meanSquaredError() });
  const float64 = (values) => tensor(values, { dtype });
  const state = new Map();
  for (let layer = 0; layer < depth; layer++) {
    state.set(
      `${2 * layer}.weight`,
      float64(
        layer === 0
          ? [[2], [4]]
          : [
              [2, -2],
              [4, -4],
            ],
      ),
    );
    state.set(`${2 * layer}.bias`, float64([0, -2]));
  }
  state.set(`${2 * depth}.weight`, float64([[1, -1]]));
  state.set(`${2 * depth}.bias`, float64([0]));
  model.loadStateDict(state);
  return model;
}

/** One layer of ReLUs whose kinks begin evenly spaced: least squares for its outputs, exact by one step of Newton's, then all parameters by BFGS. */
async function fitKinks({ Model, losses, nn, tensor }, units, at, f, iterations) {
  const kinks = Array.from({ length: units }, (_, i) => -i / units);
  const hidden = nn.linear(1, units, { dtype, weightInitializer: 'ones', biasInitializer: () => tensor(kinks, { dtype }) });
  const model = new Model(nn.sequential(hidden, nn.relu(), nn.linear(units, 1, { dtype })), { loss: losses.meanSquaredError() });
  hidden.freeze();
  await model.minimize(samplesOf(at, f), { method: 'newton', maxIterations: 3 });
  hidden.unfreeze();
  await model.minimize(samplesOf(at, f), { method: 'bfgs', maxIterations: iterations });
  const found = await error(model, at, f);
  model.dispose();
  return found;
}

const column = (values) => ({ data: Float64Array.from(values), shape: [values.length, 1] });
const samplesOf = (xs, f) => ({ x: column(xs), y: column(xs.map(f)) });
const error = async (model, xs, f) => Math.sqrt((await model.evaluate(samplesOf(xs, f))).loss);
