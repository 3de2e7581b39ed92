import { readdir, stat, utimes, writeFile, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readSvmlight } from '../../lib/index.js';
import { temporaryFolder } from '../io/folder.js';

const folder = temporaryFolder();
let files = 0;

async function fileOf(text: string | Uint8Array): Promise<string> {
  const path = folder.path(`${files++}.svm`);
  await writeFile(path, text);
  return path;
}

describe('readSvmlight', () => {
  test('reads rows, comments, blank lines, qid and every way to write a number', async () => {
    const text =
      '# a header\n1 1:0.5 3:1e-3 # why\r\n\n-1 qid:7 2:+2.25\t4:.5\n+1.5\n2e0 1:-1234567.125 2:0.1 3:3.4028234e38 4:12345678901234567890';
    const { x, y } = await readSvmlight(await fileOf(text));
    expect([...y]).toEqual([1, -1, 1.5, 2]);
    const { offsets, indices, values } = x.toArrays();
    expect([...offsets]).toEqual([0, 2, 4, 4, 8]);
    expect([...indices]).toEqual([0, 2, 1, 3, 0, 1, 2, 3]);
    const expected = [0.5, 1e-3, 2.25, 0.5, -1234567.125, 0.1, 3.4028234e38, 12345678901234567890];
    expect([...values]).toEqual(expected.map(Math.fround));
    expect(x.columns).toBe(4);
  });

  test('a number too small for a float64 is 0', async () => {
    const { x } = await readSvmlight(await fileOf('1 1:1e-400 2:-12.5E-999\n'));
    expect([...x.toArrays().values]).toEqual([0, 0]);
  });

  test('takes the width and where indices begin', async () => {
    const path = await fileOf('0 0:1 4:1\n1 2:1\n');
    const { x } = await readSvmlight(path, { zeroBased: true, columns: 9 });
    expect([x.columns, x.binary, ...x.toArrays().indices]).toEqual([9, true, 0, 4, 2]);
  });

  test('lines may be longer than a block, and be cut anywhere between blocks', async () => {
    const rows = Array.from({ length: 30 }, (_, row) =>
      Array.from({ length: 20_000 }, (_, i) => `${i * 3 + 1}:0.${row}${i % 7}5`),
    );
    const { x, y } = await readSvmlight(await fileOf(rows.map((row, i) => `${i} ${row.join(' ')}\n`).join('')));
    expect([...y]).toEqual(rows.map((_, i) => i));
    const { values, indices } = x.toArrays();
    expect(values.length).toBe(600_000);
    const written = rows.flat().map((pair) => pair.split(':').map(Number) as [number, number]);
    expect(indices).toEqual(Uint32Array.from(written, ([index]) => index - 1));
    expect(values).toEqual(Float32Array.from(written, ([, value]) => value));
  });

  const wrong: [string, string][] = [
    ['1 1:1\nx 1:1', 'line 2: expected a number as label, got "x"'],
    ['1,2 1:1', 'line 1: expected a number as label, got "1,2"'],
    ['nan 1:1', 'line 1: expected a finite label, got "nan"'],
    ['1 1', 'line 1: expected index:value, got "1"'],
    ['1 1:', 'line 1: expected index:value, got "1:"'],
    ['1 :1', 'line 1: expected index:value, got ":1"'],
    ['1 1:1x', 'line 1: expected index:value, got "1:1x"'],
    ['1 1:--1', 'line 1: expected index:value, got "1:--1"'],
    ['1 1:+-1', 'line 1: expected index:value, got "1:+-1"'],
    ['1 1:1:1', 'line 1: expected index:value, got "1:1:1"'],
    ['1 -1:1', 'line 1: expected index:value, got "-1:1"'],
    ['1 1:1 qid:2', 'line 1: expected index:value, got "qid:2"'],
    ['1 1:\0', 'line 1: expected index:value, got "1:?"'],
    ['1 0:1', 'line 1: expected indices from 1 on, got "0:1"'],
    ['\n\n1 2:1 1:1', 'line 3: expected rising indices, got "1:1"'],
    ['1 2:1 2:1', 'line 1: the same index twice: "2:1"'],
    ['1 9:1', 'line 1: expected an index within 8 columns, got "9:1"'],
    ['1 99999999999999999999:1', 'line 1: expected an index below 2147483648, got "99999999999999999999:1"'],
    ['1 1:inf', 'line 1: expected a finite value, got "1:inf"'],
    ['1 1:nan', 'line 1: expected a finite value, got "1:nan"'],
    ['1 1:1e39', 'line 1: expected a finite value, got "1:1e39"'],
    ['1 1:1e999', 'line 1: expected a finite value, got "1:1e999"'],
    ['', 'no rows'],
    ['# nothing\n\n', 'no rows'],
  ];
  test.each(wrong)('refuses %j', async (text, message) => {
    const path = await fileOf(text);
    await expect(readSvmlight(path, { columns: 8 })).rejects.toThrow(`[readSvmlight] ${path}: ${message}`);
    await expect(readSvmlight(path, { columns: 8 })).rejects.toMatchObject({ code: 'format' });
  });

  test('refuses an index that no matrix can have', async () => {
    await expect(readSvmlight(await fileOf('1 2147483648:1'))).rejects.toThrow('expected an index below 2147483648');
  });

  test('says what is wrong with the call', async () => {
    await expect(readSvmlight('')).rejects.toThrow('expected the path of a file, got ""');
    await expect(readSvmlight(folder.path('none'))).rejects.toMatchObject({ code: 'file' });
    await expect(readSvmlight(folder.path('.'))).rejects.toMatchObject({ code: 'file' });
    const path = await fileOf('broken');
    const wrong: [object, string][] = [
      [{ columns: 2 ** 31 }, 'expected at most 2147483647 columns, got 2147483648'],
      [{ signal: 3 }, 'expected signal to be an AbortSignal, got 3'],
      [{ onProgress: 3 }, 'expected onProgress to be a function, got 3'],
      [{ cache: '' }, 'expected the path of a file, got ""'],
    ];
    for (const [options, message] of wrong)
      await expect(readSvmlight(path, options)).rejects.toThrow(`[readSvmlight] ${message}`);
    await expect(readSvmlight('x', { cached: true } as object)).rejects.toThrow(
      "unknown option 'cached'\nhelp: did you mean 'cache'?",
    );
  });

  test('is aborted', async () => {
    const path = await fileOf('1 1:1\n');
    const signal = AbortSignal.abort();
    await expect(readSvmlight(path, { signal })).rejects.toMatchObject({ code: 'abort' });
  });
});

