import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import { bufferOf, floats } from './code.js';

interface ResizableBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}

/** Node 20 has these; the compiler's library for it does not. */
const resizableBuffer = (bytes: number, most: number) =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: most }]) as ResizableBuffer;

describe('buffers', () => {
  let before = addon().counters();
  beforeEach(() => {
    before = addon().counters();
  });
  afterEach(() => {
    expect(addon().counters().liveBytes).toBe(before.liveBytes);
    expect(addon().counters().liveBuffers).toBe(before.liveBuffers);
  });

  test('begin zeroed, small and large', () => {
    for (const bytes of [0, 1, 63, 64, 4096, (4 << 20) - 1, 4 << 20, (6 << 20) + 5]) {
      const buffer = addon().createBuffer(bytes);
      expect(buffer.byteLength).toBe(bytes);
      const read = new Uint8Array(bytes).fill(7);
      buffer.read(read, 0);
      expect(read.every((x) => x === 0)).toBe(true);
      expect(addon().counters().liveBytes).toBe(before.liveBytes + bytes);
      buffer.dispose();
    }
  });

  test('copy from and into every kind of view', () => {
    const buffer = addon().createBuffer(16);
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    const views = [
      bytes,
      new DataView(bytes.buffer, 0, 16),
      Buffer.from(bytes),
      new Float64Array(bytes.buffer),
      new BigInt64Array(bytes.buffer),
      new Uint16Array(bytes.buffer),
    ];
    for (const view of views) {
      buffer.write(new Uint8Array(16), 0);
      buffer.write(view, 0);
      const back = new Uint8Array(16);
      buffer.read(back, 0);
      expect(back).toEqual(bytes);
    }
    const shared = new Uint8Array(new SharedArrayBuffer(20), 2, 16);
    buffer.read(shared, 0);
    expect([...shared]).toEqual([...bytes]);
    shared.fill(9);
    buffer.write(shared.subarray(0, 4), 12);
    const back = new Uint8Array(8);
    buffer.read(back, 8);
    expect([...back]).toEqual([9, 10, 11, 12, 9, 9, 9, 9]);
    buffer.dispose();
  });

  test('copy inside native memory', () => {
    const source = bufferOf(Float32Array.of(1, 2, 3, 4));
    const target = addon().createBuffer(16);
    target.copyFrom(source, 4, 8, 8);
    expect([...floats(target)]).toEqual([0, 0, 2, 3]);
    target.copyFrom(target, 8, 4, 8);
    expect([...floats(target)]).toEqual([0, 2, 3, 3]);
    expect(() => target.copyFrom(source, 12, 0, 8)).toThrow(
      '[copyFrom] source: expected bytes 12 to 20 to lie in a buffer of 16',
    );
    expect(() => target.copyFrom(source, 0, 2 ** 53, 8)).toThrow(RangeError);
    source.dispose();
    target.dispose();
  });

  test('check every bound each time', () => {
    const buffer = addon().createBuffer(16);
    expect(() => buffer.write(new Uint8Array(17), 0)).toThrow('[write]: expected bytes 0 to 17 to lie in a buffer of 16');
    expect(() => buffer.write(new Uint8Array(1), 16)).toThrow(RangeError);
    expect(() => buffer.read(new Uint8Array(1), 2 ** 53)).toThrow(RangeError);
    for (const offset of [-1, 0.5, NaN, Infinity]) expect(() => buffer.read(new Uint8Array(1), offset)).toThrow(RangeError);
    // @ts-expect-error: no view
    expect(() => buffer.write([1, 2], 0)).toThrow(TypeError);
    // @ts-expect-error: no offset
    expect(() => buffer.write(new Uint8Array(1))).toThrow(TypeError);
    buffer.write(new Uint8Array(0), 16);
    buffer.dispose();
  });

  test('refuse detached memory, and follow what grows and shrinks', () => {
    const buffer = addon().createBuffer(64);
    const detached = new Uint8Array(8);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(() => buffer.write(detached, 0)).toThrow('[write] source: its buffer is detached');
    expect(() => buffer.read(new DataView(new ArrayBuffer(8)), 57)).toThrow(RangeError);

    const resizable = resizableBuffer(32, 128);
    const tracking = new Uint8Array(resizable);
    const fixed = new Uint8Array(resizable, 16, 16);
    tracking.fill(3);
    buffer.write(tracking, 0);
    resizable.resize(128);
    expect(() => buffer.write(tracking, 0)).toThrow(RangeError);
    resizable.resize(8);
    buffer.write(tracking, 32);
    expect(() => buffer.read(fixed, 0)).toThrow('its buffer has become smaller than the view');
    const back = new Uint8Array(64);
    buffer.read(back, 0);
    expect(back.reduce((sum, x) => sum + x, 0)).toBe(3 * 40);
    buffer.dispose();
  });

  test('are gone when disposed, and have no constructor', () => {
    const buffer = addon().createBuffer(8);
    const { constructor } = buffer;
    buffer.dispose();
    buffer.dispose();
    expect(() => buffer.read(new Uint8Array(1), 0)).toThrow('this NativeBuffer was disposed');
    expect(() => buffer.write(new Uint8Array(1), 0)).toThrow('disposed');
    const other = addon().createBuffer(8);
    expect(() => other.copyFrom(buffer, 0, 0, 1)).toThrow('disposed');
    other.dispose();
    expect(() => void Reflect.construct(constructor, [])).toThrow(TypeError);
    expect(() => buffer.read.call({} as never, new Uint8Array(1), 0)).toThrow(TypeError);
  });

  test('end at the cap, with help', () => {
    const most = before.liveBytes + 1000;
    addon().setMemoryLimit(most);
    const buffer = addon().createBuffer(1000);
    expect(() => addon().createBuffer(1)).toThrow(`1 bytes do not fit, ${String(most)} of at most ${String(most)} are in use`);
    buffer.dispose();
    addon().createBuffer(1).dispose();
    addon().setMemoryLimit(2 ** 40);
    for (const bytes of [-1, 0.5, NaN, 2 ** 60]) expect(() => addon().createBuffer(bytes)).toThrow(RangeError);
    expect(() => addon().createBuffer(2 ** 50)).toThrow(/do not fit, \d+ of at most \d+ are in use\nhelp: /);
  });
});
