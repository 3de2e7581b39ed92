import { describe, expect, it } from 'vitest';
import {
  data,
  losses,
  Model,
  mul,
  nn,
  optim,
  regularizers,
  square,
  sub,
  sum,
  tensor,
  type ModelOptions,
} from '../../lib/index.js';
import { numbers } from './problems.js';

const { elasticNet, l1, l2 } = regularizers;
const samples = 23;
const draw = numbers(11);
const x = Float64Array.from({ length: samples * 4 }, () => draw() - 0.5);
const y = Float64Array.from({ length: samples * 2 }, () => draw() - 0.5);
const fields = { x: { data: x, shape: [samples, 4] }, y: { data: y, shape: [samples, 2] } };

function chain(): nn.Module {
  const linear = (a: number, b: number) => nn.linear(a, b, { dtype: 'float64' });
  return nn.sequential(linear(4, 5), nn.tanh(), linear(5, 2));
}

function make(options: Partial<ModelOptions> = {}, network = chain()): Model {
  return new Model(network, {
    loss: losses.meanSquaredError(),
    optimizer: optim.sgd({ learningRate: 0.1 }),
    seed: 2,
    ...options,
  });
}

async function weights(model: Model): Promise<Map<string, number[]>> {
  return new Map([...(await model.stateDict())].map(([name, tensor]) => [name, [...tensor.data()]]));
}

function expectNear(a: ReadonlyMap<string, number[]>, b: ReadonlyMap<string, number[]>, tolerance = 1e-15): void {
  expect([...a.keys()]).toEqual([...b.keys()]);
  for (const [name, values] of a)
    values.forEach((value, i) => expect(Math.abs(value - (b.get(name)?.[i] ?? NaN))).toBeLessThanOrEqual(tolerance));
}

/** Σ f(w) over the parameters whose names `selects` accepts. */
function total(state: ReadonlyMap<string, number[]>, f: (value: number) => number, selects = (_: string) => true): number {
  return [...state]
    .filter(([name]) => selects(name))
    .flatMap(([, values]) => values)
    .reduce((sum, value) => sum + f(value), 0);
}

describe('l2(λ) is weight decay 2λ', () => {
  const { sgd, adam, groups } = optim;
  it.each([
    ['sgd', (weightDecay: number) => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay })],
    ['adam', (weightDecay: number) => adam({ learningRate: 0.01, weightDecay })],
    ['look-ahead', (weightDecay: number) => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: 'lookahead', weightDecay })],
  ])('under %s, with short batches, accumulated or not', async (_, optimizer) => {
    for (const accumulate of [1, 3]) {
      const [decayed, regularized] = [
        make({ optimizer: optimizer(0.02) }),
        make({ optimizer: optimizer(0), regularizer: l2(0.01) }),
      ];
      // 6 batches of 4 and 3 samples: steps of 12 and 11 samples where three make one.
      for (const model of [decayed, regularized]) await model.fit(fields, { epochs: 5, batchSize: 4, accumulate });
      expectNear(await weights(regularized), await weights(decayed), 1e-14);
    }
  });

  it('for each group', async () => {
    const optimizer = (decays: readonly number[]) =>
      groups([
        { parameters: '*.weight', optimizer: sgd({ learningRate: 0.1, weightDecay: decays[0] ?? 0 }) },
        { optimizer: sgd({ learningRate: 0.1, weightDecay: decays[1] ?? 0 }) },
      ]);
    const decayed = make({ optimizer: optimizer([0.2, 0.04]) });
    const regularized = make({
      optimizer: optimizer([]),
      regularizer: [
        { parameters: (_, parameter) => parameter.rank > 1, regularizer: l2(0.08) },
        { parameters: /bias$/u, regularizer: l2(0.02) },
        { parameters: '*.weight', regularizer: l2(0.02) },
      ],
    });
    for (const model of [decayed, regularized]) await model.fit(fields, { epochs: 3, batchSize: 4 });
    expectNear(await weights(regularized), await weights(decayed), 1e-14);
  });

  it('beside decoupled weight decay, which stays what it is', async () => {
    const adamw = () => optim.adamw({ learningRate: 0.01, weightDecay: 0.1 });
    const [without, zero, with2] = [
      make({ optimizer: adamw() }),
      make({ optimizer: adamw(), regularizer: l2(0) }),
      make({ optimizer: adamw(), regularizer: l2(0.1) }),
    ];
    for (const model of [without, zero, with2]) await model.fit(fields, { epochs: 2, batchSize: 8 });
    expectNear(await weights(zero), await weights(without), 0);
    expect(await weights(with2)).not.toEqual(await weights(without));
  });
});

