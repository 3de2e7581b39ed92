import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { data, earlyStopping, losses, metrics, Model, nn, optim, type FitOptions, type ModelOptions } from '../../lib/index.js';
import { readSafetensors, writeSafetensors } from '../../lib/io/safetensors.js';
import { bits, clusters, smallModel, wideModel } from './problems.js';

const folder = mkdtempSync(join(tmpdir(), 'ravine-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'some.checkpoint');

/** Dropout, running statistics, a schedule, moments: all that a step may depend on. */
function model(options: Partial<ModelOptions> = {}): Model {
  const network = nn.sequential(nn.linear(8, 16), nn.batchNorm(16), nn.relu(), nn.dropout(0.3), nn.linear(16, 3));
  const learningRate = optim.schedules.warmUp(optim.schedules.exponential({ start: 0.01, factor: 0.9 }), 7);
  return new Model(network, {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.adam({ learningRate }),
    metrics: [metrics.accuracy()],
    ...options,
  });
}

/** Trains `make()` whole, and by way of a checkpoint after every number of steps; weights and logs have to be the same. */
async function everyStep(make: () => Model, options: FitOptions, steps: number, all: data.Dataset): Promise<void> {
  using whole = make();
  const history = await whole.fit(all, { ...options, steps });
  const expected = await bits(whole);
  for (let step = 1; step < steps; step++) {
    using first = make();
    const before = await first.fit(all, { ...options, steps: step });
    await first.saveCheckpoint(file);
    using second = make();
    await second.loadCheckpoint(file);
    expect(second.steps).toBe(step);
    const after = await second.fit(all, { ...options, steps, resume: true });
    expect(await bits(second)).toEqual(expected);
    for (const [name, values] of Object.entries(history.logs))
      expect([...(before.logs[name] ?? []), ...(after.logs[name] ?? [])]).toEqual(values);
  }
}

describe('a checkpoint', () => {
  const all = data.from(clusters(50, 8, 3));

  it('goes on to the bit from every step, logs of the unfinished epoch included', () =>
    everyStep(model, { batchSize: 8, seed: 3 }, 24, all));

  it('does so where a step has several batches, and where it is all of the data', async () => {
    await everyStep(model, { batchSize: 8, accumulate: 3 }, 9, all);
    await everyStep(model, { batchSize: 'all', chunkSize: 20 }, 4, all);
  });

  it('keeps what a schedule reads of the epochs before', () => {
    const learningRate = optim.schedules.onPlateau({ start: 0.1, monitor: 'loss', patience: 0, threshold: 0.3, factor: 0.5 });
    return everyStep(() => smallModel({ optimizer: optim.sgd({ learningRate, momentum: 0.9 }) }), { batchSize: 20 }, 12, all);
  });

  it('keeps for each group its own state, and when each parameter began to train', async () => {
    const make = (): [Model, nn.AnyModule] => {
      const encoder = nn.sequential(nn.linear(8, 16), nn.tanh());
      const optimizer = optim.groups([
        { parameters: encoder, optimizer: optim.adam({ amsgrad: true }) },
        { optimizer: optim.average(optim.sgd({ learningRate: 0.1, momentum: 0.9 }), { decay: 0.9 }) },
      ]);
      const network = nn.sequential(encoder, nn.linear(16, 3));
      return [new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer }), encoder.freeze()];
    };
    const run = async (interrupted: boolean): Promise<Map<string, number[]>> => {
      const [first, encoder] = make();
      await first.fit(all, { epochs: 1 });
      encoder.unfreeze();
      await first.fit(all, { epochs: 1 });
      if (!interrupted) {
        await first.fit(all, { epochs: 2 });
        return bits(first);
      }
      await first.saveCheckpoint(file);
      const [second, other] = make();
      await expect(second.loadCheckpoint(file)).rejects.toThrow('with as many parameters frozen');
      other.unfreeze();
      await second.loadCheckpoint(file);
      await second.fit(all, { epochs: 2 });
      return bits(second);
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('is taken beside a fit, after a whole step, and does not disturb it', async () => {
    const many = data.from(clusters(1000, 256, 10));
    const [alone, watched] = [wideModel(), wideModel()];
    const abort = new AbortController();
    const fit = watched.fit(many, { steps: 1e9, batchSize: 100, signal: abort.signal });
    const files = ['first', 'second', 'third'].map((name) => join(folder, name));
    for (const path of files) await watched.saveCheckpoint(path);
    abort.abort();
    await expect(fit).rejects.toThrow('aborted after step');
    const { steps } = watched;
    const { logs } = await alone.fit(many, { steps, batchSize: 100 });
    const expected = await bits(alone);
    expect(await bits(watched)).toEqual(expected);
    for (const path of files) {
      const other = wideModel({ seed: 1 });
      await other.loadCheckpoint(path);
      expect(other.steps).toBeLessThanOrEqual(steps);
      const rest = await other.fit(many, { steps, batchSize: 100, resume: true });
      expect(rest.logs.loss ?? []).toEqual(logs.loss?.slice(logs.loss.length - rest.epochs) ?? []);
      expect(await bits(other)).toEqual(expected);
    }
  });

  it('is taken in a callback, and goes on with the epochs that are left', async () => {
    const whole = model();
    const options = { epochs: 4, batchSize: 8, validation: all };
    const history = await whole.fit(all, options);
    const first = model();
    await first.fit(all, { ...options, onEpochEnd: async ({ epoch }) => (epoch === 2 ? first.saveCheckpoint(file) : undefined) });
    const second = model();
    await second.loadCheckpoint(file);
    const rest = await second.fit(all, { ...options, resume: true });
    expect(rest.epochs).toBe(2);
    expect(rest.logs.val_loss).toEqual(history.logs.val_loss?.slice(2));
    expect(await bits(second)).toEqual(await bits(whole));
  });

  it('counts the patience of earlyStopping on', async () => {
    const options = { batchSize: 8, epochs: 9, onEpochEnd: earlyStopping({ monitor: 'loss', patience: 3, threshold: 10 }) };
    expect((await model().fit(all, options)).epochs).toBe(5);
    const first = model();
    await first.fit(all, { batchSize: options.batchSize, steps: 20 });
    await first.saveCheckpoint(file);
    const second = model();
    await second.loadCheckpoint(file);
    const again = earlyStopping({ monitor: 'loss', patience: 3, threshold: 10 });
    expect((await second.fit(all, { ...options, onEpochEnd: again, resume: true })).epochs).toBe(3);
  });

  it('of a fit that ended is where the next one begins', async () => {
    const whole = model();
    await whole.fit(all, { epochs: 3 });
    const first = model();
    await first.fit(all, { epochs: 1 });
    await first.saveCheckpoint(file);
    const second = model();
    await second.loadCheckpoint(file);
    expect(second.epochs).toBe(1);
    await expect(second.fit(all, { epochs: 2, resume: true })).rejects.toThrow('expected a fit that was interrupted before');
    await second.fit(all, { epochs: 2 });
    expect(await bits(second)).toEqual(await bits(whole));
  });
});

describe('a checkpoint is refused, and nothing is loaded', () => {
  const all = data.from(clusters(50, 8, 3));

  it('by another network, optimizer or file', async () => {
    const first = model();
    await first.fit(all, { steps: 3, batchSize: 8 });
    await first.saveCheckpoint(file);
    await first.save(join(folder, 'weights'));
    const cases: [Model, string, string][] = [
      [smallModel({ optimizer: optim.adam() }), file, 'not the state of this network'],
      [
        model({ optimizer: optim.sgd({ learningRate: 0.1 }) }),
        file,
        'expected a checkpoint of the optimizer sgd, got one of adam',
      ],
      [model({ optimizer: optim.adam({ amsgrad: true }) }), file, 'not the state of this optimizer'],
      [model(), join(folder, 'weights'), 'is no checkpoint'],
      [model(), join(folder, 'nothing'), 'ENOENT'],
    ];
    for (const [other, path, message] of cases) {
      const before = await bits(other);
      await expect(other.loadCheckpoint(path)).rejects.toThrow(message);
      expect(await bits(other)).toEqual(before);
      expect(other.steps).toBe(0);
    }
    await expect(new Model(nn.linear(1, 1)).saveCheckpoint(file)).rejects.toThrow('expected a model with an optimizer');
    await expect(first.saveCheckpoint('')).rejects.toThrow('expected the path of a file');
  });

  it('where its facts are damaged, whatever of them', async () => {
    const first = model();
    await first.fit(all, { steps: 3, batchSize: 8 });
    await first.saveCheckpoint(file);
    const { tensors, metadata } = await readSafetensors(file);
    const facts = JSON.parse(metadata.get('ravine.checkpoint') ?? '') as Record<string, Record<string, unknown>>;
    const broken: [unknown, string][] = [
      ['{', 'facts in JSON'],
      [[], 'objects where they belong'],
      [{ ...facts, position: undefined }, 'objects where they belong'],
      [{ ...facts, position: { ...facts['position'], step: -1 } }, 'a whole number step'],
      [{ ...facts, position: { ...facts['position'], sums: 3 } }, 'a list sums'],
      [{ ...facts, position: { ...facts['position'], sums: ['x'] } }, 'sums that are numbers'],
      [{ ...facts, position: { ...facts['position'], logs: [{ loss: null }] } }, 'a number "loss"'],
      [
        { ...facts, position: { ...facts['position'], fit: { epoch: 0, step: 0, logged: 0, facts: { seed: [] } } } },
        'a plain value "seed"',
      ],
      [{ ...facts, optimizer: { name: 5, options: '' } }, 'a text name'],
    ];
    for (const [wrong, message] of broken) {
      const text = typeof wrong === 'string' ? wrong : JSON.stringify(wrong);
      await writeSafetensors(file, tensors, new Map([['ravine.checkpoint', text]]));
      await expect(model().loadCheckpoint(file)).rejects.toThrow(`expected a checkpoint with ${message}`);
    }
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    await expect(model().loadCheckpoint(file)).rejects.toThrow('checksum');
  });

  it('by a fit that is told something else', async () => {
    const first = model();
    await first.fit(all, { steps: 3, batchSize: 8, seed: 3 });
    await first.saveCheckpoint(file);
    const second = model();
    await second.loadCheckpoint(file);
    const told: [data.Dataset, FitOptions, string][] = [
      [all, { batchSize: 16, seed: 3 }, 'expected batchSize 8 as in the fit that is resumed, got 16'],
      [all, { batchSize: 8, seed: 4 }, 'expected seed 3'],
      [all, { batchSize: 8, seed: 3, shuffle: false }, 'expected shuffle true'],
      [data.from(clusters(50, 8, 3, 9)), { batchSize: 8, seed: 3 }, 'expected data x float32[50,8]'],
    ];
    for (const [dataset, options, message] of told)
      await expect(second.fit(dataset, { ...options, resume: true })).rejects.toThrow(message);
    await second.fit(all, { steps: 4, batchSize: 8, seed: 3, resume: true });
    expect(second.steps).toBe(4);
    const third = model({ metrics: [] });
    await third.loadCheckpoint(file);
    await expect(third.fit(all, { batchSize: 8, seed: 3, resume: true })).rejects.toThrow(
      'expected logs loss, accuracy as in the fit that is resumed, got loss',
    );
  });

  it('but for options of the optimizer, of which it warns', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const first = smallModel();
    await first.fit(all, { steps: 3 });
    await first.saveCheckpoint(file);
    await smallModel().loadCheckpoint(file);
    expect(warn).not.toHaveBeenCalled();
    await smallModel({ optimizer: optim.sgd({ learningRate: 0.2, momentum: 0.9 }) }).loadCheckpoint(file);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('optimizer options'), 'RavineWarning');
  });
});

describe('weights that are not finite', () => {
  it('are loaded with a warning, without one, or refused', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const first = smallModel();
    const state = new Map(await first.stateDict());
    state.get('0.bias')!.dispose();
    const { tensor } = await import('../../lib/index.js');
    state.set('0.bias', tensor(Float32Array.from({ length: 16 }, (_, i) => (i === 5 ? NaN : 0))));
    first.loadStateDict(state);
    const path = join(folder, 'broken.safetensors');
    await first.save(path);
    const second = smallModel();
    const before = await bits(second);
    await expect(second.load(path, { nonFinite: 'refuse' })).rejects.toThrow('tensor "0.bias" has NaN at element 5');
    expect(await bits(second)).toEqual(before);
    await expect(second.load(path, { nonFinite: 'no' as 'warn' })).rejects.toThrow("'allow' or 'warn' or 'refuse'");
    await second.load(path, { nonFinite: 'allow' });
    expect(warn).not.toHaveBeenCalled();
    await second.load(path);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('tensor "0.bias" has NaN at element 5'), 'RavineWarning');
    expect(await bits(second)).toEqual(await bits(first));
  });
});
