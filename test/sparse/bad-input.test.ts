import { describe, expect, test } from 'vitest';
import { SparseLinear, SparseMatrix, type SparseArrays } from '../../lib/index.js';

const good = { columns: 4, offsets: [0, 2, 3], indices: [0, 3, 1], values: [1, 2, 3] };

describe('a matrix refuses', () => {
  const cases: [string, Partial<Record<keyof SparseArrays | 'column', unknown>>, string][] = [
    ['a misspelt field', { column: 3 }, "unknown option 'column'\nhelp: did you mean 'columns'?"],
    ['no columns', { columns: 0 }, 'expected columns to be a positive integer, got 0'],
    ['too many columns', { columns: 2 ** 32 }, 'expected at most 2147483647 columns, got 4294967296'],
    ['no offsets', { offsets: [] }, 'expected at least one offset, got none'],
    ['what is no array', { offsets: 3 }, 'expected offsets to be an array of numbers, got 3'],
    ['broken indices', { indices: [0, 1.5, 1] }, 'expected integers as indices, got 1.5 at 1'],
    ['texts as values', { values: [1, '2', 3] }, 'expected numbers as values, got "2" at 1'],
    ['big integers', { indices: BigInt64Array.of(0n, 3n, 1n) }, 'expected numbers as indices, got 0n at 0'],
    ['a big integer', { offsets: [0, 2n, 3] }, 'expected numbers as offsets, got 2n at 1'],
    [
      'a sum that is infinite',
      { indices: [3, 3, 1], values: [3e38, 3e38, 1] },
      'expected finite values, got Infinity in row 0, column 3',
    ],
    ['another number of values', { values: [1] }, 'expected as many values as indices, got 1 and 3'],
    ['an index beyond the width', { indices: [0, 4, 1] }, 'expected column numbers from 0 to 3, got 4 in row 0'],
    ['a negative index', { indices: [0, 1, -2] }, 'expected column numbers from 0 to 3, got -2 in row 1'],
    ['NaN', { values: [1, 2, NaN] }, 'expected finite values, got NaN in row 1, column 1'],
    ['infinity', { values: [1, -Infinity, 3] }, 'expected finite values, got -Infinity in row 0, column 3'],
    ['offsets that end elsewhere', { offsets: [0, 2, 4] }, 'expected offsets from 0 to 3'],
    ['falling offsets', { offsets: [0, 3, 1, 3] }, 'expected rising offsets, got another at row 1'],
    ['broken offsets', { offsets: [0, 1.5, 3] }, 'expected rising offsets, got another at row 1'],
  ];
  test.each(cases)('%s', async (_name, change, message) => {
    const arrays = { ...good, ...change } as SparseArrays;
    await expect(SparseMatrix.from(arrays)).rejects.toThrow(`[SparseMatrix.from] ${message}`);
  });

  test('what is no object', async () => {
    const nothing: unknown = null;
    await expect(SparseMatrix.from(nothing as SparseArrays)).rejects.toThrow('expected { columns, offsets, indices }, got null');
  });

  test('rows of other lengths, and rows that are not there', async () => {
    await expect(SparseMatrix.fromDense([[1, 0], [1]])).rejects.toThrow('expected 2 numbers in row 1, got 1');
    const nothing: unknown = null;
    await expect(SparseMatrix.fromDense(nothing as number[][])).rejects.toThrow('expected an array of rows, got null');
    await expect(SparseMatrix.fromDense([[1], nothing as number[]])).rejects.toThrow('expected row 1 to be an array of numbers');
    const x = await SparseMatrix.from(good);
    await expect(x.subset([0, 2])).rejects.toThrow('expected row numbers from 0 to 1, got 2');
  });

  test.each(['indices', 'values'] as const)('%s that are taken away while they are copied', async (name) => {
    const entries = 5e6;
    const offsets = Float64Array.of(0, entries);
    const arrays = { indices: new Int32Array(entries), values: new Float32Array(entries) };
    const made = SparseMatrix.from({ columns: 1, offsets, ...arrays });
    structuredClone(arrays[name], { transfer: [arrays[name].buffer] });
    await expect(made).rejects.toThrow('an array was detached or resized while it was copied');
  });

  test('rows that no padding can hold', async () => {
    const lengths = Array.from({ length: 100_001 }, (_, row) => (row === 0 ? 0 : 200_000));
    const indices = Int32Array.from({ length: 200_000 }, (_, i) => i);
    const x = await SparseMatrix.from({ columns: 200_000, offsets: lengths, indices });
    expect(() => x.toPadded()).toThrow('[SparseMatrix.toPadded] no memory for [100000, 2, 200000]: the longest row pads all');
  });

  test('what is no path', async () => {
    const x = await SparseMatrix.from(good);
    const number: unknown = 3;
    await expect(x.save(number as string)).rejects.toThrow('[SparseMatrix.save] expected the path of a file, got 3');
    await expect(SparseMatrix.load('a\0b')).rejects.toThrow('expected the path of a file, got "a\\u0000b"');
  });

  test('to be used once disposed', async () => {
    const x = await SparseMatrix.from(good);
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(() => x.toArrays()).toThrow('this matrix was disposed');
  });
});

