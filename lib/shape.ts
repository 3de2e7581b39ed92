import type { DType } from './dtype.js';
import { RavineError, describe } from './errors.js';

/** Lengths by axis, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** What is known of a tensor before its elements. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Elements of a shape; refuses what a double can't count. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  if (!Number.isSafeInteger(size))
    throw new RavineError('shape', 'shape', `[${shape.join(',')}] has more elements than can be counted`);
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `float32[32,784]` */
export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(',')}]`;
}

export function checkShape(where: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) throw new RavineError('shape', where, `expected a shape such as [32, 784], got ${describe(shape)}`);
  for (const length of shape) {
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
      throw new RavineError(
        'shape',
        where,
        `expected lengths to be integers ≥ 0, got ${describe(length)} in [${shape.map(String).join(',')}]`,
      );
  }
  const checked: number[] = shape.map(Number);
  sizeOf(checked);
  return checked;
}

/** numpy's rule: axes are matched from the last; 1 stretches. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new RavineError(
        'shape',
        where,
        `shapes [${a.join(',')}] and [${b.join(',')}] do not broadcast: axis ${i} is ${x} and ${y}`,
      );
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** Axis numbers from 0; negative ones count from the end. */
export function checkAxis(where: string, axis: unknown, rank: number): number {
  if (typeof axis !== 'number' || !Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new RavineError('shape', where, `expected an axis from ${-rank} to ${rank - 1}, got ${describe(axis)}`);
  return axis < 0 ? axis + rank : axis;
}

/** Sorted axis numbers; all of them unless given. */
export function checkAxes(where: string, axes: number | readonly number[] | undefined, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const checked = (typeof axes === 'number' ? [axes] : axes).map((axis) => checkAxis(where, axis, rank)).sort((a, b) => a - b);
  checked.forEach((axis, i) => {
    if (axis === checked[i + 1]) throw new RavineError('shape', where, `axis ${axis} is named twice`);
  });
  return checked;
}

/** Elements from one index to the next, by axis, of a dense tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}
