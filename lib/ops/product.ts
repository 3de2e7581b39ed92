import type { Tensor } from '../ir/tensor.js';
import { at } from './check.js';
import { ones } from './constant.js';
import { mul } from './elementwise.js';
import { concat } from './concat.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';

/** Products along the middle axis of [outer, length, inner] → [outer, inner]: halves are multiplied, ⌈log₂ length⌉ times. */
export function pairwiseProduct(x: Tensor): Tensor {
  const [outer, inner] = [at(x.shape, 0), at(x.shape, 2)];
  let length = at(x.shape, 1);
  if (length === 0) return ones([outer, inner], { dtype: x.dtype });
  let left = x;
  while (length > 1) {
    const half = Math.floor(length / 2);
    const product = mul(part(left, 0, half), part(left, half, 2 * half));
    left = length % 2 === 0 ? product : concat([product, part(left, 2 * half, length)], 1);
    length -= half;
  }
  return reshape(left, [outer, inner]);
}

function part(x: Tensor, start: number, end: number): Tensor {
  return slice(x, [0, start], [at(x.shape, 0), end]);
}
