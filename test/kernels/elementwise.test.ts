import { describe, expect, it } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import {
  arity,
  evaluate,
  integerOperations,
  referenceOf,
  references,
  runChain,
  sizeOf,
  type Chain,
  type Operation,
} from './elementwise.js';
import { arrayOf, epsilon, expectElements, smallest, uniform, type DTypeName, type Elements } from './kernel.js';

const dtypes = ['float32', 'float64', 'int32'] as const;
const sizes = [0, 1, 7, 8, 9, 31, 32, 33];
const specials = [0, -0, Infinity, -Infinity, NaN, 1000, -1000, 1, -1, 0.5, -0.5, 2.5, -1.5, 3, 1e-45, -1e-42, 1e-310, 1e5, 1e30];
const integers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 46341, -65536, 7];

/** Two operands: numbers of all sorts, then every pair of special ones. */
function operands(dtype: Chain['dtype'], n: number): Elements[] {
  const range = dtype === 'int32' ? 100_000 : 6;
  const list = dtype === 'int32' ? integers : specials;
  const pairs = n < 33 ? [] : list.flatMap((a) => list.map((b) => [a, b] as const));
  const join = (k: 0 | 1) => arrayOf(dtype, [...uniform(dtype, n, 5 + k, -range, range), ...pairs.map((pair) => pair[k])]);
  return [join(0), join(1), join(0).map((x) => x + 1)];
}

function checkChain(chain: Chain): void {
  const expected = referenceOf(chain);
  for (const [o, output] of runChain(chain).outputs.entries()) {
    expectElements(output, (i) => expected[o]?.[i] ?? NaN);
  }
}

it('names every operation once', () => {
  expect([...addon().elementwise].sort()).toEqual(Object.keys(references).sort());
});

describe.each(dtypes)('%s', (dtype) => {
  const names = dtype === 'int32' ? integerOperations : Object.keys(references);

  it.each(names)('%s', (name) => {
    const ulp = dtype === 'int32' ? 0 : (references[name]?.ulp ?? 0);
    // The reference of float64 is rounded itself.
    const ulps = ulp === 0 ? 0 : ulp + (dtype === 'float64' ? 1 : 0.5);
    for (const size of sizes) {
      const inputs = operands(dtype, size).slice(0, arity(name));
      const result = runChain({ dtype, dims: [inputs[0]?.length ?? 0], inputs, operations: [[name, 0, 1, 2]] });
      expectElements(
        result.outputs[0],
        (i) => evaluate(dtype, name, inputs[0]?.[i] ?? NaN, inputs[1]?.[i] ?? NaN, inputs[2]?.[i] ?? NaN),
        (_, expected) => (Number.isFinite(expected) ? ulps * epsilon[dtype] * Math.abs(expected) + smallest[dtype] : 0),
      );
    }
  });
});

it('keeps the sign of zero', () => {
  const inputs = [Float32Array.of(0, -0)];
  const odd = ['abs', 'sign', 'sqrt', 'expm1', 'log1p', 'sin', 'tanh', 'erf', 'floor', 'round', 'square'];
  const run = (name: string) => runChain({ dtype: 'float32', dims: [2], inputs, operations: [[name, 0]] }).outputs[0];
  for (const name of odd) {
    const zero = name === 'abs' || name === 'square' ? 0 : -0;
    expect(run(name)?.map((x) => 1 / x)).toEqual(Float32Array.of(Infinity, 1 / zero));
  }
  expect(run('neg')?.map((x) => 1 / x)).toEqual(Float32Array.of(-Infinity, Infinity));
});

it('counts denormals as zero and takes none out', () => {
  const inputs = [Float32Array.of(1e-40, -1e-40, 2 ** -126), Float32Array.of(1, 1, 0.5)];
  const run = (operation: Operation) => [
    ...(runChain({ dtype: 'float32', dims: [3], inputs, operations: [operation] }).outputs[0] ?? []),
  ];
  expect(run(['log', 0])).toEqual([-Infinity, -Infinity, Math.fround(Math.log(2 ** -126))]);
  expect(run(['mul', 0, 1])).toEqual([0, -0, 0]);
  expect(run(['eq', 0, 1])).toEqual([0, 0, 0]);
});

const patterns: readonly { readonly dims: readonly number[]; readonly strides: readonly number[] }[] = [
  { dims: [3, 5, 33], strides: [0, 0, 0] },
  { dims: [3, 5, 33], strides: [0, 0, 1] },
  { dims: [3, 5, 33], strides: [0, 33, 1] },
  { dims: [3, 5, 33], strides: [5, 1, 0] },
  { dims: [3, 5, 33], strides: [0, 1, 0] },
  { dims: [3, 5, 33], strides: [33, 0, 1] },
  { dims: [3, 5, 33], strides: [1, 3, 15] },
  { dims: [3, 5, 33], strides: [200, 33, 1] },
  { dims: [4, 1, 7, 1], strides: [0, 9, 1, 9] },
  { dims: [7, 300], strides: [0, 1] },
  { dims: [7, 300], strides: [1, 0] },
  { dims: [7, 300], strides: [1, 7] },
  { dims: [3, 50, 1000], strides: [1000, 0, 1] },
  { dims: [2, 40_000], strides: [0, 1] },
  { dims: [40_000, 3], strides: [1, 0] },
  { dims: [2, 1, 2, 1, 2, 3, 2, 3], strides: [0, 1, 3, 1, 0, 1, 0, 6] },
  { dims: [], strides: [] },
  { dims: [3, 0, 4], strides: [0, 0, 1] },
];

