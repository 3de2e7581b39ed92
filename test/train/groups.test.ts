import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim } from '../../lib/index.js';
import { bits, clusters, smallModel } from './problems.js';

const { adam, average, clipByGlobalNorm, groups, sgd } = optim;
const all = data.from(clusters(100, 8, 3));

async function weights(model: Model, choice: 'current' | 'average' = 'current'): Promise<Map<string, number[]>> {
  return new Map([...(await model.stateDict({ weights: choice }))].map(([name, tensor]) => [name, [...tensor.data()]]));
}

describe('groups of parameters', () => {
  it('of one rate each give the bits of one optimiser', async () => {
    const [plain, grouped] = [
      smallModel({ optimizer: adam() }),
      smallModel({ optimizer: groups([{ parameters: '2', optimizer: adam() }, { optimizer: adam() }]) }),
    ];
    for (const model of [plain, grouped]) await model.fit(all, { epochs: 2, batchSize: 30 });
    expect(await bits(grouped)).toEqual(await bits(plain));
  });

  it('have rates, schedules and optimisers of their own, each in the logs', async () => {
    const model = smallModel({
      optimizer: groups([
        { name: 'still', parameters: /bias$/u, optimizer: sgd({ learningRate: 0, momentum: 0.9 }) },
        {
          name: 'first',
          parameters: (name) => name.startsWith('0.'),
          optimizer: adam({ learningRate: (step) => 0.1 / (step + 1) }),
        },
        { optimizer: sgd({ learningRate: 0.5 }) },
      ]),
    });
    const before = await weights(model);
    const { logs } = await model.fit(all, { epochs: 2, batchSize: 50 });
    const after = await weights(model);
    for (const name of ['0.bias', '2.bias']) expect(after.get(name)).toEqual(before.get(name));
    for (const name of ['0.weight', '2.weight']) expect(after.get(name)).not.toEqual(before.get(name));
    expect(logs.learning_rate_still).toEqual([0, 0]);
    expect(logs.learning_rate_2).toEqual([0.5, 0.5]);
    expect(logs.learning_rate_first).toEqual([0.05, 0.025]);
  });

  it('are clipped by the norm of all gradients', async () => {
    const same = sgd({ learningRate: 0.5 });
    const clipped = (optimizer: optim.Optimizer) => smallModel({ optimizer: clipByGlobalNorm(optimizer, 0.01) });
    const [plain, grouped] = [clipped(same), clipped(groups([{ parameters: '0', optimizer: same }, { optimizer: same }]))];
    for (const model of [plain, grouped]) await model.fit(all, { epochs: 1 });
    expect(await bits(grouped)).toEqual(await bits(plain));
  });

  it('take in each group the look-ahead of its own optimiser', async () => {
    const [ahead, still] = [sgd({ learningRate: 0.1, momentum: 0.9, nesterov: 'lookahead' }), sgd({ learningRate: 0 })];
    const network = () => nn.sequential(nn.linear(8, 3));
    const make = (optimizer: optim.Optimizer) => new Model(network(), { loss: losses.softmaxCrossEntropy(), optimizer });
    const [plain, grouped] = [
      make(ahead),
      make(groups([{ parameters: '0.*', optimizer: ahead }, { optimizer: still }].slice(0, 1))),
    ];
    for (const model of [plain, grouped]) await model.fit(all, { epochs: 3 });
    expect(await bits(grouped)).toEqual(await bits(plain));
  });

  it('are refused where they do not fit the network', async () => {
    const refused = (list: optim.ParameterGroup[]) => smallModel({ optimizer: groups(list) }).fit(all);
    await expect(refused([{ parameters: 'encoder', optimizer: adam() }])).rejects.toThrow("'0' selects none of the network's");
    await expect(refused([{ parameters: '0', optimizer: adam() }])).rejects.toThrow("none for '2.weight'");
    expect(() => groups([])).toThrow('expected a list of groups');
    expect(() => groups([{ optimizer: groups([{ optimizer: adam() }]) }])).toThrow('without groups in them');
    expect(() => groups([{ optimizer: adam() }, { optimizer: adam() }])).toThrow('in all groups but the last');
    expect(() => groups([{ name: '1', parameters: '0', optimizer: adam() }, { optimizer: adam() }])).toThrow('a name of its own');
    // @ts-expect-error no selection
    await expect(() => smallModel({ optimizer: groups([{ parameters: 3, optimizer: adam() }]) }).stateDict()).rejects.toThrow(
      'got 3',
    );
    // @ts-expect-error no optimiser
    expect(() => groups([{ parameters: '0' }])).toThrow('expected an optimizer, got undefined');
    const grouped = groups([{ optimizer: adam() }]);
    expect(() => grouped.update({} as optim.UpdateArguments)).toThrow('got a call of update');
  });
});

