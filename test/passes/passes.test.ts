import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { conv2d, gt, identity, matmul, select, softmaxCrossEntropyWithLogits } from '../../lib/ops/index.js';
import { add, exp, mul, neg, relu, sub } from '../../lib/ops/elementwise.js';
import { mean, sum } from '../../lib/ops/reduce.js';
import { reshape } from '../../lib/ops/reshape.js';
import { transpose } from '../../lib/ops/transpose.js';
import { broadcastTo } from '../../lib/ops/broadcast.js';
import { constant, ones } from '../../lib/ops/constant.js';
import { checkFinite } from '../../lib/ops/check-finite.js';
import { randomUniform } from '../../lib/ops/random.js';
import { removeDead, shareCommon } from '../../lib/passes/clean.js';
import { optimize } from '../../lib/passes/compile.js';
import { backward } from '../../lib/passes/differentiate.js';
import { simplify } from '../../lib/passes/simplify.js';
import { fuseElementwise } from '../../lib/passes/fuse.js';
import { float32, int32, lines, traced } from './graphs.js';

const gradientOf = (f: (x: Tensor) => Tensor) => (x: Tensor) => backward([f(x)], [constant(1)], [x])[0] ?? x;

describe('differentiate', () => {
  it('adds the gradients of a value that is used twice', () => {
    const graph = traced(
      [float32(3)],
      gradientOf((x) => sum(mul(x, x))),
    );
    expect(lines(removeDead(graph)).filter((line) => line.includes('= add'))).toHaveLength(1);
  });

  it('sums a broadcast gradient down to its input', () => {
    const graph = traced([float32(4), float32(3, 4)], (b, x) => backward([sum(mul(x, b))], [constant(1)], [b])[0] ?? b);
    expect(lines(removeDead(graph)).at(-2)).toMatch(/float32\[4\] = (reshape|sum)/);
    expect(lines(optimize(graph)).join('\n')).toContain('sum');
  });

  it('gives zeros where nothing depends on an argument', () => {
    expect(
      lines(
        removeDead(
          traced(
            [float32(2)],
            gradientOf(() => constant(3)),
          ),
        ),
      ),
    ).toEqual(['%1 float32[2] = constant {value:0 dtype:"float32" shape:[2]}', 'return %1']);
  });
});

describe('simplify', () => {
  it('drops what changes nothing', () => {
    const graph = traced([float32(2, 3)], (x) => sub(mul(neg(neg(reshape(reshape(identity(x), [6]), [2, 3]))), 1), 0));
    expect(lines(removeDead(simplify(graph)))).toEqual(['return %0']);
  });

  it('gives products their transposed operands as they lie', () => {
    const graph = traced([float32(4, 2), float32(3, 4)], (a, b) => matmul(transpose(a, [1, 0]), transpose(b, [1, 0])));
    expect(lines(removeDead(simplify(graph)))).toEqual([
      '%2 float32[2,3] = matmul %0 %1 {transposeA:true transposeB:true}',
      'return %2',
    ]);
  });

  it('works out constants, in the precision of their type', () => {
    const graph = traced([float32(2)], (x) => mul(x, mul(constant(0.1), constant(0.1))));
    expect(lines(removeDead(simplify(graph))).join()).toContain(`value:${Math.fround(Math.fround(0.1) * Math.fround(0.1))}`);
  });

  it('lets elementwise ops repeat their inputs by themselves', () => {
    const graph = traced([float32(2, 3), float32(3)], (x, b) => add(x, broadcastTo(b, [2, 3])));
    expect(lines(removeDead(simplify(graph)))).toEqual(['%2 float32[2,3] = add %0 %1', 'return %2']);
  });

  it('keeps what would change a NaN or a sign', () => {
    const graph = traced([float32(2)], (x) => [mul(x, 0), add(x, 0), sub(x, x)]);
    expect(lines(removeDead(simplify(graph))).filter((line) => / = (mul|add|sub)/.test(line))).toHaveLength(3);
  });
});

describe('clean', () => {
  it('shares equal calls of pure ops', () => {
    expect(lines(shareCommon(traced([float32(2)], (x) => add(exp(x), exp(x)))))).toEqual([
      '%1 float32[2] = exp %0',
      '%2 float32[2] = add %1 %1',
      'return %2',
    ]);
  });

  it('does not take −0 for 0', () => {
    const graph = traced([float32(2)], (x) => add(mul(x, 0), mul(x, -0)));
    expect(lines(shareCommon(graph)).filter((line) => line.includes('= mul'))).toHaveLength(2);
  });

  it('keeps checks, and drops what nobody needs', () => {
    const graph = traced([float32(2)], (x) => {
      exp(x);
      checkFinite(neg(x));
      return x;
    });
    expect(lines(removeDead(graph))).toEqual(['%1 float32[2] = neg %0', ' = checkFinite %1', 'return %0']);
  });

  it('draws two random tensors where two streams are asked for', () => {
    const graph = traced([], () => add(randomUniform([2], { seed: 1, stream: 1 }), randomUniform([2], { seed: 1, stream: 2 })));
    expect(lines(shareCommon(graph)).filter((line) => line.includes('= randomUniform'))).toHaveLength(2);
  });
});

