import { RavineError, describe } from '../errors.js';
import { nonNegativeInteger, positiveInteger } from '../options.js';
import { isArray } from './check.js';
import { perAxis, type PerAxis, type PoolAxis } from './pool-window.js';

/**
 * Zeros around an axis: none (`'valid'`), as many as give ⌈length/stride⌉ outputs (`'same'`), a number for every axis, or [before, after]
 * for each.
 */
export type ConvPadding<Rank extends 1 | 2 = 1 | 2> =
  | PerAxis<Rank>
  | 'same'
  | 'valid'
  | (Rank extends 1 ? readonly [readonly [number, number]] : readonly [readonly [number, number], readonly [number, number]]);

export interface ConvWindow {
  readonly stride: PerAxis | undefined;
  readonly padding: ConvPadding | undefined;
  readonly dilation: PerAxis | undefined;
}

/** What a kernel may look at in one direction, holes of its dilation included. */
const mostReach = 16_384;

/** Zeros before and after an axis; undefined for 'same'. */
function padsOf(where: string, padding: unknown, axes: number): (readonly [number, number])[] | undefined {
  if (padding === 'same') return undefined;
  if (padding === 'valid') return new Array<[number, number]>(axes).fill([0, 0]);
  if (typeof padding === 'string')
    throw new RavineError('option', where, `expected padding to be 'same', 'valid' or numbers, got ${describe(padding)}`);
  if (isArray(padding) && padding.some(isArray)) {
    if (padding.length !== axes || !padding.every((pair) => isArray(pair) && pair.length === 2))
      throw new RavineError(
        'option',
        where,
        `expected padding to be [before, after] for each of ${axes} axes, got ${describe(padding)}`,
      );
    return padding.map((pair, axis) => {
      const [before, after] = perAxis(where, `padding[${axis}]`, pair, 2, nonNegativeInteger);
      return [before ?? 0, after ?? 0];
    });
  }
  return perAxis(where, 'padding', padding, axes, nonNegativeInteger).map((pad) => [pad, pad]);
}

interface AxisOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pads: readonly [number, number] | undefined;
  readonly reach: number;
}

/** Checks options before any shape is known. */
export function convOptions(where: string, kernels: readonly number[], options: ConvWindow): AxisOptions[] {
  const { stride = 1, padding = 'valid', dilation = 1 } = options;
  const axes = kernels.length;
  const strides = perAxis(where, 'stride', stride, axes, positiveInteger);
  const dilations = perAxis(where, 'dilation', dilation, axes, positiveInteger);
  const pads = padsOf(where, padding, axes);
  return kernels.map((kernel, axis) => {
    const spread = dilations[axis] ?? 1;
    const reach = (kernel - 1) * spread + 1;
    if (reach > mostReach)
      throw new RavineError('option', where, `expected a kernel that reaches over at most ${mostReach} elements, got ${reach}`);
    return { kernel, stride: strides[axis] ?? 1, dilation: spread, pads: pads?.[axis], reach };
  });
}

/** How a kernel's windows lie over axes of these lengths. */
export function convAxes(where: string, lengths: readonly number[], kernels: readonly number[], options: ConvWindow): PoolAxis[] {
  return convOptions(where, kernels, options).map(({ kernel, stride, dilation, pads, reach }, axis) => {
    const length = lengths[axis] ?? 0;
    if (!pads) {
      const outputs = Math.ceil(length / stride);
      const total = Math.max((outputs - 1) * stride + reach - length, 0);
      return { length, outputs, kernel, stride, pad: Math.floor(total / 2), dilation };
    }
    const [before, after] = pads;
    const outputs = Math.floor((length + before + after - reach) / stride) + 1;
    if (outputs < 1)
      throw new RavineError(
        'shape',
        where,
        `expected an axis of at least ${Math.max(reach - before - after, 1)} elements for a kernel over ${reach}, got one of ${length}`,
      );
    return { length, outputs, kernel, stride, pad: before, dilation };
  });
}

/** The axes of the convolution that a transposed one is the gradient of: its outputs are that one's inputs. */
export function transposedAxes(
  where: string,
  lengths: readonly number[],
  kernels: readonly number[],
  options: ConvWindow & { readonly outputPadding: PerAxis | undefined },
): PoolAxis[] {
  const extra = perAxis(where, 'outputPadding', options.outputPadding ?? 0, kernels.length, nonNegativeInteger);
  return convOptions(where, kernels, options).map(({ kernel, stride, dilation, pads, reach }, axis) => {
    const outputs = lengths[axis] ?? 0;
    const more = extra[axis] ?? 0;
    if (more >= Math.max(stride, dilation))
      throw new RavineError('option', where, `expected outputPadding below stride or dilation, got ${more}`);
    if (!pads) {
      const length = outputs * stride;
      return {
        length,
        outputs,
        kernel,
        stride,
        pad: Math.floor(Math.max((outputs - 1) * stride + reach - length, 0) / 2),
        dilation,
      };
    }
    const length = (outputs - 1) * stride + reach + more - pads[0] - pads[1];
    if (length < 1) throw new RavineError('shape', where, `expected padding that leaves an output, got one of length ${length}`);
    return { length, outputs, kernel, stride, pad: pads[0], dilation };
  });
}
