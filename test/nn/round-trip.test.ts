import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFloat } from '../../lib/dtype.js';
import { Model, nn, tensor, type StateDict, type Tensor } from '../../lib/index.js';
import { readSafetensors, writeSafetensors } from '../../lib/io/safetensors.js';
import { loadFile } from '../../lib/train/files.js';
import { roundTrip } from '../golden/tolerances.js';
import { temporaryFolder } from '../io/folder.js';
import { toFirst, toLast } from './golden.js';
import { build, cases, EveryLayer } from './round-trip-network.js';

const recorded = (name: string) => fileURLToPath(new URL(`../golden/${name}.safetensors`, import.meta.url));
const load = async (path: string) => (await loadFile('load', path)).tensors;
const folder = temporaryFolder();

const everyLayer = (dtype: 'float32' | 'float64'): EveryLayer =>
  new EveryLayer(Object.fromEntries(cases.map(([name, { layer }]) => [name, build(layer, dtype)])));

/** The part of a state that lies under a name. */
const under = (state: StateDict, name: string): StateDict =>
  new Map([...state].flatMap(([path, value]) => (path.startsWith(`${name}.`) ? [[path.slice(name.length + 1), value]] : [])));

/** Differences are measured by the largest element: sums in another order differ by roundings of their largest terms. */
function expectSame(got: Tensor, want: Tensor, dtype: 'float32' | 'float64'): void {
  expect([got.shape, got.dtype]).toEqual([want.shape, want.dtype]);
  const [found, expected] = [got.data(), want.data()];
  const largest = Math.max(1, ...Array.from(expected, Math.abs));
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(found[i]! - value)));
  expect(worst / largest).toBeLessThanOrEqual(roundTrip[dtype]);
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const stateFile = recorded(`round-trip-${dtype}`);
  const valuesFile = recorded(`round-trip-values-${dtype}`);

  let [state, values]: StateDict[] = [];
  beforeAll(async () => {
    [state, values] = [await load(stateFile), await load(valuesFile)];
  });

  it.each(cases)("%s gives PyTorch's outputs with PyTorch's state", async (name, { layer, alike }) => {
    const [x, y] = [values!.get(`x.${name}`)!, values!.get(`y.${name}`)!];
    const model = new Model(build(layer, dtype));
    model.loadStateDict(under(state!, name));
    const input = alike ? x : toLast(x);
    const output = await model.predict({ data: input.data(), shape: input.shape });
    expectSame(alike ? output : toFirst(output), y, dtype);
  });

  it("saves what it loaded under PyTorch's names, in its shapes, to the bit", async () => {
    const model = new Model(everyLayer(dtype));
    await model.load(stateFile);
    await model.save(folder.path(dtype));
    const [ours, theirs] = [await readSafetensors(folder.path(dtype)), await readSafetensors(stateFile)];
    expect([...ours.tensors.keys()].sort()).toEqual([...theirs.tensors.keys()].sort());
    for (const [name, want] of theirs.tensors) expect(ours.tensors.get(name), name).toEqual(want);
  });
});

it('has a case of every layer that PyTorch has too', () => {
  // Layers of ours alone, and what makes none.
  const ours = ['batchRenorm', 'sparseLinear', 'lambda'];
  const others = ['constant', 'normal', 'uniform', 'varianceScaling', 'orthogonal', 'truncatedNormal', 'initialize'];
  const walks = ['initializeParameters', 'namedBuffers', 'namedModules', 'namedParameters', 'describeLayers', 'fold', 'foldNorm'];
  const text = JSON.stringify(cases);
  const factories = Object.entries(nn).flatMap(([name, of]) => (typeof of === 'function' && /^[a-z]/.test(name) ? [name] : []));
  const missing = factories.filter((name) => !text.includes(`["${name}"`));
  expect(missing.filter((name) => ![...ours, ...others, ...walks].includes(name))).toEqual([]);
});

describe('tied parameters', () => {
  const tied = () => {
    const shared = nn.linear(2, 2);
    return new Model(nn.sequential(shared, nn.tanh(), shared), { seed: 4 });
  };

  it('are saved under each of their names, and load from one', async () => {
    const model = tied();
    const state = await model.stateDict();
    expect([...state.keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect(state.get('2.weight')!.data()).toEqual(state.get('0.weight')!.data());
    const other = new Model(tied().network, { seed: 9 });
    other.loadStateDict(new Map([...state].filter(([name]) => name === '0.weight' || name === '2.bias')));
    expect((await other.stateDict()).get('2.weight')!.data()).toEqual(state.get('0.weight')!.data());
  });

  it('are refused where their names come with different elements', async () => {
    const model = tied();
    const state = new Map(await model.stateDict()).set('2.bias', tensor([1, 2]));
    expect(() => model.loadStateDict(state)).toThrow(
      '[loadStateDict] not the state of this network: 0.bias and 2.bias are one tensor here, and differ there',
    );
    expect(() => model.loadStateDict(new Map())).toThrow('missing 0.weight, 0.bias, 2.weight, 2.bias');
  });
});

it("loads the state of torch.nn.utils.parametrizations.weight_norm, PyTorch's newer names", async () => {
  const model = new Model(nn.sequential(nn.weightNorm(nn.linear(3, 2))), { seed: 1 });
  const state = await model.stateDict();
  const names = { weight_g: 'parametrizations.weight.original0', weight_v: 'parametrizations.weight.original1', bias: 'bias' };
  const newer = new Map(Object.entries(names).map(([ours, theirs]) => [`0.${theirs}`, state.get(`0.${ours}`)!.add(1)] as const));
  model.loadStateDict(newer);
  const loaded = await model.stateDict();
  for (const [name, value] of state) expect(loaded.get(name)!.data()).toEqual(value.add(1).data());
});

/** For `round-trip.py --check`: another state of ours, and what it gives for the recorded inputs. */
const target = process.env.RAVINE_ROUND_TRIP;
describe.runIf(target !== undefined)('for PyTorch', () => {
  it.each(['float32', 'float64'] as const)('saves states and outputs, %s', async (dtype) => {
    const values = await load(recorded(`round-trip-values-${dtype}`));
    const network = everyLayer(dtype);
    const model = new Model(network);
    await model.load(recorded(`round-trip-${dtype}`));
    const other = [...(await model.stateDict())].map(([name, value]) => {
      return [name, isFloat(value.dtype) ? value.div(2).add(1 / 8) : value.add(1)] as const;
    });
    model.loadStateDict(new Map(other));
    await model.save(join(target!, `state-${dtype}.safetensors`));
    const outputs = cases.map(([name, { alike }]) => {
      const x = values.get(`x.${name}`)!;
      const y = network.layers[name]!.forward(alike ? x : toLast(x));
      const outer = alike ? y : toFirst(y);
      return [name, { shape: outer.shape, dtype: outer.dtype, data: outer.data() }] as const;
    });
    await writeFile(join(target!, 'tolerances.json'), JSON.stringify(roundTrip));
    await writeSafetensors(join(target!, `outputs-${dtype}.safetensors`), new Map(outputs));
  });
});
