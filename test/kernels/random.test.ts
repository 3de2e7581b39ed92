import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../runtime/philox.js';
import { arrayOf, expectElements, runKernel, uniform, type Elements } from './kernel.js';

const sizes = [0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 200];
const dtypes = ['float32', 'float64'] as const;
const halves = (x: number) => [x % 2 ** 32, Math.floor(x / 2 ** 32)];

interface Stream {
  readonly seed: number;
  readonly stream: number;
  readonly step?: number;
}

/** Key and upper half of the counter come from one more Philox over stream and step. Group: 64 words, word 16 j + i of counter 16 group + i. */
function wordsOf({ seed, stream, step = 0 }: Stream): (group: number) => number[] {
  const [key0 = 0, key1 = 0, upper0 = 0, upper1 = 0] = philox4x32([...halves(stream), ...halves(step)], halves(seed));
  return (group) => {
    const blocks = Array.from({ length: 16 }, (_, i) => philox4x32([...halves(group * 16 + i), upper0, upper1], [key0, key1]));
    return Array.from({ length: 64 }, (_, k) => blocks[k % 16]?.[k >> 4] ?? NaN);
  };
}

/** One number of a stream by its index. */
function numbers(stream: Stream, perGroup: number, ofGroup: (words: number[]) => number[]): (i: number) => number {
  const words = wordsOf(stream);
  const groups = new Map<number, number[]>();
  return (i) => {
    const group = Math.floor(i / perGroup);
    const made = groups.get(group) ?? ofGroup(words(group));
    groups.set(group, made);
    return made[i % perGroup] ?? NaN;
  };
}

const unit53 = (high = NaN, low = NaN) => (high * 2 ** 21 + Math.floor(low / 2 ** 11)) * 2 ** -53;

const uniformGroup = {
  float32: (words: number[]) => words.map((word) => Math.floor(word / 256) * 2 ** -24),
  float64: (words: number[]) => words.slice(32).map((low, i) => unit53(words[i], low)),
};

function boxMuller(u: number[], turns: number[]): number[] {
  const radius = u.map((x) => Math.sqrt(-2 * Math.log(x)));
  const part = (wave: (x: number) => number) => radius.map((r, i) => r * wave(2 * Math.PI * (turns[i] ?? NaN)));
  return [...part(Math.cos), ...part(Math.sin)];
}

const normalGroup = {
  float32: (words: number[]) =>
    boxMuller(
      words.slice(0, 32).map((word) => Math.floor(word / 2) * 2 ** -31 + 2 ** -32),
      uniformGroup.float32(words.slice(32)),
    ),
  float64: (words: number[]) => {
    const pair = (at: number) => Array.from({ length: 16 }, (_, i) => unit53(words[at + i], words[at + 16 + i]));
    return boxMuller(
      pair(0).map((x) => x + 2 ** -54),
      pair(32),
    );
  },
};

const streams: readonly Stream[] = [
  { seed: 0, stream: 0 },
  { seed: 2 ** 52 + 12345, stream: 2 ** 45 + 7 },
];

function draw(
  kernel: string,
  dtype: (typeof dtypes)[number],
  elements: number,
  parameters: number[],
  { seed, stream }: Stream,
): Elements {
  const attributes = [...parameters, ...halves(seed), ...halves(stream)];
  return runKernel({ kernel, outputs: [{ dtype, elements }], attributes }).outputs[0] ?? new Float32Array(0);
}

