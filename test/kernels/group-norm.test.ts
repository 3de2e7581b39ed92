import { describe, expect, it } from 'vitest';
import { expectElements, runKernel, uniform, type Elements } from './kernel.js';

type Real = 'float32' | 'float64';
const dtypes: readonly Real[] = ['float32', 'float64'];
const relative = { float32: 2e-6, float64: 4e-15 };
const epsilon = 1e-5;

interface Sizes {
  readonly samples: number;
  readonly places: number;
  readonly channels: number;
  readonly groups: number;
}

/** Samples that are whole and cut into parts; groups within a vector, over several, and of one channel. */
const sizes: readonly Sizes[] = [
  { samples: 3, places: 1, channels: 6, groups: 2 },
  { samples: 2, places: 35, channels: 24, groups: 3 },
  { samples: 2, places: 6, channels: 7, groups: 7 },
  { samples: 1, places: 9, channels: 40, groups: 1 },
  { samples: 2, places: 7001, channels: 10, groups: 5 },
];

function describeElements({ samples, places, channels, groups }: Sizes) {
  const width = channels / groups;
  const groupOf = (i: number) => Math.floor(i / (places * channels)) * groups + Math.floor((i % channels) / width);
  const perGroup = (of: (i: number) => number): number[] => {
    const [sums, lost] = [new Array<number>(samples * groups).fill(0), new Array<number>(samples * groups).fill(0)];
    for (let i = 0; i < samples * places * channels; i++) {
      const g = groupOf(i);
      const term = of(i) - lost[g]!;
      const next = sums[g]! + term;
      lost[g] = next - sums[g]! - term;
      sums[g] = next;
    }
    return sums;
  };
  return { groupOf, perGroup, m: places * width };
}

const attributesOf = ({ samples, places, channels, groups }: Sizes, affine: number): number[] =>
  [samples, places, channels, groups, epsilon, affine > 0, affine > 1].map(Number);

function normalize(x: Elements, dtype: Real, of: Sizes, affine: number) {
  const vectors = [uniform(dtype, of.channels, 2, 0.5, 2), uniform(dtype, of.channels, 3)].slice(0, affine);
  const outputs = [x.length, of.samples * of.groups, of.samples * of.groups].map((elements) => ({ dtype, elements }));
  const result = runKernel({ kernel: 'group_norm', inputs: [x, ...vectors], outputs, attributes: attributesOf(of, affine) });
  return { vectors, outputs: result.outputs };
}