describe('freezing after a fit', () => {
  it('leaves what is frozen, keeps the optimiser’s state of the rest, and counts the steps of what comes late from 1', async () => {
    const [encoder, head] = [nn.linear(8, 16), nn.linear(16, 3)];
    const model = new Model(nn.sequential(encoder, nn.tanh(), head), { loss: losses.softmaxCrossEntropy(), optimizer: adam() });
    encoder.freeze();
    await model.fit(all, { epochs: 2 });
    const frozen = await weights(model);
    encoder.unfreeze();
    await model.fit(all, { steps: 1, batchSize: 100 });
    const after = await weights(model);
    // Adam's first step is α·sign(g).
    const moves = (after.get('0.weight') ?? []).map((value, i) => Math.abs(value - (frozen.get('0.weight')?.[i] ?? 0)));
    for (const move of moves) expect(move).toBeCloseTo(1e-3, 4);
    const later = (after.get('2.weight') ?? []).map((value, i) => Math.abs(value - (frozen.get('2.weight')?.[i] ?? 0)));
    expect(later.some((move) => move < 0.9e-3)).toBe(true);
    encoder.freeze();
    await model.fit(all);
    expect((await weights(model)).get('0.weight')).toEqual(after.get('0.weight'));
  });

  it('and back without a fit between changes no bit', async () => {
    const [a, b] = [smallModel(), smallModel()];
    for (const model of [a, b]) await model.fit(all);
    b.network.freeze();
    await b.predict(all);
    b.network.unfreeze();
    for (const model of [a, b]) await model.fit(all);
    expect(await bits(a)).toEqual(await bits(b));
  });
});

describe('a module in two models', () => {
  const encoder = nn.linear(8, 16);
  const make = () =>
    new Model(nn.sequential(encoder, nn.tanh(), nn.linear(16, 3)), {
      loss: losses.softmaxCrossEntropy(),
      optimizer: sgd({ learningRate: 0.1 }),
    });

  it('is one module: what one trains, the other has; it outlives either', async () => {
    const [a, b] = [make(), make()];
    await a.fit(all);
    expect((await weights(b)).get('0.weight')).toEqual((await weights(a)).get('0.weight'));
    const head = (await weights(a)).get('2.weight');
    await b.fit(all);
    expect((await weights(a)).get('0.weight')).toEqual((await weights(b)).get('0.weight'));
    expect((await weights(a)).get('2.weight')).toEqual(head);
    b.dispose();
    await a.fit(all);
    a.dispose();
    expect(encoder.weight.disposed).toBe(true);
  });

  it('is refused to one model while the other trains it', async () => {
    const own = nn.linear(8, 3);
    const options = { loss: losses.softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }) };
    const [a, b] = [new Model(nn.sequential(own), options), new Model(nn.sequential(own), options)];
    await b.stateDict();
    const fit = a.fit(all, { epochs: 20 });
    await expect(b.predict(all)).rejects.toThrow('is being fitted in another');
    await fit;
    await b.predict(all);
  });
});

describe('averages of weights', () => {
  const run = async (options: optim.AverageOptions): Promise<{ steps: Map<string, number[]>[]; model: Model }> => {
    const model = smallModel({ optimizer: average(sgd({ learningRate: 0.5 }), options) });
    const steps: Map<string, number[]>[] = [];
    for (let step = 0; step < 4; step++) {
      await model.fit(all, { steps: 1, batchSize: 30 });
      steps.push(await weights(model));
    }
    return { steps, model };
  };
  const expectAverage = async ({ steps, model }: Awaited<ReturnType<typeof run>>, of: (values: number[]) => number) => {
    for (const [name, values] of await weights(model, 'average'))
      values.forEach((value, i) => expect(value).toBeCloseTo(of(steps.map((step) => step.get(name)?.[i] ?? NaN)), 5));
  };
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('are Polyak’s mean, from the start given, or exponential', async () => {
    await expectAverage(await run({}), mean);
    await expectAverage(await run({ start: 2 }), (values) => mean(values.slice(2)));
    await expectAverage(await run({ decay: 0.75 }), (values) => values.reduce((a, w) => 0.75 * a + 0.25 * w));
  });

  it('serve evaluation, prediction and saving, and leave training as it is', async () => {
    const { model } = await run({ decay: 0.9 });
    const plain = smallModel({ optimizer: sgd({ learningRate: 0.5 }) });
    for (let step = 0; step < 4; step++) await plain.fit(all, { steps: 1, batchSize: 30 });
    expect(await bits(model)).toEqual(await bits(plain));
    const averaged = smallModel();
    averaged.loadStateDict(await model.stateDict({ weights: 'average' }));
    const expected = await averaged.predict(all);
    expect((await model.predict(all, { weights: 'average' })).toArray()).toEqual(expected.toArray());
    expect(await model.evaluate(all, { weights: 'average' })).toEqual(await averaged.evaluate(all));
    expect((await model.evaluate(all)).loss).not.toBe((await averaged.evaluate(all)).loss);
  });

  it('go with groups, and are the weights themselves before the first step', async () => {
    const grouped = groups([{ parameters: '0', optimizer: sgd({ learningRate: 0.1 }) }, { optimizer: adam() }]);
    const model = smallModel({ optimizer: average(grouped, {}) });
    expect(await weights(model, 'average')).toEqual(await weights(model));
    await model.fit(all, { steps: 1 });
    expect(await weights(model, 'average')).toEqual(await weights(model));
    await model.fit(all, { steps: 1 });
    expect(await weights(model, 'average')).not.toEqual(await weights(model));
  });

  it('are refused where there are none', async () => {
    await expect(smallModel().predict(all, { weights: 'average' })).rejects.toThrow('whose optimizer keeps an average');
    expect(() => average(average(adam()))).toThrow('expected an optimizer without an average');
  });
});
