import { describe, expect, it } from 'vitest';
import { Tensor } from '../../lib/ir/tensor.js';
import * as ops from '../../lib/ops/index.js';
import '../../lib/ops/methods.js';
import '../../lib/runtime/index.js';

const x = ops.tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('methods of tensors', () => {
  it('call the function of the same name', () => {
    expect(x.add(1).relu().toArray()).toEqual([
      [2, 3, 4],
      [5, 6, 7],
    ]);
    expect(x.matmul(x, { transposeB: true }).toArray()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    expect(x.sum({ axis: 0, keepDims: true }).toArray()).toEqual([[5, 7, 9]]);
    expect(x.gt(3).select(x, 0).toArray()).toEqual([
      [0, 0, 0],
      [4, 5, 6],
    ]);
    expect(x.var({ axis: 1 }).toArray()).toEqual(x.variance({ axis: 1 }).toArray());
    expect(x.argmax().cast('float64').dtype).toBe('float64');
    expect(x.transpose().slice([1], [3]).flatten().toArray()).toEqual([2, 5, 3, 6]);
    expect(
      x
        .pad([
          [0, 1],
          [0, 0],
        ])
        .flip(0)
        .toArray(),
    ).toEqual([
      [0, 0, 0],
      [4, 5, 6],
      [1, 2, 3],
    ]);
  });

  it('are all of this list, and no names of the class itself', () => {
    const own = [
      'constructor',
      'data',
      'toArray',
      'item',
      'dispose',
      'toString',
      'size',
      'rank',
      'value',
      'storage',
      'disposed',
      'materialize',
      'replaceStorage',
    ];
    const methods = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => !own.includes(name));
    expect(methods.filter((name) => name !== 'var' && !(name in ops))).toEqual([]);
    expect(methods.length).toBeGreaterThan(60);
  });
});
