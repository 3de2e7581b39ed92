import { RavineError, describe } from '../errors.js';
import { isArray } from '../ops/check.js';
import { checkNames, numberIn } from '../options.js';

/** One number, or one for each channel. */
export type PerChannel = number | readonly number[];

/** The network sees (value/max − mean)/deviation. */
export interface Normalization {
  /** Of value/max, over the training data. */
  readonly mean: PerChannel;
  /** Above 0. */
  readonly deviation: PerChannel;
  /** Default 255 for bytes, 1 for floats. */
  readonly max?: number;
}

/** value · scale + shift for (value/max − mean)/deviation. */
export function scaleOf(where: string, value: Normalization, bytes: boolean): { scale: PerChannel; shift: PerChannel } {
  if (typeof value !== 'object' || value === null)
    throw new RavineError('option', where, `expected normalize to be { mean, deviation }, got ${describe(value)}`);
  checkNames(`${where} normalize`, value, ['mean', 'deviation', 'max']);
  const max = numberIn(where, 'normalize.max', value.max ?? (bytes ? 255 : 1), Number.MIN_VALUE);
  const mean = perChannel(where, 'normalize.mean', value.mean);
  const deviation = perChannel(where, 'normalize.deviation', value.deviation, Number.MIN_VALUE);
  return {
    scale: zip([deviation], ([own = 1]) => 1 / own / max),
    shift: zip([mean, deviation], ([average = 0, own = 1]) => -average / own),
  };
}

/** Checks a number, or a list of them. */
export function perChannel(where: string, name: string, value: unknown, low = -Number.MAX_VALUE): PerChannel {
  if (!isArray(value)) return numberIn(where, name, value, low);
  return value.map((item, channel) => numberIn(where, `${name}[${channel}]`, item, low));
}

function zip(lists: readonly PerChannel[], fn: (numbers: readonly number[]) => number): PerChannel {
  const long = lists.find((list): list is readonly number[] => typeof list !== 'number');
  if (long === undefined) return fn(lists as readonly number[]);
  return long.map((_, i) => fn(lists.map((list) => (typeof list === 'number' ? list : (list[i] ?? NaN)))));
}

/** As many numbers as channels. */
export function byChannel(value: PerChannel, channels: number): readonly number[] {
  return typeof value === 'number' ? new Array<number>(channels).fill(value) : value;
}