describe('the regularised objective', () => {
  it('is what fit, evaluate and validation report, whatever samples weigh', async () => {
    const still = { optimizer: optim.sgd({ learningRate: 0 }) };
    const sampleWeight = Float32Array.from({ length: samples }, (_, i) => i % 3);
    const weighted = data.from({ ...fields, sampleWeight });
    for (const dataset of [data.from(fields), weighted]) {
      const plain = make(still);
      const state = await weights(plain);
      const penalty = 0.2 * total(state, Math.abs) + 0.3 * total(state, (value) => value * value);
      const model = make({ ...still, regularizer: elasticNet({ l1: 0.2, l2: 0.3 }) });
      const expected = ((await plain.evaluate(dataset)).loss ?? NaN) + penalty;
      expect((await model.evaluate(dataset, { batchSize: 7 })).loss).toBeCloseTo(expected, 13);
      for (const options of [{ batchSize: 5 }, { batchSize: 5, accumulate: 2 }, { batchSize: 'all' as const, chunkSize: 6 }]) {
        const { logs } = await model.fit(dataset, { ...options, validation: dataset });
        expect(logs.loss?.[0]).toBeCloseTo(expected, 13);
        expect(logs.val_loss?.[0]).toBeCloseTo(expected, 13);
      }
      expect((await model.inspect(dataset)).loss).toBeCloseTo(expected, 13);
    }
  });

  it('moves by −α(∇l + λ·sign w) under l1', async () => {
    const [plain, model] = [make(), make({ regularizer: l1(0.05) })];
    const before = await weights(plain);
    for (const each of [plain, model]) await each.fit(fields, { batchSize: samples });
    const expected = new Map(
      [...(await weights(plain))].map(([name, values]) => [
        name,
        values.map((value, i) => value - 0.1 * 0.05 * Math.sign(before.get(name)?.[i] ?? NaN)),
      ]),
    );
    expectNear(await weights(model), expected);
  });

  it('takes any function, which knows the name: here the distance from what another task found', async () => {
    const network = chain();
    const start = new Map(
      [...nn.namedParameters(network)].map(([name, { shape }]) => [
        name,
        tensor(Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 10)).reshape(shape),
      ]),
    );
    const model = make(
      {
        regularizer: (w, name) => mul(sum(square(sub(w, start.get(name) ?? w))), 1e3),
        optimizer: optim.sgd({ learningRate: 4e-4 }),
      },
      network,
    );
    await model.fit(fields, { epochs: 60, batchSize: samples });
    for (const [name, value] of nn.namedParameters(network)) {
      const expected = [...(start.get(name)?.data() ?? [])];
      [...value.data()].forEach((w, i) => expect(w).toBeCloseTo(expected[i] ?? NaN, 2));
    }
  });

  it('has gradients that finite differences confirm', async () => {
    const model = make({ regularizer: elasticNet({ l1: 0.2, l2: 0.3 }) });
    const { parameters } = await model.inspect(fields);
    const state = await model.stateDict();
    for (const [name, gradient] of parameters) {
      const moved = async (by: number): Promise<number> => {
        const at = new Map(
          [...state].map(([key, value]) => [
            key,
            key === name ? tensor(Float64Array.from(value.data(), (w, i) => (i === 1 ? w + by : w))).reshape(value.shape) : value,
          ]),
        );
        model.loadStateDict(at);
        return (await model.evaluate(fields)).loss ?? NaN;
      };
      const slope = ((await moved(1e-5)) - (await moved(-1e-5))) / 2e-5;
      expect(gradient.data()[1]).toBeCloseTo(slope, 8);
    }
  });

  it('is what minimize makes small: ridge regression’s own solution, in one chunk or several', async () => {
    // One weight, no bias: Σ(wx − y)²/N + λw² is least at w = Σxy/(Σx² + λN).
    const column = {
      x: { data: x, shape: [samples * 4, 1] },
      y: { data: Float64Array.from(x, (v, i) => 2 * v + Math.sin(i)), shape: [samples * 4, 1] },
    };
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((s, v, i) => s + v * (b[i] ?? NaN), 0);
    const expected = dot(x, column.y.data) / (dot(x, x) + 0.5 * samples * 4);
    for (const chunkSize of [1000, 10]) {
      const model = make({ regularizer: l2(0.5) }, nn.linear(1, 1, { bias: false, dtype: 'float64' }));
      await model.minimize(column, { method: 'lbfgs', chunkSize });
      expect((await weights(model)).get('weight')?.[0]).toBeCloseTo(expected, 9);
    }
  });

  it('leaves out what is frozen', async () => {
    const network = nn.sequential(nn.linear(4, 5, { dtype: 'float64' }).freeze(), nn.linear(5, 2, { dtype: 'float64' }));
    const model = make({ regularizer: l2(1) }, network);
    const before = await weights(model);
    const plain = await make({}, network).evaluate(fields);
    const penalty = total(
      before,
      (value) => value * value,
      (name) => name.startsWith('1.'),
    );
    expect((await model.evaluate(fields)).loss).toBeCloseTo((plain.loss ?? NaN) + penalty, 13);
    await model.fit(fields);
    const after = await weights(model);
    expect(after.get('0.weight')).toEqual(before.get('0.weight'));
    network.unfreeze();
    const [whole, bare] = [await model.evaluate(fields), await make({}, network).evaluate(fields)];
    expect(whole.loss).toBeCloseTo((bare.loss ?? NaN) + total(after, (value) => value * value), 13);
  });
});

