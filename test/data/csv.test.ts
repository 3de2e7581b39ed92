import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Model, data, losses, nn, optim } from '../../lib/index.js';
import { CsvParser } from '../../lib/data/csv-records.js';

const folder = mkdtempSync(join(tmpdir(), 'ravine-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const wrong = (value: unknown) => value as never;

function file(text: string | Buffer): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, text);
  return path;
}

const read = (text: string | Buffer, options?: data.CsvOptions) => data.csv(file(text), options);
const x = (dataset: data.Dataset) => dataset.fields.get('x')?.tensor.toArray();
const y = (dataset: data.Dataset) => dataset.fields.get('y')?.tensor.toArray();

function records(text: string, pieces: number): string[][] {
  const parser = new CsvParser('a.csv', ',');
  const all = Array.from({ length: Math.ceil(text.length / pieces) }, (_, i) => text.slice(i * pieces, (i + 1) * pieces));
  return [...all.flatMap((piece) => [...parser.push(piece)]), ...parser.finish()].map(({ fields }) => [...fields]);
}

describe('records', () => {
  it.each([
    [
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,,\n,b,\n',
      [
        ['a', '', ''],
        ['', 'b', ''],
      ],
    ],
    [
      '"a,1","b\nc"\n"d ""e""",f\r\n',
      [
        ['a,1', 'b\nc'],
        ['d "e"', 'f'],
      ],
    ],
    ['"",x\n""\n', [['', 'x'], ['']]],
    ['\n\na\n\r\n\nb\n\n', [['a'], ['b']]],
    ['"a\r\n",b\r\n', [['a\r\n', 'b']]],
    ['é,"日本"\n😀,"""\n', 'a quoted field is not closed'],
    ['a"b,c\n', 'a quote inside of a field that does not begin with one'],
    ['"a"b,c\n', 'expected a delimiter after the closing quote, got "b"'],
    ['', []],
  ] as const)('%j', (text, expected) => {
    for (const pieces of [1, 2, 3, 1000]) {
      if (typeof expected === 'string') expect(() => records(text, pieces)).toThrow(expected);
      else expect(records(text, pieces)).toEqual(expected);
    }
  });

  it('name the line', () => {
    expect(() => records('a\n"b\nc"\nd"\n', 2)).toThrow('[data.csv] a.csv, line 4: a quote inside');
    expect(() => records('a\n"b\nc\n', 2)).toThrow('a.csv, line 2: a quoted field is not closed before the end of the file');
  });
});

describe('numbers', () => {
  it('come with the names of columns', async () => {
    const dataset = await read('\uFEFFlength, width ,kind\n1,2.5,0\n-3e2,.5,1\n', { target: 'kind' });
    expect(x(dataset)).toEqual([
      [1, 2.5],
      [-300, 0.5],
    ]);
    expect([dataset.columns, y(dataset), dataset.classes]).toEqual([['length', 'width'], [0, 1], undefined]);
    expect(dataset.fields.get('y')?.dtype).toBe('int32');
  });

  it('of chosen columns, in that order, without a header, with another delimiter', async () => {
    const dataset = await read('1;2;3\n4;5;6\n', {
      header: false,
      delimiter: ';',
      columns: ['2', '0'],
      target: '1',
      targetType: 'number',
    });
    expect([x(dataset), y(dataset)]).toEqual([
      [
        [3, 1],
        [6, 4],
      ],
      [[2], [5]],
    ]);
    const named = await read('1,2\n', { header: ['a', 'b'], dtype: 'float64' });
    expect([named.columns, named.fields.get('x')?.dtype, named.fields.has('y')]).toEqual([['a', 'b'], 'float64', false]);
  });

  it('are targets where one has a fraction', async () => {
    expect(y(await read('a,t\n1,2\n2,2.5\n', { target: 't' }))).toEqual([[2], [2.5]]);
  });

  it('may be missing, if that is allowed', async () => {
    const text = 'a,b,t\n1,,0\nNA,4,1\n3, ? ,1\n';
    const filled = async (missing: data.CsvOptions['missing']) =>
      x(await read(text, { target: 't', ...(missing !== undefined && { missing }) }));
    expect(await filled(-1)).toEqual([
      [1, -1],
      [-1, 4],
      [3, -1],
    ]);
    expect(await filled('mean')).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
    ]);
    expect(x(await read('a,b\n1,\n2,3\n', { missing: 'drop' }))).toEqual([[2, 3]]);
    expect(x(await read('a,b\n1,-9\n', { missing: 0, missingValues: ['-9'] }))).toEqual([[1, 0]]);
    await expect(filled(undefined)).rejects.toThrow('line 2, column "b": the cell is missing');
    await expect(read('a,t\n1,\n', { target: 't', missing: 0 })).rejects.toThrow('line 2, column "t": the cell is missing');
    await expect(read('a\n?\n', { missing: 'mean' })).rejects.toThrow('column "a" has no mean: every cell is missing');
  });
});

