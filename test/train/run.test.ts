import { describe, expect, it } from 'vitest';
import { AbortError, data, dropout, grad, jit, matmul, nn, tensor, type Tensor } from '../../lib/index.js';
import { clusters, numbers } from './problems.js';

const draw = numbers(5);
const all = data.from({
  x: { data: Float32Array.from({ length: 50 * 3 }, draw), shape: [50, 3] },
  y: { data: Float32Array.from({ length: 50 }, draw), shape: [50, 1] },
});

/** A user's own gradient descent on the squared error. */
function descent(training = false) {
  const w = new nn.Buffer([3, 1]);
  const step = jit(
    (x: Tensor, y: Tensor) => {
      const loss = (weight: Tensor): Tensor =>
        matmul(training ? dropout(x, 0.5) : x, weight)
          .sub(y)
          .square()
          .mean();
      const value = loss(w);
      w.assign(w.sub(grad(loss)(w).mul(0.1)));
      return { value, twice: value.mul(2) };
    },
    { training },
  );
  return { w, step };
}

describe('run', () => {
  it('is as many calls of the function, bit for bit', async () => {
    const [one, other] = [descent(), descent()];
    const result = await one.step.run(all, { epochs: 3, batchSize: 16, shuffle: false });
    const [x, y] = [...all.fields.values()].map((field) => field.tensor);
    const sums: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      let sum = 0;
      for (let begin = 0; begin < 50; begin += 16) {
        const end = Math.min(50, begin + 16);
        const part = (all: Tensor): Tensor => all.slice([begin, 0], [end, all.shape[1] ?? 1]);
        sum += (await other.step(part(x as Tensor), part(y as Tensor))).value.item() * (end - begin);
      }
      sums.push(sum / 50);
    }
    expect(one.w.data()).toEqual(other.w.data());
    expect(result).toMatchObject({ steps: 12, epochs: 3 });
    expect(result.means[0]).toEqual(sums);
    expect(result.means[1]).toEqual(sums.map((mean) => 2 * mean));
    expect(result.seconds).toBeGreaterThan(0);
  });

  it('goes on where the run before ended, also in what is drawn', async () => {
    const [one, other] = [descent(true), descent(true)];
    await one.step.run(all, { epochs: 4, batchSize: 10 });
    await other.step.run(all, { epochs: 3, batchSize: 10 });
    await other.step.run(all, { epochs: 1, batchSize: 10 });
    expect(one.w.data()).toEqual(other.w.data());
    const third = descent(true);
    await third.step.run(all, { epochs: 4, batchSize: 10, seed: 1 });
    expect(third.w.data()).not.toEqual(one.w.data());
  });

  it('counts steps through epochs, and gives the means of the part of the last', async () => {
    const { step } = descent();
    const { steps, epochs, means } = await step.run(all, { steps: 7, batchSize: 16 });
    expect([steps, epochs, means[0]?.length]).toEqual([7, 1, 2]);
    expect(means[0]?.every((mean, i, list) => i === 0 || mean < (list[i - 1] ?? 0))).toBe(true);
    expect(await step.run(all, { epochs: 1, batchSize: 16, dropLast: true })).toMatchObject({ steps: 3, epochs: 1 });
  });

  it('sees a buffer that was assigned to between two runs, as a call does', async () => {
    const { w, step } = descent();
    const other = descent();
    for (const one of [w, other.w]) one.assign(tensor([[1], [2], [3]]));
    await step.run(all, { steps: 1, batchSize: 50, shuffle: false });
    w.assign(tensor([[4], [5], [6]]));
    await step.run(all, { steps: 1, batchSize: 50, shuffle: false });
    const [x, y] = [...all.fields.values()].map((field) => field.tensor);
    await other.step(x as Tensor, y as Tensor);
    other.w.assign(tensor([[4], [5], [6]]));
    await other.step(x as Tensor, y as Tensor);
    expect(w.data()).toEqual(other.w.data());
    expect(w.data()[0]).toBeGreaterThan(3);
  });

  it('ends after the running step when its signal fires', async () => {
    const { step } = descent();
    const abort = new AbortController();
    const run = step.run(all, { steps: 1e9, signal: abort.signal });
    await expect(step.run(all)).rejects.toThrow('is running over other data');
    abort.abort();
    await expect(run).rejects.toBeInstanceOf(AbortError);
    expect(await step.run(all)).toMatchObject({ steps: 2 });
  });

  it('refuses what it cannot run', async () => {
    const { step } = descent();
    await expect(step.run(all, { batchsize: 3 } as object)).rejects.toThrow("did you mean 'batchSize'?");
    await expect(step.run(all, { steps: 1, epochs: 1 })).rejects.toThrow('either epochs or steps');
    await expect(step.run(all, { steps: 0 })).rejects.toThrow('steps to be a positive integer');
    await expect(step.run(all, { signal: 1 as never })).rejects.toThrow('AbortSignal');
    await expect(step.run({ x: [1, 2] })).rejects.toThrow('expected data with 2 fields');
    await expect(jit((x: Tensor) => x).run({ x: [1, 2] })).rejects.toThrow('expected the function to return numbers');
    const { x, y } = clusters(8, 3, 3);
    const gathered = jit((_: Tensor, y: Tensor) => tensor([1, 2]).gather(y).mean());
    await expect(gathered.run({ x, y: y.fill(2) })).rejects.toThrow('out of range');
  });
});
