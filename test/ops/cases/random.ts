import type { Tensor } from '../../../lib/ir/tensor.js';
import * as ops from '../../../lib/ops/index.js';
import type { OpCase, Situation } from '../harness.js';
import { randomWords } from '../philox.js';
import { build, rounded, sizeOf, type Values } from '../values.js';

const [seed, stream, step] = [2 ** 33 + 5, 2 ** 40 + 3, 7];

/** Numbers of groups of 64 words: 64 float32 or 32 float64 of them. */
function grouped(n: number, perGroup: number, draw: (words: readonly number[], place: number) => number): Values {
  const words = randomWords(seed, stream, 0, Math.ceil(n / perGroup));
  return build([n], ([i = 0]) => draw(words.slice(Math.floor(i / perGroup) * 64).slice(0, 64), i % perGroup));
}

/** 53 bits of two words. */
const wide = (high = NaN, low = NaN): number => (high * 2 ** 21 + Math.floor(low / 2 ** 11)) * 2 ** -53;
const narrow = (word = NaN): number => Math.floor(word / 2 ** 8) * 2 ** -24;

function uniform(n: number, dtype: Situation['dtype']): Values {
  if (dtype === 'float64') return grouped(n, 32, (words, i) => wide(words[i], words[i + 32]));
  return grouped(n, 64, (words, i) => narrow(words[i]));
}

/** Box and Muller: the first half of a group are cosines, the second the sines of the same numbers. */
function normal(n: number, dtype: Situation['dtype']): Values {
  const half = dtype === 'float64' ? 16 : 32;
  return grouped(n, 2 * half, (words, place) => {
    const i = place % half;
    const u =
      dtype === 'float64'
        ? wide(words[i], words[i + 16]) + 2 ** -54
        : Math.fround(Math.fround(Math.floor(words[i]! / 2)) * 2 ** -31 + 2 ** -32);
    const turns = dtype === 'float64' ? wide(words[i + 32], words[i + 48]) : narrow(words[i + 32]);
    const radius = Math.sqrt(-2 * Math.log(u));
    return radius * (place < half ? Math.cos(2 * Math.PI * turns) : Math.sin(2 * Math.PI * turns));
  });
}

const draws: readonly OpCase[] = [
  {
    op: 'randomUniform',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.randomUniform([n], { seed, stream, dtype }),
    reference: (_, { n, dtype }) => uniform(n, dtype),
  },
  {
    op: 'randomUniform',
    title: 'from −1 to 3',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.randomUniform([n], { seed, stream, low: -1, high: 3, dtype }),
    reference: (_, { n, dtype }) => {
      const { shape, data } = uniform(n, dtype);
      return { shape, data: data.map((u) => -1 + 4 * u) };
    },
  },
  {
    op: 'randomNormal',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.randomNormal([n], { seed, stream, dtype }),
    reference: (_, { n, dtype }) => normal(n, dtype),
    // The radius and the turn are a few roundings off, of numbers below 8.
    tolerance: { relative: 8, absolute: 4 },
  },
  {
    op: 'randomNormal',
    title: 'mean 2 and deviation ½',
    inputs: () => [],
    run: (_, { n, dtype }) => ops.randomNormal([n], { seed, stream, mean: 2, deviation: 0.5, dtype }),
    reference: (_, { n, dtype }) => {
      const { shape, data } = normal(n, dtype);
      return { shape, data: data.map((z) => 2 + 0.5 * z) };
    },
    tolerance: { relative: 8, absolute: 4 },
  },
];

const probability = 0.25;

/** x/(1 − p) where the element's word is not below p·2³². Elements count from the first sample's place in the step. */
function dropped(x: Values, random: Values, { dtype }: Situation): Values {
  const origin = random.data[4]! * sizeOf(x.shape.slice(1));
  const words = randomWords(random.data[0]!, stream, random.data[2]!, Math.ceil((origin + x.data.length) / 64));
  const scale = rounded(1 / (1 - probability), dtype);
  return {
    shape: x.shape,
    data: x.data.map((value, i) => ((words[origin + i] ?? NaN) < probability * 2 ** 32 ? 0 : value * scale)),
  };
}

const dropouts: readonly OpCase[] = [
  { title: 'rows', shape: (n: number) => [n, 5], place: 0 },
  { title: 'rows from the third on', shape: (n: number) => [n, 5], place: 3 },
  { title: 'one long sample', shape: (n: number) => [1, n], place: 1 },
  { title: 'a vector', shape: (n: number) => [n], place: 100 },
].map(({ title, shape, place }) => ({
  op: 'dropout',
  title,
  inputs: (n) => [{ shape: shape(n) }, { shape: [6], dtype: 'int32', data: [11, 0, step, 0, place, 0] }],
  run: ([x, random]: readonly Tensor[]) => ops.dropout(x!, probability, { random: random!, stream }),
  reference: ([x, random], situation) => dropped(x!, random!, situation),
}));

export const randomCases: readonly OpCase[] = [...draws, ...dropouts];