describe.each(dtypes)('%s: near the formula, the same bits on every instruction set and for any number of threads', (dtype) => {
  const cases = sizes.map((of, i) => ({ ...of, affine: i % 3 }));

  it.each(cases)('group_norm of $samples × $places × $channels in $groups groups, affine $affine', ({ affine, ...of }) => {
    const x = uniform(dtype, of.samples * of.places * of.channels, 1, -2, 3);
    const { groupOf, perGroup, m } = describeElements(of);
    const mean = perGroup((i) => x[i]!).map((sum) => sum / m);
    const factor = perGroup((i) => (x[i]! - mean[groupOf(i)]!) ** 2).map((sum) => 1 / Math.sqrt(sum / m + epsilon));
    const { vectors, outputs } = normalize(x, dtype, of, affine);
    const [scale, shift] = vectors;
    expectElements(
      outputs[0],
      (i) =>
        (x[i]! - mean[groupOf(i)]!) * factor[groupOf(i)]! * (scale?.[i % of.channels] ?? 1) + (shift?.[i % of.channels] ?? 0),
      (i) => relative[dtype] * (4 + 4 * factor[groupOf(i)]!),
    );
    expectElements(outputs[1], (g) => factor[g]!, (_, expected) => 2 * relative[dtype] * expected); // prettier-ignore
    expectElements(outputs[2], (g) => mean[g]!, () => relative[dtype]); // prettier-ignore
  });

  it.each(cases)(
    'group_norm_gradient of $samples × $places × $channels in $groups groups, affine $affine',
    ({ affine, ...of }) => {
      const { samples, places, channels, groups } = of;
      const length = samples * places * channels;
      const [x, dy] = [uniform(dtype, length, 1, -2, 3), uniform(dtype, length, 6)];
      const [factor, mean] = [uniform(dtype, samples * groups, 4, 0.5, 2), uniform(dtype, samples * groups, 5)];
      const scale = uniform(dtype, channels, 2, 0.5, 2);
      const { groupOf, perGroup, m } = describeElements(of);
      const hat = (i: number) => (x[i]! - mean[groupOf(i)]!) * factor[groupOf(i)]!;
      const slope = (i: number) => dy[i]! * (affine > 0 ? scale[i % channels]! : 1);
      const [tilt, level] = [(i: number) => slope(i) * hat(i), slope].map((term) => perGroup(term).map((sum) => sum / m));
      const sums = (term: (i: number) => number) => {
        const totals = new Array<number>(channels).fill(0);
        for (let i = 0; i < length; i++) totals[i % channels] = totals[i % channels]! + term(i);
        return totals;
      };
      const [scales, shifts] = [sums((i) => dy[i]! * hat(i)), sums((i) => dy[i]!)];
      const inputs = [x, dy, factor, mean, ...(affine > 0 ? [scale] : [])];
      const outputs = [length, channels, channels].slice(0, 1 + affine).map((elements) => ({ dtype, elements }));
      for (const over of [undefined, [0], [1]]) {
        const run = runKernel({ kernel: 'group_norm_gradient', inputs, outputs, attributes: attributesOf(of, affine), over });
        const [dx, dscale, dshift] = run.outputs;
        expectElements(
          dx,
          (i) => factor[groupOf(i)]! * (slope(i) - level![groupOf(i)]! - hat(i) * tilt![groupOf(i)]!),
          () => 100 * relative[dtype],
        );
        const bound = () => relative[dtype] * 2 * samples * Math.sqrt(places) * 8;
        if (affine > 0) expectElements(dscale, (c) => scales[c]!, bound);
        if (affine > 1) expectElements(dshift, (c) => shifts[c]!, bound);
      }
    },
  );

  it('gives 0 for groups of one number, beside groups that are not', () => {
    const of = { samples: 2, places: 50, channels: 6, groups: 2 };
    const x = uniform(dtype, 600, 7);
    for (let i = 0; i < x.length; i++) if (i % 6 < 3) x[i] = 10_000.123;
    const [y] = normalize(x, dtype, of, 0).outputs;
    expect(y?.every((value, i) => (i % 6 < 3 ? value === 0 : Number.isFinite(value) && value !== 0))).toBe(true);
  });

  it('has no samples', () => {
    const of = { samples: 0, places: 5, channels: 4, groups: 2 };
    const none = uniform(dtype, 0, 1);
    const inputs = [none, none, none, none, uniform(dtype, 4, 1)];
    const outputs = [0, 4, 4].map((elements) => ({ dtype, elements }));
    const result = runKernel({ kernel: 'group_norm_gradient', inputs, outputs, attributes: attributesOf(of, 2) }).outputs;
    expect(result.slice(1).map((sums) => [...sums])).toEqual([[0, 0, 0, 0], [0, 0, 0, 0]]); // prettier-ignore
  });
});

it('refuses operands that do not fit', () => {
  const float = (elements: number) => ({ dtype: 'float32' as const, elements });
  const bad: [string, number[], number[], number[]][] = [
    ['group_norm', [24], [24, 4, 4], [2, 2, 6, 4, 1e-5, 0, 0]],
    ['group_norm', [24], [24, 4, 4], [2, 2, 6, 0, 1e-5, 0, 0]],
    ['group_norm', [24], [24, 4, 4], [-2, -2, 6, 2, 1e-5, 0, 0]],
    ['group_norm', [24], [24, 4, 3], [2, 2, 6, 2, 1e-5, 0, 0]],
    ['group_norm', [24, 5], [24, 4, 4], [2, 2, 6, 2, 1e-5, 1, 0]],
    ['group_norm', [24, 6], [24, 4, 4], [2, 2, 6, 2, 1e-5, 0, 1]],
    ['group_norm_gradient', [24, 24, 4, 4], [], [2, 2, 6, 2, 1e-5, 0, 0]],
    ['group_norm_gradient', [24, 24, 4, 4, 6], [24], [2, 2, 6, 2, 1e-5, 1, 0]],
    ['group_norm_gradient', [24, 24, 4, 4, 6], [24, 6, 5], [2, 2, 6, 2, 1e-5, 1, 1]],
  ];
  for (const [kernel, inputs, outputs, attributes] of bad)
    expect(
      () => runKernel({ kernel, inputs: inputs.map((n) => new Float32Array(n)), outputs: outputs.map(float), attributes }),
      attributes.join(),
    ).toThrow(TypeError);
});
