// Which optimiser arrives when: logistic regression, a long valley, and a saddle point to escape from.

/** By name; `ravine` is the library's exports. */
export function makeOptimizers({ optim }) {
  return {
    SGD: (learningRate) => optim.sgd({ learningRate }),
    momentum: (learningRate) => optim.sgd({ learningRate, momentum: 0.9 }),
    Nesterov: (learningRate) => optim.sgd({ learningRate, momentum: 0.9, nesterov: true }),
    Adagrad: (learningRate) => optim.adagrad({ learningRate }),
    RMSProp: (learningRate) => optim.rmsprop({ learningRate }),
    Adadelta: (learningRate) => optim.adadelta({ learningRate }),
    Adam: (learningRate) => optim.adam({ learningRate }),
    AMSGrad: (learningRate) => optim.adam({ learningRate, amsgrad: true }),
    AdamW: (learningRate) => optim.adamw({ learningRate }),
    Nadam: (learningRate) => optim.nadam({ learningRate }),
    RAdam: (learningRate) => optim.radam({ learningRate }),
    Adamax: (learningRate) => optim.adamax({ learningRate }),
    Lion: (learningRate) => optim.lion({ learningRate }),
    LAMB: (learningRate) => optim.lamb({ learningRate }),
  };
}

/** Functions of w [2], float64, with their starts and the windows that pictures show. */
export function makeFunctions({ exp, log1p, tensor }) {
  const quadratic = (a, b) => {
    const half = tensor(Float64Array.of(a / 2, b / 2));
    return (w) => w.square().mul(half).sum();
  };
  const { x, y } = makeClasses(tensor);
  return {
    // E = mean log(1 + exp(−y·wᵀx)) + 0.005·‖w‖², the second feature a fifth of the first in scale.
    logistic: {
      f: (w) =>
        log1p(
          exp(
            x
              .matmul(w.reshape([2, 1]))
              .mul(y)
              .neg(),
          ),
        )
          .mean()
          .add(w.square().sum().mul(0.005)),
      start: [-2, -3],
      x: [-3.5, 4.5],
      y: [-4.5, 6],
    },
    valley: { f: quadratic(1, 0.01), start: [1, 8], x: [-1.6, 1.6], y: [-3, 9] },
    saddle: { f: quadratic(1, -1), start: [1, 1e-3], x: [-0.6, 1.2], y: [-1.2, 1.2] },
  };
}

/** Two classes that overlap, x [200, 2] and y ±1 [200, 1]. */
function makeClasses(tensor) {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const samples = 200;
  const y = Float64Array.from({ length: samples }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const x = Float64Array.from({ length: 2 * samples }, (_, i) => {
    const noise = random() + random() + random() - 1.5;
    return (i % 2 === 0 ? 1 : 0.2) * (0.5 * y[i >> 1] + 2 * noise);
  });
  return { x: tensor(x, { shape: [samples, 2] }), y: tensor(y, { shape: [samples, 1] }) };
}

/** From 1e-4 to 1e2, so many a decade. */
export function makeRates(perDecade) {
  return Array.from({ length: 6 * perDecade + 1 }, (_, i) => 10 ** (-4 + i / perDecade));
}

/** The step from which on the value stays within 1e-3 of the way from the start's to the least; NaN if it does not. */
export function arrival(values, least) {
  const bound = least + 1e-3 * (values[0] - least);
  const late = values.findLastIndex((value) => !(value <= bound));
  return late === values.length - 1 ? NaN : late + 1;
}

/** The first step with |y| > 1. */
export function escape(path) {
  const at = path.findIndex((value, i) => i % 2 === 1 && Math.abs(value) > 1);
  return at < 0 ? NaN : at >> 1;
}

export const rule =
  'logistic, valley: of all rates tried, the one that arrives soonest, the same rates for every optimiser; all else at its defaults, momentum 0.9. ' +
  'Arrived: the excess over the minimum stays below 1/1000 of the start’s. Saddle: all rates 0.01; arrived once |y| > 1.';

/** [{ function, optimizer, learningRate, arrived, path, values }] */
export async function raceAll(ravine, lab, { steps, rates }) {
  const optimizers = makeOptimizers(ravine);
  const { saddle, ...tuned } = makeFunctions(ravine);
  const rows = [];
  for (const [name, { f, start }] of Object.entries(tuned)) {
    const { value: least } = await ravine.minimize(f, ravine.tensor(Float64Array.from(start)), { method: 'newton' });
    for (const [optimizer, make] of Object.entries(optimizers)) {
      const tried = rates.map((learningRate) => {
        const [{ path, values }] = lab.race({
          functions: { [name]: { f, start } },
          optimizers: { it: make(learningRate) },
          steps,
        });
        return { function: name, optimizer, learningRate, arrived: arrival(values, least), path, values };
      });
      const finite = tried.filter(({ values }) => Number.isFinite(values.at(-1)));
      // Where none arrives, the lowest at the end; where every rate diverges, the first.
      const rank = ({ arrived, values }) => (Number.isNaN(arrived) ? [1, values.at(-1)] : [0, arrived]);
      rows.push((finite.length > 0 ? finite : tried).reduce((best, next) => (isBefore(rank(next), rank(best)) ? next : best)));
    }
  }
  const learningRate = 0.01;
  const at = Object.fromEntries(Object.entries(optimizers).map(([name, make]) => [name, make(learningRate)]));
  for (const run of lab.race({ functions: { saddle }, optimizers: at, steps: 1000 }))
    rows.push({ ...run, learningRate, arrived: escape(run.path) });
  return rows;
}

function isBefore([a, b], [c, d]) {
  return a < c || (a === c && b < d);
}

/** Lengths of the last step under a constant gradient, all rates 0.01: Adagrad's falls as 1/√t, RMSProp's does not. */
export function lastSteps({ optim }, lab, steps) {
  const learningRate = 0.01;
  const slope = { f: (w) => w.sum(), start: [0, 0] };
  const optimizers = { Adagrad: optim.adagrad({ learningRate }), RMSProp: optim.rmsprop({ learningRate }) };
  return Object.fromEntries(
    lab.race({ functions: { slope }, optimizers, steps }).map(({ optimizer, path }) => [optimizer, path.at(-4) - path.at(-2)]),
  );
}

/** What the run shows. */
export function findings(rows, last) {
  const of = (name) =>
    Object.fromEntries(rows.filter((row) => row.function === name).map(({ optimizer, arrived }) => [optimizer, arrived]));
  const [logistic, valley, saddle] = ['logistic', 'valley', 'saddle'].map(of);
  return {
    arrived: { logistic, valley, saddle },
    momentum_leaves_before_sgd: saddle.momentum < saddle.SGD,
    rmsprop_leaves_before_momentum: saddle.RMSProp < saddle.momentum,
    last_step: last,
    adagrad_dies: last.Adagrad < 0.1 * last.RMSProp,
  };
}
