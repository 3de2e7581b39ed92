import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { mul } from '../ops/elementwise.js';
import { cholesky, triangularSolve } from '../ops/linear-algebra.js';
import { matmul } from '../ops/matmul.js';
import { randomNormal, streamOf } from '../ops/random.js';
import { reshape } from '../ops/reshape.js';
import { transpose } from '../ops/transpose.js';
import { RavineError } from '../errors.js';
import { numberIn } from '../options.js';
import { sizeOf } from '../shape.js';
import type { Initializer } from './initializer.js';

/**
 * gain · Q, with orthonormal columns where the weight is tall, orthonormal rows where it is wide; uniform among all such Q. The last axis, outputs,
 * counts as columns and all others as rows. Saxe et al., 2014.
 */
export function orthogonal(gain = 1): Initializer {
  numberIn('orthogonal', 'gain', gain, -Number.MAX_VALUE);
  return ({ shape, dtype, seed, name }) => {
    if (shape.length < 2)
      throw new RavineError(
        'shape',
        'orthogonal',
        `expected a weight of at least two axes, got [${shape.join(',')}] for '${name}'`,
      );
    const [rows, columns] = [sizeOf(shape.slice(0, -1)), shape.at(-1) ?? 1];
    const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
    const draw = randomNormal([short, long], { dtype: 'float64', seed, stream: streamOf(name) });
    // Twice: of a matrix of condition κ the first factor is orthogonal to κ²·ε only, that of the second, of condition 1, to ε.
    const basis = short === 0 ? draw : orthonormalRows(orthonormalRows(draw));
    return cast(mul(reshape(rows >= columns ? transpose(basis, [1, 0]) : basis, shape), gain), dtype);
  };
}

/** L⁻¹·A with L·Lᵀ = A·Aᵀ: Gram and Schmidt's rows. The diagonal of L is positive, so that Q is as uniform as the directions of A. */
function orthonormalRows(a: Tensor): Tensor {
  return triangularSolve(cholesky(matmul(a, a, { transposeB: true })), a);
}