describe.each(patterns)('dims $dims, strides $strides', ({ dims, strides }) => {
  const reach = dims.reduce((sum, d, k) => sum + Math.max(d - 1, 0) * (strides[k] ?? 0), 1);

  it.each([...dtypes, 'uint8'] as const)('reads %s', (from) => {
    const dtype = from === 'uint8' ? 'float32' : from;
    const full = uniform(dtype, sizeOf(dims), 1, -9, 9);
    const part = uniform(from, reach, 2, 0, from === 'uint8' ? 2 : 9);
    const operations: Operation[] = [
      ['add', 1, 0],
      ['mul', 3, 1],
      ['sub', 4, 2],
    ];
    checkChain({ dtype, dims, inputs: [full, part], strides: [undefined, strides], constants: [3], operations });
  });
});

describe('chains', () => {
  const n = 5000;
  const inputs = (dtype: DTypeName) => [1, 2, 3].map((seed) => uniform(dtype, n, seed, -4, 4));

  it.each(dtypes)('write several outputs over their inputs (%s)', (dtype) => {
    const operations: Operation[] = [
      ['add', 0, 1],
      ['mul', 3, 2],
      ['sub', 4, 0],
      ['max', 1, 5],
    ];
    const outputs = [3, 4, 6];
    for (const over of [
      [undefined, undefined, undefined],
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [undefined, 0, 1],
    ]) {
      checkChain({ dtype, dims: [n], inputs: inputs(dtype), operations, outputs, over });
    }
  });

  it('hand inputs and constants through, exchanged and doubled', () => {
    const chain = { dtype: 'float32', dims: [n], inputs: inputs('float32'), constants: [2.5] } as const;
    const operations: Operation[] = [['neg', 2]];
    checkChain({ ...chain, operations, outputs: [1, 0, 4, 4, 3], over: [0, 1, 2, undefined, undefined] });
  });

  it.each(dtypes)('read and write bytes as 0 and 1 (%s)', (dtype) => {
    const bytes = uniform('uint8', n, 4, 0, 2);
    const [x = bytes, y = bytes] = inputs(dtype);
    const operations: Operation[] = [
      ['lt', 0, 1],
      ['add', 3, 2],
      ['select', 2, 0, 1],
    ];
    const outputTypes: DTypeName[] = ['uint8', 'uint8', dtype, 'uint8', dtype];
    for (const over of [[], [2], [undefined, 2, 0], [undefined, undefined, 1, 2]]) {
      checkChain({ dtype, dims: [n], inputs: [x, y, bytes], operations, outputs: [3, 4, 5, 2, 4], outputTypes, over });
    }
  });

  it('keep many values alive', () => {
    const up = Array.from({ length: 30 }, (_, k): Operation => ['add', k === 0 ? 0 : 2 + k, 1]);
    const down = Array.from({ length: 29 }, (_, k): Operation => ['min', 32 + k, 31 - k]);
    for (const dtype of dtypes)
      checkChain({ dtype, dims: [n], inputs: inputs(dtype), operations: [...up, ...down], outputs: [61, 3] });
  });

  it('leave out what no output needs', () => {
    const operations: Operation[] = [
      ['exp', 0],
      ['add', 0, 1],
    ];
    checkChain({ dtype: 'float32', dims: [n], inputs: inputs('float32'), operations });
  });
});

describe('refuses', () => {
  const x = new Float32Array(6);
  const chain = { dtype: 'float32', dims: [2, 3], inputs: [x] } as const;

  it.each<[string, Chain]>([
    ['operation', { ...chain, operations: [['nothing', 0]] }],
    ['register', { ...chain, operations: [['exp', 1]] }],
    ['register', { ...chain, operations: [['exp', 0]], outputs: [2] }],
    ['strides', { ...chain, strides: [[3, 2]], operations: [['exp', 0]] }],
    ['strides', { ...chain, strides: [[-3, 1]], operations: [['exp', 0]] }],
    ['strides', { ...chain, strides: [[2 ** 53, 2 ** 53]], operations: [['exp', 0]] }],
    ['int32', { ...chain, dtype: 'int32', inputs: [new Int32Array(6)], operations: [['exp', 0]] }],
    ['dtype', { ...chain, dtype: 'float64', operations: [['exp', 0]] }],
    ['dimensions', { ...chain, dims: [2 ** 40, 2 ** 40, 0], operations: [['exp', 0]] }],
  ])('a wrong %s', (word, wrong) => {
    expect(() => runChain(wrong)).toThrow(word);
  });
});
