import { RavineError, describe } from '../errors.js';
import { boolean, nonNegativeInteger, positiveInteger } from '../options.js';
import { isArray } from './check.js';

/** One axis of pooling: output o looks at the elements o·stride − pad + k·dilation, k < kernel; with stride 0 at its adaptive bin. */
export interface PoolAxis {
  readonly length: number;
  readonly outputs: number;
  /** Elements of the largest window. */
  readonly kernel: number;
  readonly stride: number;
  /** Padding before the axis; what is needed after it follows from `outputs`. */
  readonly pad: number;
  readonly dilation: number;
}

/** A number for every axis, or one for each. */
export type PerAxis<Rank extends 1 | 2 = 1 | 2> = number | (Rank extends 1 ? readonly [number] : readonly [number, number]);

/** Zeros around an axis, or none (`'valid'`), or as many as give ⌈length/stride⌉ outputs (`'same'`). */
export type PoolPadding<Rank extends 1 | 2 = 1 | 2> = PerAxis<Rank> | 'same' | 'valid';

export interface WindowOptions {
  readonly size: PerAxis;
  readonly stride: PerAxis | undefined;
  readonly padding: PoolPadding | undefined;
  readonly dilation: PerAxis | undefined;
  /** Whether a last window may begin inside of the axis or the padding before it and end beyond the padding after it. Default false. */
  readonly ceilMode?: boolean | undefined;
}

type Check = (where: string, name: string, value: unknown) => number;

/** A number or a list as numbers by axis. */
export function perAxis(where: string, name: string, value: unknown, axes: number, check: Check = positiveInteger): number[] {
  if (!isArray(value)) return new Array<number>(axes).fill(check(where, name, value));
  if (value.length !== axes)
    throw new RavineError('option', where, `expected ${name} to be a number or ${axes} of them, got ${describe(value)}`);
  return value.map((item, axis) => check(where, `${name}[${axis}]`, item));
}

/** Checks options before any shape is known. */
export function checkWindow(where: string, axes: number, options: WindowOptions): void {
  windowAxes(where, new Array<number>(axes).fill(Number.MAX_SAFE_INTEGER), options);
}

/** The windows over axes of these lengths. */
export function windowAxes(where: string, lengths: readonly number[], options: WindowOptions): PoolAxis[] {
  const { size, stride = size, padding = 'valid', dilation = 1 } = options;
  const ceilMode = boolean(where, 'ceilMode', options.ceilMode ?? false);
  if (ceilMode && padding === 'same')
    throw new RavineError(
      'option',
      where,
      "expected ceilMode with padding in numbers, got 'same', which decides the windows itself",
    );
  const axes = lengths.length;
  const sizes = perAxis(where, 'size', size, axes);
  const strides = perAxis(where, 'stride', stride, axes);
  const dilations = perAxis(where, 'dilation', dilation, axes);
  const pads = padding === 'same' || padding === 'valid' ? undefined : checkPads(where, padding, sizes);
  return lengths.map((length, axis) => {
    const [kernel = 1, step = 1, spread = 1] = [sizes[axis], strides[axis], dilations[axis]];
    const reach = (kernel - 1) * spread + 1;
    if (padding === 'same') {
      const outputs = Math.ceil(length / step);
      const total = Math.max((outputs - 1) * step + reach - length, 0);
      return withElements(where, { length, outputs, kernel, stride: step, pad: Math.floor(total / 2), dilation: spread });
    }
    const pad = pads?.[axis] ?? 0;
    const room = length + 2 * pad - reach;
    const whole = Math.floor(room / step) + 1;
    const outputs = ceilMode && room % step !== 0 && whole * step < length + pad ? whole + 1 : whole;
    if (outputs < 1)
      throw new RavineError(
        'shape',
        where,
        `expected an axis of at least ${reach - 2 * pad} elements for windows of ${reach}, got one of ${length}`,
      );
    return withElements(where, { length, outputs, kernel, stride: step, pad, dilation: spread });
  });
}

/** Refuses windows whose taps stand further apart than the axis is long, and step over it from padding to padding: they have no largest element. */
function withElements(where: string, axis: PoolAxis): PoolAxis {
  const { length, outputs, stride, pad, dilation } = axis;
  for (let o = 0; length > 0 && length < dilation && o < outputs; o++) {
    const start = o * stride - pad;
    if (start < 0 && start + Math.ceil(-start / dilation) * dilation >= length)
      throw new RavineError(
        'shape',
        where,
        `expected windows with elements, got a dilation of ${dilation} over an axis of ${length}`,
        {
          help: 'lower the dilation, or leave out the padding',
        },
      );
  }
  return axis;
}

/** Padding up to half of a window, as PyTorch has it: then without dilation no window lies in the padding alone. */
function checkPads(where: string, padding: unknown, sizes: readonly number[]): number[] {
  if (typeof padding === 'string')
    throw new RavineError('option', where, `expected padding to be 'same', 'valid' or numbers, got ${describe(padding)}`);
  const pads = perAxis(where, 'padding', padding, sizes.length, nonNegativeInteger);
  pads.forEach((pad, axis) => {
    const size = sizes[axis] ?? 1;
    if (2 * pad > size) throw new RavineError('option', where, `expected padding of at most half the window ${size}, got ${pad}`);
  });
  return pads;
}

/** PyTorch's adaptive bins: output o takes the elements from ⌊o·length/outputs⌋ to ⌈(o + 1)·length/outputs⌉. */
export function adaptiveAxes(where: string, lengths: readonly number[], outputs: PerAxis): PoolAxis[] {
  return perAxis(where, 'outputs', outputs, lengths.length).map((count, axis) => {
    const length = lengths[axis] ?? 0;
    if (length === 0) throw new RavineError('shape', where, 'expected axes with elements, got one of 0');
    const bins = Array.from(
      { length: count },
      (_, o) => Math.ceil(((o + 1) * length) / count) - Math.floor((o * length) / count),
    );
    return { length, outputs: count, kernel: Math.max(...bins), stride: 0, pad: 0, dilation: 1 };
  });
}
