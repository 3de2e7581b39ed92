import { describe, expect, it } from 'vitest';
import * as nn from '../../lib/nn/index.js';
import { Model, losses, optim } from '../../lib/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad } from '../../lib/runtime/index.js';

const indices = (rows: readonly number[], shape: readonly number[] = [rows.length]) =>
  ops.tensor(Int32Array.from(rows), { shape });
const wrong = (value: unknown) => value as never;

/** A table of 1, 2, 3, … */
const counting: nn.Initializer = ({ shape, dtype }) =>
  ops.reshape(ops.cast(ops.arange(1, 1 + shape[0]! * shape[1]!), dtype), shape);

describe('embedding', () => {
  it('looks rows up, whatever the shape of the numbers', () => {
    const layer = nn.embedding(4, 2, { weightInitializer: counting });
    expect(layer.forward(indices([3, 0, 3])).toArray()).toEqual([
      [7, 8],
      [1, 2],
      [7, 8],
    ]);
    expect(layer.forward(indices([1, 2, 0, 3], [2, 2])).shape).toEqual([2, 2, 2]);
    expect(layer.forward(ops.tensor(Uint8Array.of(2))).toArray()).toEqual([[5, 6]]);
    expect(String(layer)).toBe('embedding(4, 2)');
    expect(nn.embedding(3, 2, { dtype: 'float64' }).forward(indices([1])).dtype).toBe('float64');
  });

  it('adds the gradients of a row that is named more than once', () => {
    const layer = nn.embedding(4, 2, { weightInitializer: counting });
    const slope = grad((weight: typeof layer.weight) => ops.sum(ops.square(ops.gather(weight, indices([3, 0, 3])))))(
      layer.weight,
    );
    expect(slope.toArray()).toEqual([
      [2, 4],
      [0, 0],
      [0, 0],
      [28, 32],
    ]);
  });

  it('is N(0, 1) unless said otherwise', () => {
    const data = Array.from(nn.embedding(400, 50).weight.data());
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    // 20,000 draws: five deviations of 0.007 and 0.01.
    expect(Math.abs(mean)).toBeLessThan(0.035);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it.each([0, 2, 3])('neither draws nor trains the padding row %i', async (paddingIndex) => {
    const table = nn.embedding(4, 3, { paddingIndex });
    const model = new Model(nn.sequential(table, nn.flatten(), nn.linear(6, 1)), {
      loss: losses.meanSquaredError(),
      optimizer: optim.sgd({ learningRate: 0.1 }),
    });
    const x = { data: Int32Array.from([0, 1, 2, 3, paddingIndex, 1, 3, 2]), shape: [4, 2] };
    await model.fit({ x, y: { data: Float32Array.of(1, 2, 3, 4), shape: [4, 1] } }, { epochs: 3, seed: 1 });
    const rows = table.weight.toArray() as number[][];
    rows.forEach((row, i) => expect(row.every((value) => value === 0)).toBe(i === paddingIndex));
  });

  it('refuses a number that names no row, and nothing is lost', async () => {
    for (const bad of [4, -1]) {
      const table = nn.embedding(4, 3);
      const model = new Model(nn.sequential(table, nn.flatten(), nn.linear(6, 1)), {
        loss: losses.meanSquaredError(),
        optimizer: optim.sgd({ learningRate: 0.1 }),
      });
      await model.evaluate({ x: { data: Int32Array.of(0, 1), shape: [1, 2] }, y: { data: Float32Array.of(1), shape: [1, 1] } });
      const before = [...table.weight.data()];
      const x = { data: Int32Array.from([0, 1, 2, 3, 1, bad]), shape: [3, 2] };
      const fit = model.fit({ x, y: { data: Float32Array.of(1, 2, 3), shape: [3, 1] } }, { shuffle: false });
      await expect(fit).rejects.toThrow(`[0: gather] index ${bad} of sample 2 at [2,1] is out of range`);
      expect([...table.weight.data()]).toEqual(before);
      expect(model.steps).toBe(0);
    }
  });

  it('says what it expects', () => {
    const layer = nn.embedding(4, 2);
    expect(() => layer.forward(ops.ones([3]))).toThrow(
      '[embedding(4, 2)] expected row numbers as int32 or uint8, got float32[3]\nhelp: give the data an Int32Array: { data, shape }',
    );
    expect(() => layer.forward(indices([1, 4]))).toThrow('index 4 at 1 is out of range');
    expect(() => nn.embedding(0, 2)).toThrow('[embedding] expected rows to be a positive integer, got 0');
    expect(() => nn.embedding(2, 0.5)).toThrow('[embedding] expected features to be a positive integer, got 0.5');
    expect(() => nn.embedding(2, 2, { paddingIndex: 2 })).toThrow('[embedding] expected paddingIndex to be below 2, got 2');
    expect(() => nn.embedding(2, 2, wrong({ padding: 2 }))).toThrow("[embedding] unknown option 'padding'");
  });
});
