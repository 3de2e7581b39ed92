import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { expectShape, isArray } from '../ops/check.js';
import { pad } from '../ops/pad.js';
import { nonNegativeInteger } from '../options.js';
import { Module } from './module.js';
import type { KeepsChannelsRule, shapeRule } from './shape-rule.js';

/** Zeros before and after an axis. */
export type Margin = readonly [number, number];

/** Zeros around the axes between samples and channels. */
export class ZeroPad extends Module {
  declare readonly [shapeRule]: KeepsChannelsRule;

  constructor(
    readonly name: string,
    readonly margins: readonly Margin[],
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    const expected = this.margins.length === 1 ? '[samples, length, channels]' : '[samples, height, width, channels]';
    expectShape(x.rank === this.margins.length + 2, this.name, `x to be ${expected}`, [x]);
    return pad(x, [[0, 0], ...this.margins, [0, 0]]);
  }

  override toString(): string {
    return `${this.name}(${JSON.stringify(this.margins.length === 1 ? this.margins[0] : this.margins)})`;
  }
}

function marginOf(where: string, value: unknown): Margin {
  if (!isArray(value) || value.length !== 2)
    throw new RavineError('option', where, `expected a number or pairs [before, after], got ${describe(value)}`);
  return [nonNegativeInteger(where, 'before', value[0]), nonNegativeInteger(where, 'after', value[1])];
}

/** Zeros before and after the length: a number, or [before, after]. [samples, length, channels]. */
export function zeroPad1d(padding: number | Margin): ZeroPad {
  const where = 'zeroPad1d';
  if (isArray(padding)) return new ZeroPad(where, [marginOf(where, padding)]);
  const width = nonNegativeInteger(where, 'padding', padding);
  return new ZeroPad(where, [[width, width]]);
}

/** Zeros around images: a number, or [[top, bottom], [left, right]]. [samples, height, width, channels]. */
export function zeroPad2d(padding: number | readonly [Margin, Margin]): ZeroPad {
  const where = 'zeroPad2d';
  if (isArray(padding)) {
    const [rows, columns, ...more] = padding as readonly unknown[];
    if (more.length > 0) throw new RavineError('option', where, `expected two pairs, got ${padding.length}`);
    return new ZeroPad(where, [marginOf(where, rows), marginOf(where, columns)]);
  }
  const width = nonNegativeInteger(where, 'padding', padding);
  return new ZeroPad(where, [
    [width, width],
    [width, width],
  ]);
}
