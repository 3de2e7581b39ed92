import { RavineError } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { gt, select } from '../../ops/compare.js';
import { arange } from '../../ops/constant.js';
import { add, div, mul, neg, sub } from '../../ops/elementwise.js';
import { oneHot } from '../../ops/indexing.js';
import { matmul } from '../../ops/matmul.js';
import { reshape } from '../../ops/reshape.js';
import { jit } from '../../runtime/index.js';
import { formatType } from '../../shape.js';
import type { Method } from './method.js';
import { dot } from './objective.js';

const mostUnknowns = 10_000;

/**
 * d = −H·g with a dense H ≈ (∇²f)⁻¹, H ← (I − ρsyᵀ)·H·(I − ρysᵀ) + ρssᵀ for a step s that changes the gradient by y, ρ = 1 / s·y (Nocedal & Wright 6.17).
 * H begins as (s·y / y·y)·I of the first step. A step with s·y ≤ 0 teaches nothing.
 */
export function bfgs(x0: Tensor): Method {
  if (x0.size > mostUnknowns)
    throw new RavineError(
      'memory',
      'minimize',
      `expected at most ${mostUnknowns} elements for method 'bfgs', got ${formatType(x0)}`,
      {
        help: "use method 'lbfgs': it needs no matrix",
      },
    );
  const apply = jit((inverse: Tensor, gradient: Tensor) =>
    neg(reshape(matmul(inverse, reshape(gradient, [-1])), gradient.shape)),
  );
  const update = jit(updated);
  let inverse: Tensor | undefined;
  const restart = (): boolean => {
    const learnt = inverse !== undefined;
    inverse?.dispose();
    inverse = undefined;
    return learnt;
  };
  return {
    get unitStep() {
      return inverse !== undefined;
    },
    direction: async ({ gradient }) => (inverse ? apply(inverse, gradient) : neg(gradient)),
    learn: async (from, to) => {
      const old: { inverse?: Tensor } = inverse ? { inverse } : {};
      inverse = await update(old, from.x, to.x, from.gradient, to.gradient);
      old.inverse?.dispose();
    },
    restart,
    dispose: () => void restart(),
  };
}

/** H after a step; begins with a multiple of the identity where there is none. */
function updated(old: { inverse?: Tensor }, x0: Tensor, x1: Tensor, g0: Tensor, g1: Tensor): Tensor {
  const n = x0.size;
  const column = (x: Tensor): Tensor => reshape(x, [n, 1]);
  const [s, y] = [column(sub(x1, x0)), column(sub(g1, g0))];
  const product = dot(s, y);
  const unit = oneHot(arange(0, n, 1, { dtype: 'int32' }), n, { dtype: x0.dtype });
  const scale = select(gt(product, 0), div(product, dot(y, y)), 1);
  const inverse = old.inverse ?? mul(unit, scale);
  const hy = matmul(inverse, y);
  const cross = matmul(hy, s, { transposeB: true });
  const crossed = add(cross, matmul(s, hy, { transposeB: true }));
  const weight = div(add(1, div(dot(y, hy), product)), product);
  const next = add(sub(inverse, div(crossed, product)), mul(matmul(s, s, { transposeB: true }), weight));
  return select(gt(product, 0), next, inverse);
}
