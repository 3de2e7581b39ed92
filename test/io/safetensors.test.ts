import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { TypedArray } from '../../lib/dtype.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../lib/io/safetensors.js';
import { layoutHeader } from '../../lib/io/safetensors-header.js';
import { temporaryFolder } from './folder.js';

const { path } = temporaryFolder();

/** Written by safetensors 0.8.0 from PyTorch: c F64[2], a F32[2], aa F32[0,3], é"\ F32[2,1], z I32[], b U8[3]. */
const reference = Buffer.from(
  'eAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJjIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMCwxNl19LCJhIjp7' +
    'ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMTYsMjRdfSwiYWEiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zmc2V0cyI6' +
    'WzI0LDI0XX0sIsOpXCJcXCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwxXSwiZGF0YV9vZmZzZXRzIjpbMjQsMzJdfSwieiI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpb' +
    'XSwiZGF0YV9vZmZzZXRzIjpbMzIsMzZdfSwiYiI6eyJkdHlwZSI6IlU4Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMzYsMzldfX0gICAgICAgAAAAAAAACkAAAAAA' +
    'AADwfwAAwD8AAADAAACAPwAAAED5////AQL/',
  'base64',
);

const stored = (dtype: StoredTensor['dtype'], shape: readonly number[], data: TypedArray): StoredTensor => ({
  dtype,
  shape,
  data,
});
const sample = new Map<string, StoredTensor>([
  ['b', stored('uint8', [3], Uint8Array.of(1, 2, 255))],
  ['z', stored('int32', [], Int32Array.of(-7))],
  ['é"\\', stored('float32', [2, 1], Float32Array.of(1, 2))],
  ['a', stored('float32', [2], Float32Array.of(1.5, -2))],
  ['aa', stored('float32', [0, 3], new Float32Array(0))],
  ['c', stored('float64', [2], Float64Array.of(3.25, Infinity))],
]);

