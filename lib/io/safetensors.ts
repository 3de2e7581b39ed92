import { crc32 } from 'node:zlib';
import { bytesOf, dtypeOfArray, dtypes, type DType, type TypedArray } from '../dtype.js';
import { RavineError, describe } from '../errors.js';
import { checkShape, formatType, sizeOf, type Shape } from '../shape.js';
import { writeAtomically } from './atomic.js';
import { checksumOf, checksumOfMetadata, formatChecksum, startChecksum } from './checksum.js';
import { JsonReader } from './json-reader.js';
import { readInto, withFile, type OpenFile } from './read.js';
import { layoutHeader, maxHeaderBytes, parseHeader, type Header, type TensorEntry } from './safetensors-header.js';

/** A tensor as a file holds it: row-major elements. */
export interface StoredTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ReadOptions {
  /** Whose call this is, for messages. */
  readonly where?: string;
}

/** Metadata keys of our checksums: `{"<tensor>":"<crc32>", …}`, and one over all other metadata and that. */
const tensorSums = 'ravine.crc32';
const metadataSum = 'ravine.crc32.metadata';

/**
 * Writes tensors under PyTorch's conventions, atomically (see `writeAtomically`), with checksums in the metadata. Nothing may change the arrays until
 * the promise settles.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
  where = 'writeSafetensors',
): Promise<void> {
  checkNames(where, tensors, metadata);
  const sums: string[] = [];
  for (const [name, tensor] of tensors)
    sums.push(`${JSON.stringify(name)}:"${formatChecksum(await checksumOf(name, tensor, bytesIn(tensor.data)))}"`);
  const all = new Map([...metadata, [tensorSums, `{${sums.join(',')}}`]]);
  all.set(metadataSum, formatChecksum(checksumOfMetadata(all)));
  const { header, order } = layoutHeader(tensors, all);
  if (header.byteLength - 8 > maxHeaderBytes)
    throw new RavineError('format', where, `a header of ${header.byteLength} bytes: the format ends at ${maxHeaderBytes}`);
  await writeAtomically(where, path, [header, ...order.map(([, tensor]) => bytesIn(tensor.data))]);
}

/** Reads and checks a whole file. Whatever is wrong with it, the error says what and where, and nothing is returned. */
export async function readSafetensors(path: string, { where = 'readSafetensors' }: ReadOptions = {}): Promise<SafetensorsFile> {
  return withFile(where, path, async (file) => {
    const header = await readHeader(where, file);
    const dataStart = file.bytes - header.dataBytes;
    const metadata = new Map(header.metadata);
    const sums = takeChecksums(where, path, metadata);
    if (sums) checkSameNames(where, path, header.tensors, sums);
    const tensors = new Map<string, StoredTensor>();
    for (const [name, entry] of header.tensors) {
      const data = await readTensor(where, file, name, entry, dataStart, sums?.get(name));
      tensors.set(name, { dtype: entry.dtype, shape: entry.shape, data });
    }
    return { tensors, metadata };
  });
}

async function readHeader(where: string, file: OpenFile): Promise<Header & { readonly dataBytes: number }> {
  const { path, bytes } = file;
  const prefix = new Uint8Array(8);
  if (bytes < 8 || !(await readInto(file, prefix, 0)))
    throw new RavineError('format', where, `${path}: expected at least 8 bytes, got ${bytes}`);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes))
    throw new RavineError('format', where, `${path}: a header of ${length} bytes, at most ${maxHeaderBytes} are allowed`, {
      help: 'is this a safetensors file?',
    });
  if (Number(length) > bytes - 8)
    throw new RavineError('format', where, `${path}: a header of ${length} bytes in a file of ${bytes}: it was cut off`);
  const header = new Uint8Array(Number(length));
  if (!(await readInto(file, header, 8))) throw cutOff(where, path, 'the header');
  const dataBytes = bytes - 8 - header.byteLength;
  return { ...parseHeader(where, path, header, dataBytes), dataBytes };
}