describe('options are refused', () => {
  const cases: [string, object, string][] = [
    ['misspelt', { los: 'log' }, "unknown option 'los'\nhelp: did you mean 'loss'?"],
    ['an unknown loss', { loss: 'huber' }, `expected loss to be 'hinge' or 'squaredHinge' or 'log', got "huber"`],
    ['no penalty', { alpha: 0 }, 'expected alpha to be above 0, got 0'],
    ['a learning rate of 0', { learningRate: 0 }, 'expected learningRate to be above 0, got 0'],
    ['averaging from nowhere', { average: 'yes' }, 'expected average to be true or false, got "yes"'],
    ['a softmax of hinges', { multiclass: 'multinomial' }, "expected the log loss with multinomial, got 'hinge'"],
    ['L1 in the dual', { solver: 'dual', l1Ratio: 0.5 }, "the dual solver has no l1Ratio\nhelp: use solver: 'sgd'"],
    ['averages in the dual', { solver: 'dual', average: true }, 'the dual solver has no averaging'],
    [
      'softmax in the dual',
      { solver: 'dual', loss: 'log', multiclass: 'multinomial' },
      'the dual solver has no multinomial classes',
    ],
  ];
  test.each(cases)('%s', (_name, options, message) => {
    expect(() => new SparseLinear(options)).toThrow(`[SparseLinear] ${message}`);
  });
});

describe('a fit refuses', () => {
  const labels: [string, unknown, string][] = [
    ['one class', [1, 1], 'expected at least two classes, got only 1'],
    ['continuous labels', [0.5, 1], 'expected whole numbers as labels, got 0.5 in y'],
    ['NaN as label', [NaN, 1], 'expected whole numbers as labels, got NaN in y'],
    ['labels of two kinds', [1, 'a'], 'expected labels of one kind, got 1 and "a" in y'],
    ['objects as labels', [{}, {}], 'expected y to hold numbers, texts or booleans, got a Object'],
    ['no array', 'ab', 'expected y to be an array of labels, got "ab"'],
    ['too few labels', [1], 'expected one label a row, got 1 for 2 rows'],
  ];
  test.each(labels)('%s', async (_name, y, message) => {
    const x = await SparseMatrix.from(good);
    await expect(new SparseLinear().fit(x, y as number[])).rejects.toThrow(`[SparseLinear.fit] ${message}`);
  });

  test('what is no matrix, and a matrix without rows', async () => {
    const dense: unknown = [[1]];
    await expect(new SparseLinear().fit(dense as SparseMatrix, [1])).rejects.toThrow(
      'expected a SparseMatrix, got an array of 1',
    );
    const none = await SparseMatrix.from({ columns: 1, offsets: [0], indices: [] });
    await expect(new SparseLinear().fit(none, [])).rejects.toThrow('0 rows');
  });

  test('what is no signal and no callback', async () => {
    const x = await SparseMatrix.from(good);
    const wrong: [object, string][] = [
      [{ signal: 3 }, 'expected signal to be an AbortSignal, got 3'],
      [{ onProgress: 3 }, 'expected onProgress to be a function, got 3'],
    ];
    for (const [options, message] of wrong)
      await expect(new SparseLinear().fit(x, [0, 1], options)).rejects.toThrow(`[SparseLinear.fit] ${message}`);
  });

  test('a gap with SGD, and partialFit with the dual solver', async () => {
    const x = await SparseMatrix.from(good);
    await expect(new SparseLinear().fit(x, [0, 1], { gap: 1 })).rejects.toThrow('only the dual solver knows its gap');
    const dual = new SparseLinear({ solver: 'dual' });
    await expect(dual.partialFit(x, [0, 1])).rejects.toThrow('the dual solver sees all rows at once');
  });

  test('labels and widths that partialFit has not been told of', async () => {
    const x = await SparseMatrix.from(good);
    const model = new SparseLinear();
    await expect(model.partialFit(x, [0, 1])).rejects.toThrow('expected classes at the first call');
    await model.partialFit(x, [0, 1], { classes: [0, 1] });
    await expect(model.partialFit(x, [0, 2])).rejects.toThrow('2 at row 1 is none of the 2 classes');
    const wide = await SparseMatrix.from({ ...good, columns: 5 });
    await expect(model.partialFit(wide, [0, 1])).rejects.toThrow('expected 4 columns, got 5');
    await expect(model.predict(wide)).rejects.toThrow('expected 4 columns, got 5');
  });

  test('predictions before it, and probabilities of a hinge', async () => {
    const x = await SparseMatrix.from(good);
    await expect(new SparseLinear().predict(x)).rejects.toThrow('this model has learnt nothing yet');
    const model = new SparseLinear();
    await model.fit(x, [0, 1]);
    await expect(model.predictProba(x)).rejects.toThrow("the hinge loss gives no probabilities\nhelp: use loss: 'log'");
  });
});
