import { describe, expect, test } from 'vitest';
import { readFile, writeFile } from 'node:fs/promises';
import { SparseLinear, SparseMatrix } from '../../lib/index.js';
import { temporaryFolder } from '../io/folder.js';
import { planted, random } from './reference.js';

describe('a sparse matrix', () => {
  test('gives back what it was made from', async () => {
    const x = await SparseMatrix.from({ columns: 4, offsets: [0, 2, 2, 3], indices: [0, 3, 1], values: [1, 2, 3] });
    expect({ rows: x.rows, columns: x.columns, entries: x.entries, bits: x.indexBits }).toEqual({
      rows: 3,
      columns: 4,
      entries: 3,
      bits: 16,
    });
    const { offsets, indices, values } = x.toArrays();
    expect([[...offsets], [...indices], [...values]]).toEqual([
      [0, 2, 2, 3],
      [0, 3, 1],
      [1, 2, 3],
    ]);
  });

  test('sorts a row and adds up what repeats, as SciPy does', async () => {
    const x = await SparseMatrix.from({ columns: 9, offsets: [0, 4], indices: [7, 2, 7, 0], values: [1, 2, 3, 4] });
    const { indices, values } = x.toArrays();
    expect([[...indices], [...values]]).toEqual([
      [0, 2, 7],
      [4, 2, 4],
    ]);
    const ones = await SparseMatrix.from({ columns: 9, offsets: [0, 3], indices: [7, 7, 0] });
    expect([...ones.toArrays().values]).toEqual([1, 2]);
  });

  test('of ones alone stores none of them', async () => {
    const ones = await SparseMatrix.from({ columns: 9, offsets: [0, 2], indices: [1, 2] });
    const twos = await SparseMatrix.from({ columns: 9, offsets: [0, 2], indices: [1, 2], values: [1, 2] });
    expect([ones.binary, twos.binary]).toEqual([true, false]);
    expect(ones.bytes).toBeLessThan(twos.bytes);
  });

  test('takes every kind of index, and 32 bits where the columns need them', async () => {
    for (const indices of [Uint16Array.of(1, 2), Int32Array.of(1, 2), Uint32Array.of(1, 2), Uint8Array.of(1, 2)])
      expect([...(await SparseMatrix.from({ columns: 3, offsets: [0, 2], indices })).toArrays().indices]).toEqual([1, 2]);
    for (const [columns, bits] of [
      [65536, 16],
      [65537, 32],
    ] as const) {
      const x = await SparseMatrix.from({ columns, offsets: [0, 1], indices: [columns - 1] });
      expect([x.indexBits, ...x.toArrays().indices]).toEqual([bits, columns - 1]);
    }
  });

  test.each([5000, 70_000])('of %i columns numbered by frequency reads and learns as before', async (columns) => {
    const next = random(7);
    const offsets = Array.from({ length: 4001 }, (_, i) => i * Math.ceil((columns * 4) / 4000));
    const indices = offsets.slice(1).flatMap((end, i) => {
      const row = new Set<number>();
      while (row.size < end - offsets[i]!) row.add(columns - 1 - Math.floor(next() ** 2 * columns));
      return [...row].sort((a, b) => a - b);
    });
    const values = indices.map(() => Math.fround(next()));
    const x = await SparseMatrix.from({ columns, offsets, indices, values });
    expect(x.bytes).toBeGreaterThan(columns * 4 + indices.length * (x.indexBits / 8 + 4));
    const back = x.toArrays();
    expect(back.indices).toEqual(Uint32Array.from(indices));
    expect(back.values).toEqual(Float32Array.from(values));
    const labels = Array.from({ length: 4000 }, (_, i) => (indices[offsets[i]!]! < columns / 40 ? 1 : 0));
    const few = await x.subset(Array.from({ length: 200 }, (_, i) => i));
    const model = new SparseLinear({ loss: 'log', learningRate: 0.1, average: 100 });
    await model.fit(few, labels.slice(0, 200), { shuffle: false, epochs: 1 });
    const scores = (await model.decisionFunction(few)).data();
    const weights = model.coefficients().data();
    const ordered = (await model.decisionFunction(x)).data();
    scores.forEach((score, row) => {
      let sum = model.intercepts()[0]!;
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) sum += values[i]! * weights[indices[i]!]!;
      expect(score).toBeCloseTo(sum, 10);
      expect(ordered[row]).toBeCloseTo(sum, 10);
    });
  });

  test('counts the rows of each column', async () => {
    const x = await SparseMatrix.fromDense([
      [1, 0, 2],
      [0, 0, 3],
    ]);
    expect([...(await x.documentFrequencies())]).toEqual([1, 0, 2]);
  });
});

describe('files', () => {
  const folder = temporaryFolder();

  test('a matrix is saved and loaded; damage is found', async () => {
    const path = folder.path('x.sparse');
    const x = await SparseMatrix.fromDense(planted(50, 30).rows);
    await x.save(path);
    const again = await SparseMatrix.load(path);
    expect(again.toArrays()).toEqual(x.toArrays());
    const bytes = await readFile(path);
    for (const at of [3, 17, 121, 130, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 4;
      await writeFile(path, damaged);
      await expect(SparseMatrix.load(path)).rejects.toMatchObject({ code: 'format' });
    }
    await writeFile(path, bytes.subarray(0, 200));
    await expect(SparseMatrix.load(path)).rejects.toThrow('the file is damaged: its header does not fit its 200 bytes');
    await writeFile(path, 'short');
    await expect(SparseMatrix.load(path)).rejects.toThrow('expected a sparse matrix, got a file of 5 bytes');
    await expect(SparseMatrix.load(folder.path('none'))).rejects.toMatchObject({ code: 'file' });
    await expect(x.save(folder.path('none/x'))).rejects.toMatchObject({ code: 'file' });
  });

  test.each([{}, { average: true }, { l1Ratio: 0.5 }])('a model of %o goes on as if it had never been saved', async (options) => {
    const path = folder.path('model.safetensors');
    const problem = planted(200, 30, 3);
    const x = await SparseMatrix.fromDense(problem.rows);
    const model = new SparseLinear({ loss: 'log', ...options });
    await model.fit(x, problem.labels);
    await model.save(path);
    const loaded = await SparseLinear.load(path);
    expect(loaded.options).toEqual(model.options);
    expect(await loaded.predict(x)).toEqual(await model.predict(x));
    await model.partialFit(x, problem.labels);
    await loaded.partialFit(x, problem.labels);
    expect(loaded.coefficients().data()).toEqual(model.coefficients().data());
    expect(loaded.intercepts()).toEqual(model.intercepts());
  });
});
