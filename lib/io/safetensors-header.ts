import { bytesOf, type DType } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import type { Shape } from '../shape.js';
import { JsonReader } from './json-reader.js';

/**
 * A safetensors file: 8 bytes little-endian header length, the header, the data. The header is a JSON object of
 * `name: { dtype, shape, data_offsets: [begin, end] }`, offsets into the data, and `__metadata__`, an object of strings.
 */
export const maxHeaderBytes = 100_000_000;

export const dtypeNames: { readonly [D in DType]: string } = { float64: 'F64', float32: 'F32', int32: 'I32', uint8: 'U8' };
const wideName = 'I64';
const metadataName = '__metadata__';

export interface TensorEntry {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Into the data, which follows the header. */
  readonly begin: number;
  readonly end: number;
  /** The file has 64-bit integers, which are read as int32 where they fit: PyTorch's counts. */
  readonly isWide: boolean;
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

type Fail = (message: string, help?: string) => never;

/** Parses and checks a whole header: what it returns is in bounds, dense and free of overlaps. */
export function parseHeader(where: string, path: string, header: Uint8Array, dataBytes: number): Header {
  const fail: Fail = (message, help) => {
    throw new RavineError('format', where, `${path}: ${message}`, help === undefined ? {} : { help });
  };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    return fail('the header is not valid UTF-8');
  }
  if (!text.startsWith('{')) fail('expected the header to begin with {', 'is this a safetensors file?');
  const reader = new JsonReader(text, (message, at) => fail(`header, character ${at}: ${message}`));
  const tensors = new Map<string, TensorEntry>();
  let metadata: Map<string, string> | undefined;
  reader.object((name) => {
    if (tensors.has(name) || (name === metadataName && metadata)) reader.fail(`${describe(name)} stands there twice`);
    if (name === metadataName) metadata = readMetadata(reader);
    else tensors.set(name, readEntry(reader, name, fail));
  });
  reader.end();
  checkLayout(tensors, dataBytes, fail);
  return { tensors, metadata: metadata ?? new Map<string, string>() };
}

function readMetadata(reader: JsonReader): Map<string, string> {
  const metadata = new Map<string, string>();
  reader.object((key) => {
    if (metadata.has(key)) reader.fail(`metadata key ${describe(key)} stands there twice`);
    metadata.set(key, reader.string());
  });
  return metadata;
}

function readEntry(reader: JsonReader, name: string, fail: Fail): TensorEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((key) => {
    if (key === 'dtype' && dtype === undefined) dtype = reader.string();
    else if (key === 'shape' && !shape) shape = reader.integers();
    else if (key === 'data_offsets' && !offsets) offsets = reader.integers();
    else reader.fail(`tensor ${describe(name)}: ${describe(key)} is unknown or stands there twice`);
  });
  if (dtype === undefined || !shape || !offsets) return fail(`tensor ${describe(name)}: expected dtype, shape and data_offsets`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || end < begin)
    return fail(`tensor ${describe(name)}: expected data_offsets [begin, end], got [${offsets.slice(0, 4).join(',')}]`);
  const isWide = dtype === wideName;
  return { dtype: isWide ? 'int32' : dtypeOf(name, dtype, fail), shape, begin, end, isWide };
}

function dtypeOf(name: string, text: string, fail: Fail): DType {
  for (const dtype of Object.keys(dtypeNames) as DType[]) if (dtypeNames[dtype] === text) return dtype;
  return fail(
    `tensor ${describe(name)}: expected dtype ${Object.values(dtypeNames).join(', ')} or ${wideName}, got ${describe(text)}`,
    'convert the tensor before saving it, e.g. with .float() in PyTorch',
  );
}

/** Sizes match shapes; together the tensors fill the data without gap, overlap or rest. */
function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, dataBytes: number, fail: Fail): void {
  for (const [name, { dtype, shape, begin, end, isWide }] of tensors) {
    const bytes = shape.reduce((product, length) => product * length, isWide ? 8 : bytesOf(dtype));
    if (!Number.isSafeInteger(bytes))
      fail(`tensor ${describe(name)}: shape [${shape.slice(0, 8).join(',')}] has too many elements`);
    if (bytes !== end - begin)
      fail(`tensor ${describe(name)}: ${dtype}[${shape.join(',')}] has ${bytes} bytes, data_offsets give ${end - begin}`);
  }
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== expected)
      fail(
        `tensor ${describe(name)}: expected its data to begin at ${expected}, got ${begin} (${begin < expected ? 'an overlap' : 'a gap'})`,
      );
    expected = end;
  }
  if (expected > dataBytes) fail(`the header tells of ${expected} bytes of data, the file has ${dataBytes}: it was cut off`);
  if (expected < dataBytes) fail(`${dataBytes - expected} bytes follow the last tensor`);
}

/** Tensors in the reference's order (widest dtype first, then name) with their places, and the header's bytes, padded to 8. */
export function layoutHeader<T extends { readonly dtype: DType; readonly shape: Shape }>(
  tensors: ReadonlyMap<string, T>,
  metadata: ReadonlyMap<string, string>,
): { header: Uint8Array; order: readonly (readonly [string, T])[] } {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => bytesOf(y.dtype) - bytesOf(x.dtype) || rank(x.dtype) - rank(y.dtype) || compare(a, b),
  );
  const parts: string[] = [];
  if (metadata.size > 0)
    parts.push(
      `"${metadataName}":{${[...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
    );
  let begin = 0;
  for (const [name, { dtype, shape }] of order) {
    const end = begin + shape.reduce((product, length) => product * length, bytesOf(dtype));
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtypeNames[dtype]}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
    begin = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const header = new Uint8Array(8 + Math.ceil(json.byteLength / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.byteLength - 8), true);
  header.set(json, 8);
  return { header, order };
}

/** float32 before int32, as the reference orders types of one width. */
function rank(dtype: DType): number {
  return Object.keys(dtypeNames).indexOf(dtype);
}

/** By code units, whatever the locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
