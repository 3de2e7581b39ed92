import { losses, Model, optim, tensor, type data, type Tensor } from '../../lib/index.js';
import { drawsFrom } from '../seeded.js';
import { randomNetwork } from './random-network.js';

const samples = 6;
const steps = 3;
/** Adam's division by √v amplifies rounding where a gradient is all but 0. */
const tolerance = 1e-9;

interface Rule {
  readonly optimizer: () => optim.Optimizer;
  /** An update of one parameter in plain numbers, with memory of its own. */
  readonly update: () => (w: Float64Array, g: Float64Array) => void;
}

const rules: readonly Rule[] = [
  {
    optimizer: () => optim.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 }),
    update: () => {
      const v: number[] = [];
      return (w, g) => w.forEach((x, i) => (w[i] = x + (v[i] = 0.9 * (v[i] ?? 0) - 0.1 * (g[i]! + 0.01 * x))));
    },
  },
  {
    optimizer: () => optim.adam({ learningRate: 0.01 }),
    update: () => {
      const [m, v]: [number[], number[]] = [[], []];
      let t = 0;
      return (w, g) => {
        t++;
        w.forEach((x, i) => {
          m[i] = 0.9 * (m[i] ?? 0) + 0.1 * g[i]!;
          v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g[i]! ** 2;
          w[i] = x - (0.01 * (m[i] / (1 - 0.9 ** t))) / (Math.sqrt(v[i] / (1 - 0.999 ** t)) + 1e-8);
        });
      };
    },
  },
];

type Update = ReturnType<Rule['update']>;

/**
 * Trains a network from a seed for three steps natively, and once more step by step: gradients by `inspect`, the update in plain numbers. Empty where the
 * parameters are the same in the end, else what is not and the network.
 */
export async function compareSteps(seed: number): Promise<string> {
  const draw = drawsFrom(seed);
  const { optimizer, update } = draw.pick(rules);
  const { input, network } = randomNetwork(drawsFrom(seed));
  const loss = losses.softmaxCrossEntropy();
  const fitted = new Model(network, { loss, optimizer: optimizer(), seed });
  const stepped = new Model(randomNetwork(drawsFrom(seed)).network, { loss, seed });
  const shape = [samples, ...input];
  const values = Float64Array.from({ length: shape.reduce((all, length) => all * length, 1) }, () => 2 * draw.number() - 1);
  const batch = {
    x: { data: values, shape, dtype: 'float64' as const },
    y: Int32Array.from({ length: samples }, () => draw.integer(3)),
  };
  await fitted.fit(batch, { epochs: steps, batchSize: samples, shuffle: false });
  const updates = new Map<string, Update>();
  for (let step = 0; step < steps; step++) await stepOnce(stepped, batch, (name) => entryOf(updates, name, update));

  const [got, expected] = [await fitted.stateDict(), await stepped.stateDict()];
  const complaints = [...updates.keys()].flatMap((name) => {
    const error = farthest(elementsOf(got, name), elementsOf(expected, name));
    return error <= tolerance ? [] : [`${name} differs by ${error}`];
  });
  fitted.dispose();
  stepped.dispose();
  return complaints.length === 0 ? '' : `seed ${seed}, ${optimizer().name}: ${complaints.join(', ')}\n${fitted.summary()}`;
}

async function stepOnce(model: Model, batch: data.DataFields, updateOf: (name: string) => Update): Promise<void> {
  const { parameters } = await model.inspect(batch);
  const state = new Map(await model.stateDict());
  for (const [name, gradient] of parameters) {
    const w = elementsOf(state, name);
    updateOf(name)(w, gradient.data<'float64'>());
    state.set(name, tensor(w, { dtype: 'float64' }).reshape(gradient.shape));
  }
  model.loadStateDict(state);
}

function entryOf(updates: Map<string, Update>, name: string, make: () => Update): Update {
  const update = updates.get(name) ?? make();
  updates.set(name, update);
  return update;
}

function elementsOf(state: ReadonlyMap<string, Tensor>, name: string): Float64Array {
  return state.get(name)!.data<'float64'>();
}

function farthest(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}
