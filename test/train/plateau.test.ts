import { describe, expect, it } from 'vitest';
import { data, earlyStopping, optim, type Logs } from '../../lib/index.js';
import { clusters, smallModel } from './problems.js';

const { onPlateau, warmUp } = optim.schedules;
const all = data.from(clusters(60, 8, 3));
const rateAfter = (schedule: optim.Schedule, values: number[], name = 'val_loss'): number =>
  schedule(0, { step: 0, epoch: values.length, stepsPerEpoch: 1, logs: values.map((value): Logs => ({ [name]: value })) });

describe('onPlateau', () => {
  it('reduces as PyTorch’s ReduceLROnPlateau does', () => {
    const schedule = onPlateau({ start: 1, factor: 0.5, patience: 1, threshold: 0.1, cooldown: 1, minimum: 0.2 });
    // recorded with torch.optim.lr_scheduler.ReduceLROnPlateau(mode='min', factor=0.5, patience=1, threshold=0.1, cooldown=1, min_lr=0.2)
    const losses = [1, 0.95, 0.91, 0.91, 0.91, 0.8, 0.79, 0.78, 0.77, 0.76, 0.75, 0.75, 0.75];
    const rates = losses.map((_, i) => rateAfter(schedule, losses.slice(0, i + 1)));
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
    const upward = onPlateau({ start: 1, mode: 'max', monitor: 'val_accuracy', patience: 0 });
    expect([[0.5], [0.5, 0.6], [0.5, 0.6, 0.6]].map((values) => rateAfter(upward, values, 'val_accuracy'))).toEqual([1, 1, 0.1]);
  });

  it('is driven by validation while a fit runs, within other schedules too, and shows in the history of each step', async () => {
    const learningRate = warmUp(onPlateau({ start: 0.1, monitor: 'val_loss', patience: 0, threshold: 10, factor: 0.5 }), 1);
    const model = smallModel({ optimizer: optim.sgd({ learningRate }) });
    const history = await model.fit(all, { epochs: 3, batchSize: 30, validation: all });
    expect(history.logs.learning_rate).toEqual([0.1, 0.1, 0.05]);
    expect(history.learningRates.learning_rate).toEqual([0.1, 0.1, 0.1, 0.1, 0.05, 0.05]);
    expect((await model.fit(all, { validation: all })).logs.learning_rate).toEqual([0.025]);
  });

  it('follows the training loss without a callback, an epoch a call', async () => {
    const learningRate = onPlateau({ start: 0.1, monitor: 'loss', patience: 0, threshold: 10, factor: 0.5 });
    const history = await smallModel({ optimizer: optim.sgd({ learningRate }) }).fit(all, { epochs: 3 });
    expect(history.logs.learning_rate).toEqual([0.1, 0.1, 0.05]);
  });

  it('refuses a log that is not there, and options out of range', async () => {
    const model = smallModel({ optimizer: optim.sgd({ learningRate: onPlateau({ start: 0.1 }) }) });
    await expect(model.fit(all, { epochs: 2 })).rejects.toThrow(
      "expected logs with 'val_loss', got loss, accuracy, learning_rate",
    );
    expect(() => onPlateau({ start: 0.1, factor: 1 })).toThrow('factor');
    expect(() => onPlateau({ start: 0.1, patience: -1 })).toThrow('patience');
    expect(() => onPlateau({ start: -1 })).toThrow('learningRate');
  });
});

it('earlyStopping ends a fit when patience is over', async () => {
  const history = await smallModel().fit(all, {
    epochs: 10,
    onEpochEnd: earlyStopping({ monitor: 'loss', patience: 2, threshold: 10 }),
  });
  expect(history).toMatchObject({ epochs: 4, stopped: true });
  expect(() => earlyStopping({ mode: 'up' as 'min' })).toThrow("'min' or 'max'");
});
