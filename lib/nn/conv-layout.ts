import type { Tensor } from '../ir/tensor.js';
import { transpose } from '../ops/transpose.js';
import type { Layout } from './parameter.js';

/** Weights [rows, columns, in, out] (or [length, in, out]) are shown as PyTorch has them: [out, in, rows, columns]. */
export function convLayout(shape: readonly number[]): Layout {
  const rank = shape.length;
  const axes = shape.map((_, axis) => axis);
  const outer = [rank - 1, rank - 2, ...axes.slice(0, -2)];
  const inner = [...axes.slice(2), 1, 0];
  return {
    externalShape: outer.map((axis) => shape[axis] ?? 0),
    toExternal: (weight: Tensor) => transpose(weight, outer),
    fromExternal: (weight: Tensor) => transpose(weight, inner),
  };
}