describe('safetensors', () => {
  it('reads what PyTorch wrote', async () => {
    await writeFile(path('reference'), reference);
    const file = await readSafetensors(path('reference'));
    expect(file.metadata).toEqual(new Map([['format', 'pt']]));
    expect(new Map([...file.tensors].sort())).toEqual(new Map([...sample].sort()));
  });

  it('reads 64-bit counts as int32 where they fit, and refuses them where they do not', async () => {
    const wide = (name: string, ...values: bigint[]): Promise<void> => {
      const json = Buffer.from(`{"n":{"dtype":"I64","shape":[${values.length}],"data_offsets":[0,${8 * values.length}]}}`);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      return writeFile(path(name), Buffer.concat([length, json, Buffer.from(BigInt64Array.from(values).buffer)]));
    };
    await wide('counts', 3n, -(2n ** 31n));
    expect((await readSafetensors(path('counts'))).tensors.get('n')).toEqual(stored('int32', [2], Int32Array.of(3, -(2 ** 31))));
    await wide('large', 2n ** 31n);
    await expect(readSafetensors(path('large'))).rejects.toThrow(`tensor "n": 2147483648 does not fit into int32`);
  });

  it('lays a file out as the reference does, byte by byte', () => {
    const { header, order } = layoutHeader(sample, new Map([['format', 'pt']]));
    const data = order.map(([, { data }]) => Buffer.from(data.buffer));
    expect(Buffer.concat([header, ...data]).equals(reference)).toBe(true);
  });

  it('gives back what was written, with metadata, and no key of its own', async () => {
    const metadata = new Map([
      ['step', '17'],
      ['note', 'a "quoted"\n\\ line, 自'],
    ]);
    await writeSafetensors(path('own'), sample, metadata);
    const file = await readSafetensors(path('own'));
    expect(file.tensors).toEqual(new Map([...file.tensors.keys()].map((name) => [name, sample.get(name)])));
    expect(file.tensors.size).toBe(sample.size);
    expect(file.metadata).toEqual(metadata);
    const bytes = await readFile(path('own'));
    expect((8 + Number(bytes.readBigUInt64LE(0))) % 8).toBe(0);
  });

  it('holds no tensors at all, and arrays that view a part of a buffer', async () => {
    await writeSafetensors(path('none'), new Map());
    expect((await readSafetensors(path('none'))).tensors.size).toBe(0);
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    await writeSafetensors(path('part'), new Map([['part', stored('float32', [2], part)]]));
    expect((await readSafetensors(path('part'))).tensors.get('part')?.data).toEqual(Float32Array.of(1, 2));
  });

  it('keeps names such as __proto__ apart from objects', async () => {
    const tensors = new Map([
      ['__proto__', stored('uint8', [1], Uint8Array.of(1))],
      ['constructor', stored('uint8', [1], Uint8Array.of(2))],
    ]);
    await writeSafetensors(path('proto'), tensors, new Map([['__proto__', 'polluted']]));
    const file = await readSafetensors(path('proto'));
    expect([...file.tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(file.metadata.get('__proto__')).toBe('polluted');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('sees a flipped bit in any byte', async () => {
    await writeSafetensors(
      path('whole'),
      new Map([['w', stored('float32', [3], Float32Array.of(1, 2, 3))]]),
      new Map([['step', '5']]),
    );
    const whole = await readFile(path('whole'));
    for (let byte = 0; byte < whole.byteLength; byte++) {
      const damaged = Buffer.from(whole);
      damaged[byte] = (damaged[byte] ?? 0) ^ (1 << (byte & 7));
      await writeFile(path('damaged'), damaged);
      await expect(readSafetensors(path('damaged')), `byte ${byte}`).rejects.toMatchObject({ code: 'format' });
    }
  });

  it('names the damaged tensor and its place', async () => {
    const tensors = new Map([
      ['body.0.weight', stored('float32', [2, 3], new Float32Array(6))],
      ['body.0.bias', stored('float32', [2], new Float32Array(2))],
    ]);
    await writeSafetensors(path('named'), tensors);
    const bytes = await readFile(path('named'));
    bytes[bytes.byteLength - 1] = 1;
    await writeFile(path('named'), bytes);
    await expect(readSafetensors(path('named'), { where: 'load' })).rejects.toThrow(
      /^\[load\] .*named: tensor "body\.0\.weight" \(float32\[2,3\] at byte \d+\) is damaged/,
    );
  });

  it('sees a file cut off anywhere', async () => {
    await writeSafetensors(path('whole'), sample);
    const whole = await readFile(path('whole'));
    for (let length = 0; length < whole.byteLength; length += 3) {
      await writeFile(path('cut'), whole.subarray(0, length));
      await expect(readSafetensors(path('cut')), `${length} bytes`).rejects.toMatchObject({ code: 'format' });
    }
  });

  it('lets the event loop turn while it writes and reads', async () => {
    // 64 MB are 16 chunks; between two chunks' checksums, writes and reads the loop turns at least once.
    const large = new Map([['large', stored('uint8', [1 << 26], new Uint8Array(1 << 26))]]);
    const writing = await turnsDuring(writeSafetensors(path('large'), large));
    const reading = await turnsDuring(readSafetensors(path('large')));
    expect(writing).toBeGreaterThanOrEqual(30);
    expect(reading).toBeGreaterThanOrEqual(15);
  });

  it('refuses to write what cannot be read', async () => {
    const one = (name: string, tensor = stored('uint8', [1], new Uint8Array(1))) =>
      writeSafetensors(path('refused'), new Map([[name, tensor]]));
    await expect(one('__metadata__')).rejects.toThrow('the name "__metadata__" is the format\'s own');
    await expect(one('ok\ud800')).rejects.toThrow('not Unicode');
    await expect(one('w', stored('float32', [2], new Float32Array(3)))).rejects.toThrow(
      'tensor "w": Float32Array(3) does not hold float32[2]',
    );
    await expect(one('w', stored('int32', [3], new Float32Array(3)))).rejects.toThrow('does not hold int32[3]');
    await expect(readFile(path('refused'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses folders and what does not exist', async () => {
    await expect(readSafetensors(path('missing'))).rejects.toMatchObject({ code: 'file', cause: { code: 'ENOENT' } });
    await expect(readSafetensors(path('.'))).rejects.toThrow('not a regular file');
  });
});

async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  await work;
  running = false;
  return turns;
}
