import type { Tensor } from '../../ir/tensor.js';
import { internal } from '../../errors.js';
import { gt, select } from '../../ops/compare.js';
import { zerosLike } from '../../ops/constant.js';
import { add, div, mul, neg, reciprocal, sub } from '../../ops/elementwise.js';
import { jit } from '../../runtime/index.js';
import type { Method } from './method.js';
import { dot, take } from './objective.js';

/** A step s and the change y of the gradient over it. */
interface Pair {
  readonly s: Tensor;
  readonly y: Tensor;
}

/**
 * d = −H·g where H is what BFGS makes of the last `memory` steps (Nocedal & Wright, algorithm 7.4): 4·memory·n
 * multiplications, no matrix.
 */
export function lbfgs(memory: number): Method {
  const apply = jit((gradient: Tensor, s: readonly Tensor[], y: readonly Tensor[]) => twoLoops(gradient, s, y));
  const difference = jit((x0: Tensor, x1: Tensor, g0: Tensor, g1: Tensor) => {
    const [s, y] = [sub(x1, x0), sub(g1, g0)];
    return { s, y, product: dot(s, y) };
  });
  const pairs: Pair[] = [];
  /** Stands for pairs that are still missing, so that one program serves. */
  let zero: Tensor | undefined;
  const forget = (): void => {
    const oldest = pairs.shift();
    oldest?.s.dispose();
    oldest?.y.dispose();
  };
  const restart = (): boolean => {
    const learnt = pairs.length > 0;
    while (pairs.length > 0) forget();
    return learnt;
  };
  return {
    get unitStep() {
      return pairs.length > 0;
    },
    direction: async ({ gradient }) => {
      if (pairs.length === 0) return neg(gradient);
      zero ??= zerosLike(gradient);
      const missing: readonly Pair[] = new Array<Pair>(memory - pairs.length).fill({ s: zero, y: zero });
      const all = [...missing, ...pairs];
      return apply(
        gradient,
        all.map(({ s }) => s),
        all.map(({ y }) => y),
      );
    },
    learn: async (from, to) => {
      const { s, y, product } = await difference(from.x, to.x, from.gradient, to.gradient);
      pairs.push({ s, y });
      if (!(take(product) > 0)) {
        pairs.pop();
        s.dispose();
        y.dispose();
      }
      if (pairs.length > memory) forget();
    },
    restart,
    dispose: () => {
      restart();
      zero?.dispose();
    },
  };
}

function twoLoops(gradient: Tensor, s: readonly Tensor[], y: readonly Tensor[]): Tensor {
  const steps = s.map((step, i) => {
    const change = y[i];
    internal(change !== undefined, 'a step without its change of gradient');
    const product = dot(step, change);
    return { step, change, product, inverse: select(gt(product, 0), reciprocal(product), 0) };
  });
  let direction = neg(gradient);
  const shares = steps.toReversed().map(({ step, change, inverse }) => {
    const share = mul(dot(step, direction), inverse);
    direction = sub(direction, mul(change, share));
    return share;
  });
  const newest = steps.at(-1);
  if (newest) direction = mul(direction, div(newest.product, dot(newest.change, newest.change)));
  steps.forEach(({ step, change, inverse }, i) => {
    const share = shares.at(-1 - i);
    internal(share !== undefined, 'a step without its share');
    direction = add(direction, mul(step, sub(share, mul(dot(change, direction), inverse))));
  });
  return direction;
}
