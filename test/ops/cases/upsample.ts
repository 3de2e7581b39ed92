import type { Tensor } from '../../../lib/ir/tensor.js';
import * as ops from '../../../lib/ops/index.js';
import { grad } from '../../../lib/runtime/index.js';
import type { OpCase } from '../harness.js';
import { build, get, type Values } from '../values.js';

interface Resize {
  readonly title: string;
  readonly lengths: readonly number[];
  readonly scale: number | readonly [number, number];
  readonly options?: ops.UpsampleOptions;
}

/** [index, weight] of what an output along one axis mixes. */
function mixed(length: number, scale: number, { mode, alignCorners }: ops.UpsampleOptions, o: number): [number, number][] {
  const outputs = Math.floor(length * scale);
  if (mode !== 'bilinear') return [[Math.min(Math.floor(o / scale), length - 1), 1]];
  const aligned = outputs > 1 ? (o * (length - 1)) / (outputs - 1) : 0;
  const at = alignCorners ? aligned : Math.max((o + 0.5) / scale - 0.5, 0);
  const first = Math.min(Math.floor(at), length - 1);
  if (first === length - 1) return [[first, 1]];
  return [
    [first, 1 - (at - first)],
    [first + 1, at - first],
  ];
}

/** One axis after the other. */
function resized(x: Values, { lengths, scale, options = {} }: Resize, forward: boolean): Values {
  return lengths.reduce((image, length, i) => {
    const factor = typeof scale === 'number' ? scale : scale[i]!;
    const [axis, outputs] = [i + 1, Math.floor(length * factor)];
    const weights = Array.from({ length: outputs }, (_, o) => mixed(length, factor, options, o));
    const shape = image.shape.with(axis, forward ? outputs : length);
    return build(shape, (index) => {
      if (forward)
        return weights[index[axis]!]!.reduce((sum, [at, weight]) => sum + weight * get(image, index.with(axis, at)), 0);
      return weights.reduce((sum, mix, o) => {
        const weight = mix.filter(([at]) => at === index[axis]).reduce((total, [, share]) => total + share, 0);
        return weight === 0 ? sum : sum + weight * get(image, index.with(axis, o));
      }, 0);
    });
  }, x);
}

const resizes: readonly Resize[] = [
  { title: 'nearest', lengths: [3, 4], scale: [2, 3] },
  { title: 'nearest, one axis, by no whole number', lengths: [5], scale: 1.5 },
  { title: 'bilinear', lengths: [3, 4], scale: [3, 2], options: { mode: 'bilinear' } },
  { title: 'bilinear, smaller', lengths: [6, 5], scale: 0.5, options: { mode: 'bilinear' } },
  { title: 'bilinear, aligned', lengths: [3, 4], scale: [3, 2], options: { mode: 'bilinear', alignCorners: true } },
  { title: 'bilinear, aligned, one axis of one', lengths: [1], scale: 3, options: { mode: 'bilinear', alignCorners: true } },
];

const slopeOf = (run: (x: Tensor) => Tensor, x: Tensor, dy: Tensor): Tensor =>
  grad((given: Tensor) => ops.sum(ops.mul(run(given), dy)))(x);

export const upsampleCases: readonly OpCase[] = resizes.flatMap((one): OpCase[] => {
  const { title, lengths, scale, options } = one;
  const outputs = lengths.map((length, i) => Math.floor(length * (typeof scale === 'number' ? scale : scale[i]!)));
  const shared = { title, sizes: [0, 1, 7, 8, 9, 33], large: 1000, tolerance: { absolute: 16 } };
  return [
    {
      ...shared,
      op: 'resize',
      inputs: (n) => [{ shape: [2, ...lengths, n] }],
      run: ([x]) => ops.upsample(x!, scale, options),
      reference: ([x]) => resized(x!, one, true),
    },
    {
      ...shared,
      op: 'resizeGradient',
      inputs: (n) => [{ shape: [2, ...lengths, n] }, { shape: [2, ...outputs, n] }],
      run: ([x, dy]) => slopeOf((given) => ops.upsample(given, scale, options), x!, dy!),
      reference: ([, dy]) => resized(dy!, one, false),
    },
  ];
});
