import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { bytesOf, dtypes, type DType, type TypedArray } from '../dtype.js';
import { RavineError } from '../errors.js';
import { chunkBytes } from '../io/atomic.js';
import { readInto, withFile, type OpenFile } from '../io/read.js';
import { checkNames, numberIn } from '../options.js';
import { checkShape, sizeOf, type Shape } from '../shape.js';
import type { Dataset } from './dataset.js';
import { from } from './from.js';

export interface IdxOptions {
  /** Of one sample, where it is to be another than the file's: `[784]` for images of 28 × 28. */
  readonly shape?: Shape;
  /** Inputs enter the network as `value · scale + shift`. Default 1/255 for bytes, else 1; and 0. */
  readonly scale?: number;
  readonly shift?: number;
}

interface IdxArray {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** The third byte of an IDX file. */
const idxTypes: ReadonlyMap<number, DType> = new Map([
  [0x08, 'uint8'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

/** deflate packs at most 1,032 to 1: a small file that claims more is refused before memory is taken. */
const deflateRatio = 1032;
const where = 'data.idx';

/** Samples from IDX files, the format of MNIST, as they are or compressed by gzip. Bytes stay bytes in memory. */
export async function idx(inputs: string, labels?: string, options: IdxOptions = {}): Promise<Dataset> {
  checkNames(where, options, ['shape', 'scale', 'shift']);
  const x = await readIdx(inputs);
  const y = labels === undefined ? undefined : await readIdx(labels);
  const [samples = 0] = x.shape;
  const shape = options.shape === undefined ? x.shape : [samples, ...checkShape(where, options.shape)];
  if (sizeOf(shape) !== x.data.length)
    throw new RavineError(
      'shape',
      where,
      `${inputs} has samples of [${x.shape.slice(1).join(',')}], expected as many elements as in [${shape.slice(1).join(',')}]`,
    );
  const scale = numberIn(where, 'scale', options.scale ?? (x.dtype === 'uint8' ? 1 / 255 : 1), -Infinity);
  const shift = numberIn(where, 'shift', options.shift ?? 0, -Infinity);
  return from({ x: { data: x.data, shape }, ...(y && { y: { data: y.data, shape: y.shape } }) }, { scale, shift });
}

/** One array: two zero bytes, type, number of axes, lengths, elements; big-endian. */
export async function readIdx(path: string): Promise<IdxArray> {
  return withFile(where, path, async (file) => {
    const start = new Uint8Array(2);
    await readInto(file, start, 0);
    const isGzip = start[0] === 0x1f && start[1] === 0x8b;
    const { dtype, shape, data } = isGzip ? await readCompressed(file) : await readPlain(file);
    await swapBytes(data, bytesOf(dtype));
    return { dtype, shape, data };
  });
}

async function readPlain(file: OpenFile): Promise<IdxArray> {
  const head = new Uint8Array(Math.min(4 + 4 * 255, file.bytes));
  await readInto(file, head, 0);
  const header = parseHeader(file.path, head);
  const target = allocate(file.path, header, file.bytes - header.bytes);
  checkLength(file.path, header, file.bytes - header.bytes);
  if (!(await readInto(file, bytesIn(target), header.bytes))) throw bad(file.path, 'was cut off while it was read');
  return { ...header, data: target };
}

/** Streams a compressed file into place; memory is taken once the header is known, and never for more than the file can hold. */
async function readCompressed(file: OpenFile): Promise<IdxArray> {
  const { path } = file;
  let head: Uint8Array = new Uint8Array(0);
  let result: (IdxArray & { readonly bytes: number }) | undefined;
  let filled = 0;
  const take = (chunk: Uint8Array): void => {
    if (!result) {
      head = Buffer.concat([head, chunk]);
      if (head.byteLength < 4 || head.byteLength < 4 + 4 * (head[3] ?? 0)) return;
      const header = parseHeader(path, head);
      result = { ...header, data: allocate(path, header, file.bytes * deflateRatio) };
      chunk = head.subarray(header.bytes);
    }
    if (filled + chunk.byteLength > result.data.byteLength) checkLength(path, result, filled + chunk.byteLength);
    else bytesIn(result.data).set(chunk, filled);
    filled += chunk.byteLength;
  };
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  const chunks: AsyncIterable<Uint8Array> = source.pipe(createGunzip({ chunkSize: 1 << 20 }));
  try {
    for await (const chunk of chunks) take(chunk);
  } catch (error) {
    if (error instanceof RavineError) throw error;
    throw bad(path, `is not a whole gzip file: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    source.destroy();
  }
  if (!result) parseHeader(path, head);
  if (!result) throw bad(path, 'has no header');
  checkLength(path, result, filled);
  return result;
}

function parseHeader(path: string, bytes: Uint8Array): { readonly dtype: DType; readonly shape: Shape; readonly bytes: number } {
  const [zero0, zero1, type = 0, axes = 0] = bytes;
  if (bytes.byteLength < 4 || zero0 !== 0 || zero1 !== 0)
    throw bad(path, 'does not begin with two zero bytes, a type and a number of axes: no IDX file');
  const dtype = idxTypes.get(type);
  if (!dtype) throw bad(path, `has elements of type 0x${type.toString(16).padStart(2, '0')}, expected 0x08, 0x0c, 0x0d or 0x0e`);
  if (axes === 0) throw bad(path, 'has no axes, expected at least one, of samples');
  if (bytes.byteLength < 4 + 4 * axes) throw bad(path, 'was cut off in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (!Number.isSafeInteger(shape.reduce((product, length) => product * length, bytesOf(dtype))))
    throw bad(path, `has too many elements: [${shape.join(',')}]`);
  return { dtype, shape, bytes: 4 + 4 * axes };
}

function checkLength(path: string, { dtype, shape }: { readonly dtype: DType; readonly shape: Shape }, found: number): void {
  const expected = sizeOf(shape) * bytesOf(dtype);
  if (found < expected) throw bad(path, `was cut off: ${dtype}[${shape.join(',')}] has ${expected} bytes, ${found} are there`);
  if (found > expected) throw bad(path, `goes on after ${dtype}[${shape.join(',')}], ${expected} bytes`);
}

/** Memory for the elements, if the file can hold as many bytes at all. */
function allocate(path: string, header: { readonly dtype: DType; readonly shape: Shape }, most: number): TypedArray {
  const elements = sizeOf(header.shape);
  if (elements * bytesOf(header.dtype) > most) checkLength(path, header, most);
  try {
    return new dtypes[header.dtype].array(elements);
  } catch (cause) {
    throw new RavineError('memory', where, `no memory for ${path}, ${elements} elements`, { cause });
  }
}

/** Big-endian to the machine's order; a chunk takes milliseconds, between them the event loop turns. */
async function swapBytes(array: TypedArray, width: number): Promise<void> {
  for (let offset = 0; width > 1 && offset < array.byteLength; offset += chunkBytes) {
    if (offset > 0) await setImmediate();
    const chunk = Buffer.from(array.buffer, array.byteOffset + offset, Math.min(chunkBytes, array.byteLength - offset));
    if (width === 8) chunk.swap64();
    else chunk.swap32();
  }
}

function bytesIn(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function bad(path: string, what: string, cause?: unknown): RavineError {
  return new RavineError('format', where, `${path} ${what}`, cause === undefined ? {} : { cause });
}
