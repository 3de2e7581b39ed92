import { describe, expect, it } from 'vitest';
import { RavineError } from '../../lib/errors.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as ops from '../../lib/ops/index.js';
import '../../lib/runtime/index.js';
import { traced } from './trace.js';

type Call = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** What a caller in plain JavaScript may pass. */
function wrong<T>(value: unknown): T {
  return value as T;
}

/** Types of inputs, the call, and the whole sentence. */
const refused: readonly (readonly [readonly string[], Call, string])[] = [
  [
    ['int32[2,3]'],
    (x) => ops.exp(x),
    "[exp] expected x to be float32 or float64, got int32[2,3]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['uint8[2]'],
    (x) => ops.neg(x),
    "[neg] expected x to be float32, float64 or int32, got uint8[2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['float32[2]', 'int32[2]'],
    (a, b) => ops.add(a, b),
    "[add] expected equal dtypes, got float32[2] and int32[2]\nhelp: cast one of them: cast(x, 'float32')",
  ],
  [
    ['float32[2,3]', 'float32[4]'],
    (a, b) => ops.mul(a, b),
    '[mul] expected shapes that broadcast (axis -1: 3 and 4 differ), got float32[2,3] and float32[4]',
  ],
  [['int32[2]'], (x) => ops.add(x, 0.5), '[add] expected an integer from -2147483648 to 2147483647 for int32, got 0.5'],
  [
    ['int32[2]', 'int32[2]'],
    (a, b) => ops.div(a, b),
    "[div] expected a to be float32 or float64, got int32[2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['float32[2]'],
    (x) => ops.add(x, wrong<number>('a')),
    '[add] expected an operand to be a tensor, got "a"\nhelp: tensor(data) makes one of arrays, scalar(x) of a number',
  ],
  [
    ['float32[2]', 'float32[2]'],
    (c, a) => ops.select(c, a, 0),
    '[select] expected the condition to be uint8, got float32[2]\nhelp: comparisons give one: gt(x, 0)',
  ],
  [['float32[2]'], (x) => ops.clamp(x, 2, 1), '[clamp] expected low ≤ high, got 2 and 1'],
  [
    ['uint8[2]'],
    (x) => ops.clamp(x, 0, 1),
    "[clamp] expected x to be float32, float64 or int32, got uint8[2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['float32[32,784]', 'float32[512,10]'],
    (a, b) => ops.matmul(a, b),
    '[matmul] expected a.shape[1] = b.shape[0], got float32[32,784] and float32[512,10]',
  ],
  [
    ['float32[3,2]', 'float32[3,4]'],
    (a, b) => ops.matmul(a, b, { transposeB: true, transposeA: true }),
    '[matmul] expected a.shape[0] = b.shape[1], got float32[3,2] and float32[3,4]',
  ],
  [
    ['float32[2,4,3]', 'float32[3,3,4]'],
    (a, b) => ops.matmul(a, b),
    '[matmul] expected batches that broadcast, got float32[2,4,3] and float32[3,3,4]',
  ],
  [
    ['float32[]', 'float32[2]'],
    (a, b) => ops.matmul(a, b),
    '[matmul] expected vectors or matrices, got float32[] and float32[2]\nhelp: mul(a, b) multiplies by a scalar',
  ],
  [
    ['float32[3]', 'float32[2,4]'],
    (a, b) => ops.matmul(a, b),
    '[matmul] expected a vector as long as the axis that it meets, got float32[3] and float32[2,4]',
  ],
  [
    ['int32[2,2]', 'int32[2,2]'],
    (a, b) => ops.matmul(a, b),
    "[matmul] expected a to be float32 or float64, got int32[2,2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['float32[2]'],
    (x) => ops.matmul(x, wrong<Tensor>(2)),
    '[matmul] expected b to be a tensor, got 2\nhelp: tensor(data) makes one of arrays, scalar(x) of a number',
  ],
  [
    ['float32[2,2]'],
    (x) => ops.matmul(x, x, wrong({ transposeC: true })),
    "[matmul] unknown option 'transposeC'\nhelp: did you mean 'transposeA'?",
  ],
  [['float32[3,0]'], (x) => ops.max(x, { axis: 1 }), '[max] expected at least one element to choose from, got float32[3,0]'],
  [['float32[0]'], (x) => ops.argmin(x), '[argmin] expected at least one element to choose from, got float32[0]'],
  [['float32[0]'], (x) => ops.logsumexp(x), '[logsumexp] expected at least one element, got float32[0]'],
  [['float32[2,3]'], (x) => ops.sum(x, { axis: 2 }), '[sum] expected an axis from -2 to 1, got 2'],
  [['float32[2,3]'], (x) => ops.sum(x, { axis: [1, -1] }), '[sum] axis 1 is named twice'],
  [['float32[2,3]'], (x) => ops.sum(x, wrong({ axes: 1 })), "[sum] unknown option 'axes'\nhelp: did you mean 'axis'?"],
  [
    ['uint8[2]'],
    (x) => ops.sum(x),
    "[sum] expected x to be float32, float64 or int32, got uint8[2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['int32[2]'],
    (x) => ops.mean(x),
    "[mean] expected x to be float32 or float64, got int32[2]\nhelp: cast it first: cast(x, 'float32')",
  ],
  [
    ['float32[2]'],
    (x) => ops.variance(x, { correction: -1 }),
    '[variance] expected correction to be a finite number ≥ 0, got -1',
  ],
  [['float32[2,3]'], (x) => ops.reshape(x, [4]), '[reshape] expected [4] to hold 6 elements as the input does, got float32[2,3]'],
  [['float32[2,3]'], (x) => ops.reshape(x, [-1, 4]), '[reshape] expected float32[2,3] to divide into [-1,4], got 6 elements'],
  [['float32[2,3]'], (x) => ops.reshape(x, [-1, -1]), '[reshape] expected one length to be −1 at most, got [-1,-1]'],
  [['float32[2,3]'], (x) => ops.reshape(x, [1.5]), '[reshape] expected lengths to be integers ≥ 0, got 1.5 in [1.5]'],
  [['float32[2,3]'], (x) => ops.squeeze(x, 0), '[squeeze] expected axis 0 to be of length 1, got float32[2,3]'],
  [
    ['float32[2,3]'],
    (x) => ops.broadcastTo(x, [3, 3]),
    '[broadcastTo] expected a shape that broadcasts to [3,3], got float32[2,3]',
  ],
  [['float32[2,3]'], (x) => ops.transpose(x, [0, 0]), '[transpose] expected each of 2 axes once, got [0,0]'],
  [
    ['float32[2,3]'],
    (x) => ops.slice(x, [0, 0, 0]),
    '[slice] expected starts to be at most 2 integers for float32[2,3], got an array of 3',
  ],
  [
    ['float32[2,3]'],
    (x) => ops.slice(x, [0], [2], [-1]),
    '[slice] expected steps to be positive, got -1\nhelp: flip(x, axis) reverses',
  ],
  [['float32[2,3]'], (x) => ops.split(x, 2, 1), '[split] expected axis 1 to divide into 2 equal parts, got float32[2,3]'],
  [['float32[2,3]'], (x) => ops.split(x, [1, 3], 1), '[split] expected sizes [1,3] to add up to axis 1, got float32[2,3]'],
  [['float32[2,3]'], (x) => ops.pad(x, [[1, -1]]), '[pad] expected a pair of integers ≥ 0 for each of 2 axes, got [[1,-1]]'],
  [
    ['float32[2,3]', 'float32[2,4]'],
    (a, b) => ops.concat([a, b]),
    '[concat] expected shapes that differ in axis 0 only, got float32[2,3] and float32[2,4]',
  ],
  [[], () => ops.concat([]), '[concat] expected an array of at least one tensor, got none'],
  [['float32[2]', 'float32[3]'], (a, b) => ops.stack([a, b]), '[stack] expected equal shapes, got float32[2] and float32[3]'],
  [
    ['float32[2]', 'float32[3]'],
    (a, b) => ops.gather(a, b),
    "[gather] expected indices to be int32, got float32[3]\nhelp: cast it first: cast(x, 'int32')",
  ],
  [
    ['float32[2]', 'int32[3]'],
    (a, b) => ops.gather(a, b, 0, { dtype: 'int32' }),
    '[gather] expected a float dtype to convert to, got float32[2] to int32',
  ],
  [
    ['float32[2]', 'int32[3]'],
    (a, b) => ops.gather(a, b, 0, { scale: NaN }),
    '[gather] expected scale and shift to be finite numbers, got NaN and 0',
  ],
  [
    ['float32[2]', 'int32[3]'],
    (a, b) => ops.scatterAdd(a, b, 4),
    "[scatterAdd] expected updates with the indices' shape at axis 0, got float32[2] and int32[3]",
  ],
  [['float32[2]', 'int32[2]'], (a, b) => ops.scatterAdd(a, b, -4), '[scatterAdd] expected rows to be an integer ≥ 0, got -4'],
  [
    ['float32[2]'],
    (x) => ops.oneHot(x, 4),
    "[oneHot] expected labels to be int32, got float32[2]\nhelp: cast it first: cast(x, 'int32')",
  ],
  [['float32[]'], (x) => ops.softmax(x), '[softmax] expected at least one axis, got float32[]'],
  [
    ['float32[3,5]', 'int32[4]'],
    (x, y) => ops.softmaxCrossEntropyWithLogits(x, y),
    '[softmaxCrossEntropy] expected a label for each row of logits [..., classes], got float32[3,5] and int32[4]',
  ],
  [
    ['float32[3,5]', 'float32[3]'],
    (x, y) => ops.softmaxCrossEntropyWithLogits(x, y),
    "[softmaxCrossEntropy] expected labels to be int32, got float32[3]\nhelp: cast it first: cast(x, 'int32')",
  ],
  [
    ['float32[3,5]', 'float32[3]'],
    (x, y) => ops.softmaxCrossEntropyWithTargets(x, y),
    '[softmaxCrossEntropy] expected targets of the shape of the logits, got float32[3,5] and float32[3]',
  ],
  [
    ['float32[3]'],
    (x) => ops.cast(x, 'float16' as 'float32'),
    '[cast] expected a dtype of float32, float64, int32, uint8, got "float16"',
  ],
  [['float32[3]'], (x) => ops.dropout(x, 1), '[dropout] expected probability to be a number in [0, 1), got 1'],
  [
    ['float32[3]', 'int32[5]'],
    (x, random) => ops.dropout(x, 0.5, { random: random }),
    '[dropout] expected random words int32[6], got float32[3] and int32[5]',
  ],
  [[], () => ops.randomUniform([2], wrong({})), '[randomUniform] expected seed to be an integer ≥ 0, got undefined'],
  [[], () => ops.randomUniform([2], { seed: 1, low: 2 }), '[randomUniform] expected low ≤ high, got 2 and 1'],
  [[], () => ops.randomNormal([2], { seed: 1, dtype: 'int32' }), '[randomNormal] expected float32 or float64, got int32[2]'],
  [[], () => ops.arange(0, 5, 0), '[arange] expected finite numbers and a step ≠ 0, got 0, 5, 0'],
  [
    [],
    () => ops.full([2], 1.5, { dtype: 'int32' }),
    '[constant] expected an integer from -2147483648 to 2147483647 for int32, got 1.5',
  ],
  [[], () => ops.full([2], 256, { dtype: 'uint8' }), '[constant] expected an integer from 0 to 255 for uint8, got 256'],
  [[], () => ops.zeros([-1]), '[zeros] expected lengths to be integers ≥ 0, got -1 in [-1]'],
  [[], () => ops.zeros(wrong<number[]>(3)), '[zeros] expected a shape such as [32, 784], got 3'],
  [[], () => ops.ones([2 ** 40, 2 ** 40]), '[shape] [1099511627776,1099511627776] has more elements than can be counted'],
];

describe('ops refuse', () => {
  it.each(refused.map(([types, call, sentence]) => ({ types, call, sentence })))('$sentence', ({ types, call, sentence }) => {
    const run = (): unknown => traced(types, call);
    expect(run).toThrow(RavineError);
    expect(run).toThrow(new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });
});

describe('data that an op meets', () => {
  const table = (): Tensor => ops.arange(6);
  it('names a label that is no class', () => {
    expect(() => ops.softmaxCrossEntropyWithLogits(ops.zeros([3, 4]), ops.tensor([0, 4, 1], { dtype: 'int32' }))).toThrow(
      /\b4\b/,
    );
    expect(() => ops.oneHot(ops.tensor([0, -1], { dtype: 'int32' }), 3)).toThrow(/-1/);
  });
  it('names an index that is no row', () => {
    expect(() => ops.gather(table(), ops.tensor([5, 6], { dtype: 'int32' }))).toThrow(/\b6\b/);
    expect(() => ops.scatterAdd(table(), ops.tensor([0, 1, 2, 3, 4, -7], { dtype: 'int32' }), 6)).toThrow(/-7/);
  });
});