describe.each(dtypes)('%s', (dtype) => {
  const perGroup = dtype === 'float32' ? 64 : 32;
  const round = dtype === 'float32' ? Math.fround : (x: number) => x;

  it('draws uniform numbers by Philox4x32-10', () => {
    for (const stream of streams) {
      const expected = numbers(stream, perGroup, uniformGroup[dtype]);
      for (const elements of sizes) {
        expectElements(draw('random_uniform', dtype, elements, [0, 1], stream), expected);
        expectElements(draw('random_uniform', dtype, elements, [-3, 5], stream), (i) => round(-3 + round(8 * expected(i))));
      }
    }
  });

  it('draws normal numbers by Box and Muller', () => {
    for (const stream of streams) {
      const expected = numbers(stream, perGroup, normalGroup[dtype]);
      const tolerance = dtype === 'float32' ? 4e-6 : 1e-14;
      for (const elements of sizes) {
        expectElements(draw('random_normal', dtype, elements, [0, 1], stream), expected, () => tolerance);
        expectElements(
          draw('random_normal', dtype, elements, [2, 0.5], stream),
          (i) => 2 + 0.5 * expected(i),
          () => tolerance,
        );
      }
    }
  });

  it('has the moments of its distributions', () => {
    const n = 200_000;
    const moment = (x: Elements, k: number) => Float64Array.from(x).reduce((sum, v) => sum + v ** k, 0) / n;
    const even = draw('random_uniform', dtype, n, [-1, 1], { seed: 1, stream: 2 });
    // Four standard deviations of each mean.
    expect(Math.abs(moment(even, 1))).toBeLessThan(4 * Math.sqrt(1 / 3 / n));
    expect(Math.abs(moment(even, 2) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / n));
    const normal = draw('random_normal', dtype, n, [0, 1], { seed: 1, stream: 2 });
    expect(Math.abs(moment(normal, 1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(normal, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(normal, 3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(normal, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  it('stays in [low, high)', () => {
    const x = draw('random_uniform', dtype, 5000, [1, 1 + 2 * (dtype === 'float32' ? 2 ** -23 : 2 ** -52)], {
      seed: 3,
      stream: 0,
    });
    expect(new Set(x).size).toBe(2);
    expect(Math.max(...x)).toBeLessThan(1 + 2 * (dtype === 'float32' ? 2 ** -23 : 2 ** -52));
    expect([...draw('random_uniform', dtype, 2, [4, 4], { seed: 3, stream: 0 })]).toEqual([4, 4]);
  });
});

interface DropoutCase extends Stream {
  readonly probability: number;
  readonly place: number;
  readonly sampleElements: number;
}

function dropout(
  x: Elements,
  dtype: (typeof dtypes)[number],
  { seed, stream, step = 0, ...rest }: DropoutCase,
  over?: number,
): Elements {
  const words = [seed, step, rest.place].flatMap(halves).map((word) => word | 0);
  const attributes = [rest.probability, ...halves(stream), rest.sampleElements];
  const inputs = [x, Int32Array.from(words)];
  return runKernel({ kernel: 'dropout', inputs, outputs: [{ dtype, elements: x.length }], attributes, over }).outputs[0] ?? x;
}

describe.each(dtypes)('dropout %s', (dtype) => {
  const round = dtype === 'float32' ? Math.fround : (x: number) => x;
  const base = { seed: 2 ** 50 + 3, stream: 2 ** 40 + 1, step: 2 ** 33 + 5, probability: 0.3, place: 0, sampleElements: 9 };

  it.each([0, 0.3, 0.999])('keeps where the word is not below p·2³² (p = %d)', (probability) => {
    for (const place of [0, 5, 2 ** 34 + 1]) {
      const word = numbers(base, 64, (words) => words);
      for (const elements of sizes) {
        const x = uniform(dtype, elements, 1);
        const y = dropout(x, dtype, { ...base, probability, place }, elements % 2 === 0 ? 0 : undefined);
        const scale = round(1 / (1 - probability));
        const kept = (i: number) => word(place * 9 + i) >= Math.floor(probability * 2 ** 32);
        expectElements(y, (i) => (kept(i) ? round((x[i] ?? NaN) * scale) : 0));
      }
    }
  });

  it('gives a sample the same mask in any batch', () => {
    const ones = arrayOf(dtype, new Float64Array(900).fill(1));
    const whole = dropout(ones, dtype, base);
    const later = dropout(ones.slice(0, 450), dtype, { ...base, place: 50 });
    expect([...later]).toEqual([...whole.slice(450)]);
  });

  it('drops what is not finite', () => {
    const y = dropout(arrayOf(dtype, new Float64Array(100).fill(Infinity)), dtype, base);
    expect(new Set(y)).toEqual(new Set([0, Infinity]));
  });

  it('gives another mask for another seed, step or stream', () => {
    const ones = arrayOf(dtype, new Float64Array(64).fill(1));
    const masks = [base, { ...base, seed: 4 }, { ...base, step: 6 }, { ...base, stream: 2 }].map((c) =>
      dropout(ones, dtype, c).join(),
    );
    expect(new Set(masks).size).toBe(4);
  });

  it('refuses a probability of 1', () => {
    expect(() => dropout(arrayOf(dtype, [1]), dtype, { ...base, probability: 1 })).toThrow('probability');
  });
});
