import { applyAll } from '../../../lib/ir/apply.js';
import { groupNormGradientOp, groupNormOp } from '../../../lib/ops/group-norm.js';
import * as ops from '../../../lib/ops/index.js';
import type { Input, OpCase } from '../harness.js';
import { build, type Values } from '../values.js';

const epsilon = 1e-3;
const tolerance = { relative: 64, absolute: 256 };
const samples = 2;
/** Of x [2, 3, 3, groups·n]. */
const places = 9;
/** Channels of each of two groups. */
const sizes = [1, 4, 9, 17];

/** Elements by sample, place and channel; what a group's elements add up to. */
function walk(x: Values, groups: number) {
  const channels = x.shape.at(-1)!;
  const width = channels / groups;
  const at = (n: number, p: number, c: number) => (n * places + p) * channels + c;
  const placeOf = (i: number) => ({
    n: Math.floor(i / (places * channels)),
    c: i % channels,
    g: Math.floor((i % channels) / width),
  });
  const sumOf = (n: number, g: number, of: (i: number) => number): number => {
    let sum = 0;
    for (let p = 0; p < places; p++) for (let k = 0; k < width; k++) sum += of(at(n, p, g * width + k));
    return sum;
  };
  const perGroup = (of: (n: number, g: number) => number) => build([samples, groups], ([n, g]) => of(n!, g!));
  const perChannel = (of: (i: number) => number) =>
    build([channels], ([c]) => {
      let sum = 0;
      for (let n = 0; n < samples; n++) for (let p = 0; p < places; p++) sum += of(at(n, p, c!));
      return sum;
    });
  return { channels, m: places * width, placeOf, sumOf, perGroup, perChannel };
}

function forward(title: string, affine: number, groups = 2): OpCase {
  return {
    op: 'groupNorm',
    title,
    inputs: (n) => [{ shape: [samples, 3, 3, 2 * n] }, ...Array.from({ length: affine }, () => ({ shape: [2 * n] }))],
    run: (inputs, { n }) => [...applyAll(groupNormOp, inputs, { epsilon, groups: groups === 2 ? 2 : 2 * n })],
    reference: ([x, scale, shift], { n: size }) => {
      const own = groups === 2 ? 2 : 2 * size;
      const { m, placeOf, sumOf, perGroup } = walk(x!, own);
      const mean = perGroup((n, g) => sumOf(n, g, (i) => x!.data[i]!) / m);
      const factor = perGroup(
        (n, g) => 1 / Math.sqrt(sumOf(n, g, (i) => (x!.data[i]! - mean.data[n * own + g]!) ** 2) / m + epsilon),
      );
      const data = x!.data.map((value, i) => {
        const { n, c, g } = placeOf(i);
        const hat = (value - mean.data[n * own + g]!) * factor.data[n * own + g]!;
        return hat * (scale?.data[c] ?? 1) + (shift?.data[c] ?? 0);
      });
      return [{ shape: x!.shape, data }, factor, mean];
    },
    sizes,
    large: 2000,
    tolerance,
  };
}

function backward(title: string, affine: number): OpCase {
  const groups = 2;
  return {
    op: 'groupNormGradient',
    title,
    inputs: (n): Input[] => [
      { shape: [samples, 3, 3, 2 * n] },
      { shape: [samples, 3, 3, 2 * n] },
      { shape: [samples, groups], low: 0.5 },
      { shape: [samples, groups] },
      ...(affine > 0 ? [{ shape: [2 * n] }] : []),
    ],
    run: (inputs) => [...applyAll(groupNormGradientOp, inputs, { epsilon, groups, shifted: affine > 1 })],
    reference: ([x, dy, factor, mean, scale]) => {
      const { m, placeOf, sumOf, perGroup, perChannel } = walk(x!, groups);
      const hat = (i: number) => {
        const { n, g } = placeOf(i);
        return (x!.data[i]! - mean!.data[n * groups + g]!) * factor!.data[n * groups + g]!;
      };
      const slope = (i: number) => dy!.data[i]! * (scale?.data[placeOf(i).c] ?? 1);
      const tilt = perGroup((n, g) => sumOf(n, g, (i) => slope(i) * hat(i)) / m);
      const level = perGroup((n, g) => sumOf(n, g, slope) / m);
      const data = x!.data.map((_, i) => {
        const { n, g } = placeOf(i);
        const at = n * groups + g;
        return factor!.data[at]! * (slope(i) - level.data[at]! - hat(i) * tilt.data[at]!);
      });
      const gradients = [{ shape: x!.shape, data }, perChannel((i) => dy!.data[i]! * hat(i)), perChannel((i) => dy!.data[i]!)];
      return gradients.slice(0, 1 + affine);
    },
    sizes,
    large: 2000,
    tolerance,
  };
}

const shiftOnly: OpCase = {
  ...forward('only shifted', 1),
  run: ([x, shift]) => ops.groupNorm(x!, 2, epsilon, { shift }),
  reference: ([x, shift], situation) => {
    const [y] = [forward('', 0).reference([x!], situation)].flat();
    return { shape: y!.shape, data: y!.data.map((value, i) => value + shift!.data[i % shift!.data.length]!) };
  },
};

export const groupNormCases: readonly OpCase[] = [
  forward('plain', 0),
  forward('scaled', 1),
  forward('scaled and shifted', 2),
  forward('a group a channel', 2, 0),
  backward('plain', 0),
  backward('scaled', 1),
  backward('scaled and shifted', 2),
  shiftOnly,
];
