import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { apply } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { at, expectDType, expectShape } from './check.js';
import { wordsOf } from './random.js';

/** What is drawn anew for each image: where its window lies, and whether it is mirrored. */
export interface ImageDraw {
  /** Rows and columns around the image in which the window may lie as well. */
  readonly pad: readonly [number, number];
  /** Rows and columns by which the window is moved at most, up or down, left or right. */
  readonly move: readonly [number, number];
  /** Probability of mirroring left and right. */
  readonly flip: number;
  readonly stream: number;
}

export interface GatherImagesAttributes {
  readonly dtype: DType;
  /** Height and width of what comes out. */
  readonly size: readonly [number, number];
  /** One for each channel. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  /** What lies outside of an image, before scaling. */
  readonly fill: number;
  /** The middle window as it is, without. */
  readonly draw?: ImageDraw;
}

/**
 * x [n, height, width, channels], indices int32 [samples], random int32[6] with `draw` → [samples, ...size, channels], each element value·scale + shift of
 * its channel. What is drawn for a sample depends on the random words, the stream and its place in the step. Data: not differentiated.
 */
export const gatherImagesOp: Op<GatherImagesAttributes> = defineOp<GatherImagesAttributes>({
  name: 'gatherImages',
  infer: (inputs, { dtype, size, scale }) => {
    const [x, indices] = [at(inputs, 0), at(inputs, 1)];
    expectShape(
      x.shape.length === 4 && x.shape[3] === scale.length,
      'gatherImages',
      'x to be [n, height, width, channels]',
      inputs,
    );
    expectDType('gatherImages', 'indices', indices, 'int32');
    return [{ dtype, shape: [...indices.shape, ...size, scale.length] }];
  },
  gradient: () => {
    throw new RavineError('trace', 'gatherImages', 'data has no gradient: differentiate with respect to the batch');
  },
  implementation: {
    kind: 'kernel',
    lower: (inputs, _, { size, scale, shift, fill, draw }) => {
      const { pad, move, flip, stream } = draw ?? { pad: [0, 0], move: [0, 0], flip: 0, stream: 0 };
      const sizes = [at(inputs, 0).shape[0] ?? 0, at(inputs, 1).shape[0] ?? 0, ...at(inputs, 0).shape.slice(1), ...size];
      const attributes = [...sizes, ...pad, ...move, flip, fill, ...wordsOf(stream), ...scale, ...shift];
      return { kernel: 'gather_images', attributes };
    },
  },
});

/** Images by number, a window of each, scaled by channel. */
export function gatherImages(x: Tensor, indices: Tensor, random: Tensor | undefined, attributes: GatherImagesAttributes): Tensor {
  return apply(gatherImagesOp, random ? [x, indices, random] : [x, indices], attributes);
}
