import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../lib/io/safetensors.js';
import { temporaryFolder } from './folder.js';

const { path } = temporaryFolder();

function file(header: string | Buffer, data: number, length?: bigint): Buffer {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.byteLength));
  return Buffer.concat([prefix, text, Buffer.alloc(data)]);
}

const tensor = (fields: string) => `{"w":{${fields}}}`;
const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
const u8 = (begin: number, end: number) => `{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;

const malformed: readonly (readonly [name: string, bytes: Buffer, message: RegExp])[] = [
  ['an empty file', Buffer.alloc(0), /expected at least 8 bytes, got 0/],
  ['a header length of 2^64 − 1', file('{}', 0, 2n ** 64n - 1n), /at most 100000000 are allowed/],
  ['a header over 100 MB', file('{}', 0, 100_000_001n), /a header of 100000001 bytes/],
  ['a header longer than the file', file('{}', 0, 3n), /a header of 3 bytes in a file of 10: it was cut off/],
  ['an empty header', file('', 4), /expected the header to begin with \{/],
  ['an array', file('[]', 0), /expected the header to begin with \{/],
  ['a number', file('17', 0), /expected the header to begin with \{/],
  ['leading blanks', file('  {}', 0), /expected the header to begin with \{/],
  ['a byte order mark', file('\ufeff{}', 0), /expected the header to begin with \{/],
  ['bytes that are not UTF-8', file(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 0), /not valid UTF-8/],
  ['text after the object', file('{} {}', 0), /character 3: expected the end, got "\{\}"/],
  ['an object that does not end', file(`{"w":{${good}}`, 8), /expected \}, got the end/],
  ['a string that does not end', file('{"w', 0), /does not end/],
  ['a string of backslashes', file(`{"${'\\'.repeat(999)}"`, 0), /does not end/],
  ['a bad escape', file('{"\\x":1}', 0), /bad escape/],
  ['a control character in a string', file('{"a\nb":1}', 0), /control character/],
  ['half a surrogate pair', file('{"\\ud800":{}}', 0), /not Unicode/],
  ['a trailing comma', file(`{"w":{${good}},}`, 8), /expected a string, got "\}"/],
  ['the same tensor twice', file(`{"w":{${good}},"w":{${good}}}`, 8), /"w" stands there twice/],
  ['the same tensor twice, once escaped', file(`{"w":{${good}},"\\u0077":{${good}}}`, 8), /"w" stands there twice/],
  ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}', 0), /"__metadata__" stands there twice/],
  ['a metadata key twice', file('{"__metadata__":{"a":"","a":""}}', 0), /metadata key "a" stands there twice/],
  ['metadata that is not text', file('{"__metadata__":{"a":1}}', 0), /expected a string, got "1\}\}"/],
  ['metadata that is not an object', file('{"__metadata__":[]}', 0), /expected \{, got "\[\]\}"/],
  ['a field twice', file(tensor(`${good},"shape":[2]`), 8), /tensor "w": "shape" is unknown or stands there twice/],
  ['an unknown field', file(tensor(`${good},"stride":[1]`), 8), /"stride" is unknown/],
  ['a __proto__ field', file(tensor(`${good},"__proto__":{}`), 8), /"__proto__" is unknown/],
  ['a missing field', file(tensor('"dtype":"F32","shape":[2]'), 8), /expected dtype, shape and data_offsets/],
  ['a tensor that is null', file('{"w":null}', 0), /expected \{, got "null\}"/],
  [
    'an unknown dtype',
    file(tensor('"dtype":"F33","shape":[2],"data_offsets":[0,8]'), 8),
    /expected dtype F64, F32, I32, U8 or I64, got "F33"/,
  ],
  [
    'a dtype of the format that the library lacks',
    file(tensor('"dtype":"BF16","shape":[4],"data_offsets":[0,8]'), 8),
    /got "BF16"\nhelp: convert/,
  ],
  [
    'one offset',
    file(tensor('"dtype":"F32","shape":[2],"data_offsets":[8]'), 8),
    /expected data_offsets \[begin, end\], got \[8\]/,
  ],
  ['offsets the wrong way round', file(tensor('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8), /got \[8,0\]/],
  ['a negative length', file(tensor('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8), /expected an integer from 0/],
  ['a fraction', file(tensor('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'), 8), /expected an integer from 0/],
  ['an exponent', file(tensor('"dtype":"F32","shape":[2e0],"data_offsets":[0,8]'), 8), /expected an integer from 0/],
  ['a leading zero', file(tensor('"dtype":"F32","shape":[02],"data_offsets":[0,8]'), 8), /expected an integer from 0/],
  [
    'a length of 2^53',
    file(tensor('"dtype":"F32","shape":[9007199254740992],"data_offsets":[0,8]'), 8),
    /expected an integer from 0/,
  ],
  [
    'a product that overflows',
    file(tensor('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]'), 0),
    /has too many elements/,
  ],
  [
    'a product that wraps to 8 in 64 bits',
    file(tensor('"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]'), 8),
    /expected an integer from 0/,
  ],
  ['100 axes', file(tensor(`"dtype":"U8","shape":[${'1,'.repeat(99)}1],"data_offsets":[0,1]`), 1), /more than 64 integers/],
  [
    'a size that does not match',
    file(tensor('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8),
    /float32\[3\] has 12 bytes, data_offsets give 8/,
  ],
  ['a gap', file(`{"a":${u8(0, 2)},"b":${u8(3, 4)}}`, 4), /tensor "b": expected its data to begin at 2, got 3 \(a gap\)/],
  ['a gap at the start', file(`{"a":${u8(1, 2)}}`, 2), /begin at 0, got 1 \(a gap\)/],
  [
    'an overlap',
    file(`{"a":${u8(0, 3)},"b":${u8(2, 4)}}`, 4),
    /tensor "b": expected its data to begin at 3, got 2 \(an overlap\)/,
  ],
  ['two tensors over the same bytes', file(`{"a":${u8(0, 2)},"b":${u8(0, 2)}}`, 2), /\(an overlap\)/],
  ['too little data', file(tensor(good), 7), /the header tells of 8 bytes of data, the file has 7: it was cut off/],
  ['too much data', file(tensor(good), 9), /1 bytes follow the last tensor/],
  ['data without tensors', file('{}', 1), /1 bytes follow/],
  ['100,000 opening brackets', file(`{"w":${'['.repeat(100_000)}`, 0), /expected \{, got "\[\[/],
  ['100,000 opening braces', file(`{"w":${'{"dtype":'.repeat(100_000)}`, 0), /expected a string, got "\{/],
];

describe('a malformed safetensors file', () => {
  it.each(malformed)('%s is refused', async (name, bytes, message) => {
    await writeFile(path('malformed'), bytes);
    const error = await readSafetensors(path('malformed')).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'RavineError', code: 'format' });
    expect(String(error), name).toMatch(message);
  });

  it('may have a large header', async () => {
    const entries = Array.from({ length: 200_000 }, (_, i) => `"layer.${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`);
    await writeFile(path('large'), file(`{${entries.join(',')}}`, 0));
    expect((await readSafetensors(path('large'))).tensors.size).toBe(200_000);
  });
});