describe('a regularizer is refused', () => {
  const refused = (regularizer: unknown) =>
    expect(() => make({ regularizer: regularizer as NonNullable<ModelOptions['regularizer']> }));

  it('where it selects nothing, by name', () => {
    refused([{ parameters: 'encodr', regularizer: l2(1) }]).toThrow(
      "[regularizer] group 0 selects none of the network's parameters by 'encodr'\nhelp: they are 0.weight, 0.bias, 2.weight, 2.bias",
    );
  });

  it('where it is none', () => {
    refused('l2').toThrow('[regularizer] expected a function or a list of groups, got "l2"');
    refused([l2(1)]).toThrow('[regularizer] expected { parameters, regularizer } in place 0, got');
    refused([{ parameters: '0' }]).toThrow('[regularizer] expected a function in group 0, got undefined');
    refused([{ regularizer: l2(1), selection: '0' }]).toThrow("[regularizer] unknown option 'selection'");
    refused([{ parameters: 3, regularizer: l2(1) }]).toThrow(
      'expected parameters to be modules, a name, a pattern or a function, got 3',
    );
  });

  it('where it does not give one number', async () => {
    await expect(make({ regularizer: square }).fit(fields)).rejects.toThrow(
      "[regularizer] expected one number for '0.weight', got float64[",
    );
    // @ts-expect-error no tensor
    await expect(make({ regularizer: () => 3 }).fit(fields)).rejects.toThrow("expected one number for '0.weight', got 3");
  });

  it('where it is not finite, and the step is not applied', async () => {
    const model = make({ regularizer: (w) => mul(sum(w), 1e308).mul(1e308) });
    const before = await weights(model);
    await expect(model.fit(fields)).rejects.toThrow('loss is');
    expect(await weights(model)).toEqual(before);
  });
});
