import type { AxisOptions } from './options.js';

/** From values to places on an axis: the values themselves, or their logarithms to base 10. */
export interface Scale {
  /** Ends of the axis and its ticks, as places. */
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** null for what has no place: NaN, infinities, on a logarithmic scale what is not positive. */
  place(value: number): number | null;
  /** What a tick reads. */
  label(place: number): string;
}

/** Over all values that have a place; `padding` is a share of their range on either side. Without any, 0 to 1 (logarithmic: 1 to 10). */
export function scaleFor(axis: AxisOptions, values: Iterable<number>, padding: number): Scale {
  const isLog = axis.scale === 'log';
  const place = (value: number): number | null => {
    if (!Number.isFinite(value) || (isLog && value <= 0)) return null;
    return isLog ? Math.log10(value) : value;
  };
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    const at = place(value);
    if (at !== null) [low, high] = [Math.min(low, at), Math.max(high, at)];
  }
  if (low > high) [low, high] = [0, 1];
  const [min, max] = widened(low, high, padding, isLog);
  const from = axis.min === undefined ? min : (place(axis.min) ?? min);
  const end = axis.max === undefined ? max : (place(axis.max) ?? max);
  const to = from < end ? end : from + 1;
  const ticks = isLog ? logTicks(from, to) : linearTicks(from, to);
  return { min: from, max: to, ticks, place, label: isLog ? formatPower : formatTick };
}

/** A single value stands in the middle; padding does not pass 0. */
function widened(low: number, high: number, padding: number, isLog: boolean): [number, number] {
  if (low === high) {
    const half = isLog ? 0.5 : Math.abs(low) / 2 || 0.5;
    return [low - half, high + half];
  }
  const pad = padding * (high - low);
  const crosses = !isLog && low >= 0 && low - pad < 0;
  return [crosses ? 0 : low - pad, high + pad];
}

/** Multiples of 1, 2 or 5 times a power of ten, about six of them. */
export function linearTicks(min: number, max: number): number[] {
  const rough = (max - min) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  // Multiplied, not added up: ticks are 0.3, not 0.30000000000000004, once they are printed.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** Powers of ten; over less than two of them 2 and 5 times these as well, over less than 0.7 linear ticks. */
function logTicks(min: number, max: number): number[] {
  const range = max - min;
  if (range < 0.7) return linearTicks(10 ** min, 10 ** max).flatMap((value) => (value > 0 ? [Math.log10(value)] : []));
  const factors = range < 2 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(range / 8));
  const first = Math.floor(min / stride) * stride;
  const decades = Array.from({ length: Math.ceil((max - first) / stride) + 1 }, (_, i) => first + i * stride);
  return decades
    .flatMap((decade) => factors.map((factor) => decade + Math.log10(factor)))
    .filter((tick) => tick >= min - 1e-9 && tick <= max + 1e-9);
}

/** 0.25, 1500, 2·10⁻⁷ */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size < Number.MIN_VALUE) return '0';
  if (size >= 1e-3 && size < 1e6) return String(Number(value.toPrecision(6))).replace('-', '−');
  const [digits = '', exponent = ''] = value.toExponential(2).split('e');
  const short = String(Number(digits)).replace('-', '−');
  const power = `10${superscript(Number(exponent))}`;
  return short === '1' ? power : `${short}·${power}`;
}

/** 10⁻³, 0.2, 1, 10, 10⁴ at log10 of these. */
function formatPower(place: number): string {
  const exponent = Math.round(place);
  if (Math.abs(place - exponent) > 1e-9) return formatTick(Number((10 ** place).toPrecision(6)));
  return exponent === 0 ? '1' : exponent === 1 ? '10' : `10${superscript(exponent)}`;
}

function superscript(integer: number): string {
  return [...String(integer)].map((digit) => (digit === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? ''))).join('');
}