async function readTensor(
  where: string,
  file: OpenFile,
  name: string,
  entry: TensorEntry,
  dataStart: number,
  expected: string | undefined,
): Promise<TypedArray> {
  if (entry.isWide) return readWide(where, file, name, entry, dataStart);
  const data = allocate(where, name, entry);
  let sum = startChecksum(name, entry);
  const whole = await readInto(
    file,
    bytesIn(data),
    dataStart + entry.begin,
    (chunk) => (sum = expected === undefined ? sum : crc32(chunk, sum)),
  );
  if (!whole) throw cutOff(where, file.path, `tensor ${describe(name)}`);
  if (expected !== undefined && formatChecksum(sum) !== expected)
    throw new RavineError(
      'format',
      where,
      `${file.path}: tensor ${describe(name)} (${formatType(entry)} at byte ${dataStart + entry.begin}) is damaged: its checksum is ${formatChecksum(sum)}, expected ${expected}`,
    );
  return data;
}

/** 64-bit integers as int32: all of them fit, or the file is refused. Files of ours have none, hence no checksum. */
async function readWide(where: string, file: OpenFile, name: string, entry: TensorEntry, dataStart: number): Promise<TypedArray> {
  const bytes = new Uint8Array(entry.end - entry.begin);
  if (!(await readInto(file, bytes, dataStart + entry.begin))) throw cutOff(where, file.path, `tensor ${describe(name)}`);
  const wide = new DataView(bytes.buffer);
  return Int32Array.from({ length: bytes.byteLength / 8 }, (_, i) => {
    const value = wide.getBigInt64(8 * i, true);
    if (BigInt.asIntN(32, value) !== value)
      throw new RavineError('format', where, `${file.path}: tensor ${describe(name)}: ${value} does not fit into int32`);
    return Number(value);
  });
}

function allocate(where: string, name: string, entry: TensorEntry): TypedArray {
  try {
    return new dtypes[entry.dtype].array((entry.end - entry.begin) / bytesOf(entry.dtype));
  } catch (cause) {
    throw new RavineError('memory', where, `no memory for tensor ${describe(name)}, ${entry.end - entry.begin} bytes`, { cause });
  }
}

/** Takes our two keys out of the metadata; undefined where the writer was another. */
function takeChecksums(where: string, path: string, metadata: Map<string, string>): ReadonlyMap<string, string> | undefined {
  const expected = metadata.get(metadataSum);
  const text = metadata.get(tensorSums);
  metadata.delete(metadataSum);
  if (text === undefined && expected === undefined) return undefined;
  if (text === undefined || formatChecksum(checksumOfMetadata(metadata)) !== expected)
    throw new RavineError('format', where, `${path}: the metadata is damaged: its checksum is not ${describe(expected)}`);
  metadata.delete(tensorSums);
  const sums = new Map<string, string>();
  const reader = new JsonReader(text, (message) => {
    throw new RavineError('format', where, `${path}: metadata ${tensorSums}: ${message}`);
  });
  reader.object((name) => sums.set(name, reader.string()));
  reader.end();
  return sums;
}

function checkSameNames(
  where: string,
  path: string,
  tensors: ReadonlyMap<string, unknown>,
  sums: ReadonlyMap<string, string>,
): void {
  for (const name of [...tensors.keys(), ...sums.keys()]) {
    if (tensors.has(name) && sums.has(name)) continue;
    throw new RavineError(
      'format',
      where,
      `${path}: tensor ${describe(name)} stands only in ${tensors.has(name) ? 'the header' : 'the checksums'}`,
      {
        help: `the file is damaged, or another program changed it and kept the metadata ${tensorSums}`,
      },
    );
  }
}

function checkNames(where: string, tensors: ReadonlyMap<string, StoredTensor>, metadata: ReadonlyMap<string, string>): void {
  for (const name of [...tensors.keys(), ...metadata.keys(), ...metadata.values()]) {
    if (/\p{Surrogate}/u.test(name)) throw new RavineError('format', where, `${describe(name)} is not Unicode text`);
  }
  for (const name of ['__metadata__', tensorSums, metadataSum]) {
    if (tensors.has(name) || metadata.has(name))
      throw new RavineError('format', where, `the name ${describe(name)} is the format's own`);
  }
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtypeOfArray(data) !== dtype || data.length !== sizeOf(checkShape(where, shape)))
      throw new RavineError(
        'format',
        where,
        `tensor ${describe(name)}: ${describe(data)} does not hold ${formatType({ dtype, shape })}`,
      );
  }
}

function cutOff(where: string, path: string, what: string): RavineError {
  return new RavineError('format', where, `${path}: ${what} was cut off while it was read`);
}

function bytesIn(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
