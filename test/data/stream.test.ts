import { describe, expect, it } from 'vitest';
import { stream, type CheckedBatch, type StreamDataset } from '../../lib/data/index.js';
import { tensor } from '../../lib/ops/create.js';
import '../../lib/runtime/index.js';

const options = { batchSize: 4, x: { shape: [2] }, y: { shape: [] } };
const good = {
  x: [
    [1, 2],
    [3, 4],
  ],
  y: [0, 1],
};

/** What is deliberately not of the declared type. */
const wrong = (value: unknown) => value as never;

async function all(dataset: StreamDataset): Promise<CheckedBatch[]> {
  const batches: CheckedBatch[] = [];
  for await (const batch of dataset.batches()) batches.push(batch);
  return batches;
}

describe('data.stream', () => {
  it('gives checked batches, anew each epoch', async () => {
    let opened = 0;
    const dataset = stream(async function* () {
      opened++;
      yield good;
      await Promise.resolve();
      yield { x: Float32Array.of(5, 6), y: Uint8Array.of(2) };
      yield { x: tensor([[7, 8]]), y: Int32Array.of(3) };
      yield { x: { data: Float32Array.of(9, 9), shape: [1, 2] }, y: [1] };
    }, options);
    expect(dataset).toMatchObject({ kind: 'stream', batchSize: 4 });
    expect([...dataset.fields.values()]).toEqual([
      { name: 'x', shape: [2], dtype: 'float32', scale: 1, shift: 0 },
      { name: 'y', shape: [], dtype: 'int32', scale: 1, shift: 0 },
    ]);
    for (let epoch = 1; epoch <= 2; epoch++) {
      const batches = await all(dataset);
      expect(opened).toBe(epoch);
      expect(batches.map(({ samples }) => samples)).toEqual([2, 1, 1, 1]);
      expect(batches[0]?.arrays).toEqual(
        new Map<string, unknown>([
          ['x', Float32Array.of(1, 2, 3, 4)],
          ['y', Int32Array.of(0, 1)],
        ]),
      );
      expect(batches[2]?.arrays.get('x')).toEqual(Float32Array.of(7, 8));
    }
  });

  it('takes plain iterables', async () => {
    expect(await all(stream(() => [good, good], options))).toHaveLength(2);
  });

  it("ends the caller's iterator when it is left early", async () => {
    let ended = false;
    const dataset = stream(function* () {
      try {
        for (;;) yield good;
      } finally {
        ended = true;
      }
    }, options);
    for await (const batch of dataset.batches()) if (batch.samples === 2) break;
    expect(ended).toBe(true);
  });

  it("ends the caller's iterator when a batch is bad, and passes its own errors on", async () => {
    let ended = false;
    const bad = stream(function* () {
      try {
        yield good;
        yield { x: [[1, 2, 3]], y: [0] };
      } finally {
        ended = true;
      }
    }, options);
    await expect(all(bad)).rejects.toThrow('[data.stream batch 1] expected x of shape [rows,2], got [1,3]');
    expect(ended).toBe(true);
    const failure = new Error('disk gone');
    const throwing = stream(function* () {
      yield good;
      throw failure;
    }, options);
    await expect(all(throwing)).rejects.toBe(failure);
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'expected { x, y }, got null'],
    ['a missing field', { x: [[1, 2]] }, 'expected y to be a typed array'],
    ['an unknown field', { ...good, z: [1] }, 'unknown field "z"'],
    ['too many rows', { x: new Float32Array(10), y: new Int32Array(5) }, 'expected 1 to 4 rows in x, got 5'],
    ['no rows', { x: new Float32Array(0), y: new Int32Array(0) }, 'expected 1 to 4 rows in x, got 0'],
    ['half a row', { x: new Float32Array(3), y: [0, 1] }, 'expected x of shape [rows,2], got [3]'],
    ['differing rows', { x: [[1, 2]], y: [0, 1] }, 'expected 1 rows in every field, got 2 in y'],
    ['another dtype', { x: new Float64Array(4), y: [0, 1] }, 'expected x to be float32, got float64'],
    ['fractions as labels', { x: [[1, 2]], y: [0.5] }, 'expected y to be int32, got float32'],
    [
      'NaN',
      {
        x: [
          [1, 2],
          [3, NaN],
        ],
        y: [0, 1],
      },
      'expected finite numbers, got NaN in x at row 1, column 1',
    ],
    ['−∞', { x: [[-Infinity, 2]], y: [0] }, 'expected finite numbers, got -Infinity in x at row 0, column 0'],
  ])('refuses a batch with %s', async (_, batch, message) => {
    const dataset = stream(() => [good, batch as typeof good], options);
    await expect(all(dataset)).rejects.toThrow(`[data.stream batch 1] ${message}`);
  });

  it('lets NaN pass when told to', async () => {
    const dataset = stream(() => [{ x: [[NaN, 2]], y: [0] }], { ...options, checkFinite: false });
    expect((await all(dataset))[0]?.arrays.get('x')).toEqual(Float32Array.of(NaN, 2));
  });

  it('refuses what is no source, and one that is spent', async () => {
    expect(() => stream(wrong([good]), options)).toThrow(
      'expected a function that gives an iterable of batches, got an array of 1',
    );
    await expect(all(stream(() => wrong(5), options))).rejects.toThrow('got 5');
    await expect(all(stream(() => [], options))).rejects.toThrow('0 batches');
    expect(() => stream(() => [], { ...options, batchSize: 0 })).toThrow('expected batchSize to be a positive integer, got 0');
    expect(() => stream(() => [], wrong({ ...options, x: { shape: [2], dtyp: 'uint8' } }))).toThrow("unknown option 'dtyp'");
    expect(() => stream(() => [], wrong({ batchSize: 1 }))).toThrow(
      '[data.stream] expected an input, x: { shape, dtype }, got no fields',
    );
  });
});
