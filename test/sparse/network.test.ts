import { describe, expect, test } from 'vitest';
import { data, losses, Model, nn, optim, SparseMatrix, tensor } from '../../lib/index.js';
import { planted } from './reference.js';

function modelOf(first: nn.Module, weightDecay = 0): Model {
  const network = nn.sequential(first, nn.tanh(), nn.linear(8, 3));
  const optimizer = optim.sgd({ learningRate: 0.2, momentum: 0.9, weightDecay });
  return new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer, seed: 3 });
}

describe('nn.sparseLinear on padded rows', () => {
  test.each([0, 1e-2])('trains as linear does on the dense rows, weight decay %d', async (weightDecay) => {
    const problem = planted(96, 40, 3);
    const padded = (await SparseMatrix.fromDense(problem.rows)).toPadded();
    const sparse = modelOf(nn.sparseLinear(40, 8), weightDecay);
    const dense = modelOf(nn.linear(40, 8), weightDecay);
    const y = Int32Array.from(problem.labels);
    const few = { epochs: 4, batchSize: 16, seed: 1 };
    const [a, b] = [await sparse.fit(data.from({ x: padded, y }), few), await dense.fit(data.from({ x: problem.rows, y }), few)];
    expect(a.logs['loss']).toHaveLength(4);
    a.logs['loss']?.forEach((loss, i) => expect(loss).toBeCloseTo(b.logs['loss']?.[i] ?? NaN, 5));
    const [left, right] = [await sparse.stateDict(), await dense.stateDict()];
    expect([...left.keys()]).toEqual([...right.keys()]);
    const weights = [left, right].map((state) => [...(state.get('0.weight')?.data() ?? [])]);
    weights[0]?.forEach((weight, i) => expect(weight).toBeCloseTo(weights[1]?.[i] ?? NaN, 4));
  });

  test('empty and short rows are padded by nothing', async () => {
    const x = await SparseMatrix.from({ columns: 5, offsets: [0, 2, 2, 3], indices: [1, 4, 0], values: [2, 3, 4] });
    expect(x.toPadded()).toEqual({
      data: Float32Array.of(1, 4, 2, 3, 0, 0, 0, 0, 0, 0, 4, 0),
      shape: [3, 2, 2],
    });
  });

  test('refuses other shapes, and columns that are not there', async () => {
    const layer = nn.sparseLinear(4, 2);
    expect(() => layer.forward(tensor([[1, 2]]))).toThrow(
      '[sparseLinear(4, 2)] expected [batch, 4] or [batch, 2, entries], got float32[1,2]',
    );
    const one = tensor([[[0], [1]]]);
    expect(() => nn.sparseLinear(2 ** 24 + 1, 1).forward(one)).toThrow('expected at most 16777216 features with padded rows');
    const wide = await SparseMatrix.from({ columns: 2 ** 24 + 1, offsets: [0, 1], indices: [0] });
    expect(() => wide.toPadded()).toThrow('expected at most 16777216 columns, got 16777217');
    const model = modelOf(nn.sparseLinear(4, 8));
    const x = { data: Float32Array.of(5, 1), shape: [1, 2, 1] };
    await expect(model.fit(data.from({ x, y: Int32Array.of(0) }), { epochs: 1 })).rejects.toThrow('5');
  });
});