describe('fuse', () => {
  it('makes one pass of a chain, with its constants inside', () => {
    const graph = fuseElementwise(traced([float32(5)], (x) => exp(neg(mul(x, 2)))));
    const fused = lines(removeDead(graph));
    expect(fused).toHaveLength(2);
    expect(fused[0]).toContain(
      'constants:[2] steps:[{"code":"mul","from":[0,1]},{"code":"neg","from":[2]},{"code":"exp","from":[3]}]',
    );
  });

  it('gives every value that something else needs', () => {
    const graph = fuseElementwise(
      traced([float32(4)], (x) => {
        const y = exp(x);
        return [neg(y), sum(y)];
      }),
    );
    expect(lines(graph)[0]).toMatch(/^%1 float32\[4\], %2 float32\[4\] = fused %0/);
  });

  it('does not join what a reduction stands between', () => {
    const graph = fuseElementwise(
      traced([float32(4)], (x) => {
        const y = exp(x);
        return mul(y, sum(y));
      }),
    );
    expect(lines(graph).map((line) => / = (\w+)/.exec(line)?.[1] ?? 'return')).toEqual(['fused', 'sum', 'fused', 'return']);
  });

  it('keeps within the bounds of the interpreter', () => {
    const graph = fuseElementwise(
      traced([float32(4)], (x) => {
        const chain = [x];
        for (let i = 0; i < 100; i++) chain.push(mul(chain.at(-1) ?? x, 1 + i / 100));
        return chain.slice(1, 31);
      }),
    );
    for (const line of lines(graph).filter((text) => text.includes('= fused'))) {
      expect(line.split(' = ')[0]?.split(', %').length).toBeLessThanOrEqual(8);
      expect(line.match(/"code"/g)?.length).toBeLessThanOrEqual(40);
    }
    expect(lines(graph).filter((text) => text.includes('= fused')).length).toBeGreaterThan(3);
  });

  it('does not join two groups through an older one that needs the first of them', () => {
    // {exp x, + Σp} runs at once, after p, and q = p·Σ exp x after it.
    const graph = fuseElementwise(
      traced([float32(4), float32(3)], (x, y) => {
        const old = exp(x);
        const p = exp(y);
        return [add(old, sum(p)), mul(p, sum(old))];
      }),
    );
    expect(lines(graph).map((line) => / = (\w+)/.exec(line)?.[1] ?? 'return')).toEqual([
      ...['fused', 'sum', 'fused', 'sum', 'fused'],
      'return',
    ]);
  });

  it('does not join shapes or types that differ', () => {
    const graph = fuseElementwise(traced([float32(4), float32(2, 4)], (b, x) => add(exp(x), exp(b))));
    expect(lines(graph).filter((line) => line.includes('fused'))).toHaveLength(2);
  });
});

describe('the pipeline', () => {
  it('leaves a layer with bias and ReLU as one product, forward and backward', () => {
    const graph = traced([float32(8, 4), float32(4, 3), float32(3), float32(3, 2)], (x, w, b, v) => {
      const hidden = relu(add(matmul(x, w), b));
      return backward([sum(matmul(hidden, v))], [constant(1)], [w, b, v]);
    });
    const left = lines(optimize(graph));
    expect(left.filter((line) => line.includes('matmulEpilogue') && line.includes('bias:true relu:true'))).toHaveLength(1);
    expect(left.filter((line) => line.includes('matmulEpilogue') && line.includes('mask:true'))).toHaveLength(1);
    expect(left.filter((line) => line.includes('fused'))).toHaveLength(0);
  });

  it('gives a convolution its bias and ReLU, a pointwise one as the product that it is', () => {
    const graph = traced(
      [float32(2, 5, 5, 4), float32(3, 3, 4, 6), float32(6), float32(1, 1, 6, 2), float32(2)],
      (x, w, b, v, c) => relu(add(conv2d(relu(add(conv2d(x, w), b)), v), c)),
    );
    const calls = lines(optimize(graph)).flatMap((line) => /= (\w+)/.exec(line)?.[1] ?? []);
    expect(calls.filter((name) => name !== 'reshape')).toEqual(['conv2dEpilogue', 'matmulEpilogue']);
  });

  it('masks no convolution', () => {
    const graph = traced([float32(2, 5, 5, 4), float32(3, 3, 4, 6), float32(2, 3, 3, 6)], (x, w, y) =>
      select(gt(y, 0), conv2d(x, w), 0),
    );
    expect(lines(optimize(graph)).filter((line) => line.includes('Epilogue'))).toEqual([]);
  });

  it('scales the slope of the cross entropy where it is made', () => {
    const graph = traced(
      [float32(16, 10), int32(16)],
      (x, y) => backward([mean(softmaxCrossEntropyWithLogits(x, y))], [constant(1)], [x])[0] ?? x,
    );
    expect(lines(optimize(graph))).toEqual([
      '%2 float32[16], %3 float32[16,10] = softmaxCrossEntropy %0 %1 {scale:0.0625}',
      'return %3',
    ]);
  });

  it('keeps inputs and outputs in number and order', () => {
    const graph = traced([float32(2), float32(3)], (a, b) => [b, ones([1]), a]);
    const optimized = optimize(graph);
    expect(optimized.inputs.map(({ type }) => type.shape)).toEqual([[2], [3]]);
    expect(optimized.outputs.map(({ type }) => type.shape)).toEqual([[3], [1], [2]]);
  });
});