describe('the binary copy', () => {
  test('is made by several calls at a time', async () => {
    const path = await fileOf('1 1:0.5\n0 2:1\n'.repeat(20_000));
    const calls = Array.from({ length: 6 }, () => readSvmlight(path, { cache: true }));
    for (const { x } of await Promise.all(calls)) expect(x.rows).toBe(40_000);
    expect((await readdir(folder.path('.'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await readSvmlight(path, { cache: true })).x.rows).toBe(40_000);
  });

  test('stands for the text while that is the same, and is made anew when damaged', async () => {
    const path = await fileOf('1 1:0.5\n0 2:1\n');
    const first = await readSvmlight(path, { cache: true });
    const copy = `${path}.ravine`;
    const { mtimeMs } = await stat(copy);
    const second = await readSvmlight(path, { cache: true });
    expect((await stat(copy)).mtimeMs).toBe(mtimeMs);
    expect([second.x.toArrays(), second.y]).toEqual([first.x.toArrays(), first.y]);

    const bytes = await readFile(copy);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(copy, bytes);
    expect((await readSvmlight(path, { cache: true })).y).toEqual(first.y);
    expect(await readFile(copy)).not.toEqual(bytes);

    await writeFile(path, '1 1:0.5\n0 2:1\n1 1:2\n');
    await utimes(path, 1, 1);
    expect((await readSvmlight(path, { cache: true })).x.rows).toBe(3);
    expect((await readSvmlight(path, { cache: true, columns: 5 })).x.columns).toBe(5);
  });
});