describe('names', () => {
  const text = 'color,size,kind\nred,2,cat\nblue,10,dog\n"red",2,cat\n';

  it('become codes in alphabetical order, or columns of 0 and 1', async () => {
    const dataset = await read(text, { target: 'kind', categories: { color: 'oneHot', size: 'codes' } });
    expect(dataset.columns).toEqual(['color=blue', 'color=red', 'size']);
    expect(x(dataset)).toEqual([
      [0, 1, 0],
      [1, 0, 1],
      [0, 1, 0],
    ]);
    expect(dataset.categories).toEqual(
      new Map([
        ['color', ['blue', 'red']],
        ['size', ['2', '10']],
      ]),
    );
    expect([y(dataset), dataset.classes]).toEqual([
      [0, 1, 0],
      ['cat', 'dog'],
    ]);
  });

  it('may be fixed, so that another file is read alike', async () => {
    const categories = { color: { encoding: 'oneHot', names: ['green', 'red', 'blue'] } } as const;
    const dataset = await read(text, { columns: ['color'], categories });
    expect(x(dataset)).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [0, 1, 0],
    ]);
    await expect(read('color\nblack\n', { categories })).rejects.toThrow(
      'line 2, column "color": expected one of green, red, blue, got "black"',
    );
  });

  it('that are missing are a name of their own', async () => {
    const dataset = await read('a,b\nNA,1\nu,2\n', { categories: { a: 'codes' }, missing: 0 });
    expect([dataset.categories.get('a'), x(dataset)]).toEqual([
      ['', 'u'],
      [
        [0, 1],
        [1, 2],
      ],
    ]);
  });

  it('are classes of whole numbers too, where that is asked for', async () => {
    const dataset = await read('a,t\n1,10\n1,9\n1,10\n', { target: 't', targetType: 'class' });
    expect([y(dataset), dataset.classes]).toEqual([
      [1, 0, 1],
      ['9', '10'],
    ]);
  });
});

it('trains', async () => {
  const lines = Array.from(
    { length: 200 },
    (_, i) => `${Math.cos(i)},${Math.sin(i)},${Math.cos(i) > Math.sin(i) ? 'right' : 'left'}`,
  );
  const dataset = await read(['a,b,side', ...lines].join('\n'), { target: 'side' });
  const model = new Model(nn.linear(2, 2), { loss: losses.softmaxCrossEntropy(), optimizer: optim.adam({ learningRate: 0.1 }) });
  const history = await model.fit(dataset, { epochs: 20, seed: 1 });
  expect(history.logs['loss']?.at(-1)).toBeLessThan(0.3);
});

describe('errors', () => {
  it.each([
    ['a,b\n1\n', {}, 'line 2: expected 2 fields, got 1'],
    ['a,b\n1,2\n\n1,2,3\n', {}, 'line 4: expected 2 fields, got 3'],
    [
      'a,b\n"1\n",x\n',
      {},
      'line 2, column "b": expected a number, got "x"\nhelp: for a column of names: { categories: { "b": \'oneHot\' } }',
    ],
    ['a\n1e39\n', {}, 'line 2, column "a": "1e39" is too large'],
    ['a\n1e999\n', { dtype: 'float64' }, '"1e999" is too large'],
    ['a\n0x10\n', {}, 'expected a number, got "0x10"'],
    ['a\nInfinity\n', {}, 'expected a number, got "Infinity"'],
    ['a,a\n1,2\n', {}, 'has two columns "a"'],
    ['a,b\n', {}, 'has no rows of data'],
    ['', {}, 'has no rows of data'],
    ['size,b\n1,2\n', { target: 'sise' }, 'has no column "sise"\nhelp: did you mean "size"?'],
    ['a,b\n1,2\n', { columns: ['z9999'] }, 'has no column "z9999"\nhelp: columns: a, b'],
    ['a,b\n1,2\n', { categories: { c: 'codes' } }, 'has no column "c"'],
    ['a,t\n1,2\n1,x\n', { target: 't' }, 'line 3, column "t": "x" stands among numbers'],
    ['a,t\n1,x\n1,2\n', { target: 't' }, 'line 2, column "t": "x" stands among numbers'],
    ['a,t\n1,x\n', { target: 't', targetType: 'number' }, 'line 2, column "t": expected a number, got "x"'],
    ['a\n1\n', { delimiter: ';;' }, 'expected delimiter to be one character'],
    ['a\n1\n', { missing: wrong('zero') }, "expected missing to be 'error' or 'drop' or 'mean', got \"zero\""],
    ['a\n1\n', { categories: { a: wrong('hot') } }, "expected categories.a to be 'codes' or 'oneHot'"],
    ['a\n1\n', { categories: { a: wrong({ encoding: 'codes' }) } }, 'expected categories.a.names to be a list, got undefined'],
    ['a\n1\n', wrong({ targets: 'a' }), "unknown option 'targets'"],
  ] satisfies readonly (readonly [string, data.CsvOptions, string])[])('%j %j', async (text, options, message) => {
    await expect(read(text, options)).rejects.toThrow(message);
  });

  it('name the file that is not there', async () => {
    await expect(data.csv(join(folder, 'none.csv'))).rejects.toThrow('[data.csv] cannot read');
  });
});
