import type { EChartsOption } from 'echarts';
import { formatTick, type Scale } from './scale.js';

/** After Okabe & Ito (2008): any two differ by ΔE 17 and more for colour-blind readers too, and by a contrast of 2.2 from white. More than seven would not. */
export const colors = ['#0064b4', '#d55e00', '#00936b', '#c56ba5', '#e0a000', '#222222', '#5cb8ec'];

/** Solid, dashed, dotted; in pixels. */
const patterns: readonly (readonly number[])[] = [[], [8, 3], [2, 3]];

export interface Stroke {
  readonly color: string;
  /** Empty: solid. */
  readonly dashes: readonly number[];
  /** Gaps are drawn last: what they cover shows through. */
  readonly rank: number;
}

/** Of the i-th of several lines: 21 of them differ in colour or pattern, and neighbours in both. */
export function strokeOf(i: number): Stroke {
  const rank = i % patterns.length;
  return { color: colorOf(i), dashes: patterns[rank] ?? [], rank };
}

export function colorOf(i: number): string {
  return colors[i % colors.length] ?? '#000';
}

/** A series' line, also in the legend. */
export function drawn({ color, dashes, rank }: Stroke, width: number, layer: number) {
  const type: 'solid' | number[] = dashes.length > 0 ? [...dashes] : 'solid';
  return { color, lineStyle: { width, color, type }, z: layer + rank / patterns.length };
}

/** Viridis, from low to high: even steps of lightness. */
export const heat = ['#440154', '#443983', '#31688e', '#21918c', '#35b779', '#90d743', '#fde725'];

const ink = '#333';
const faint = '#e4e6ea';
const font = 'sans-serif';

/** Pixels around the plot. */
export interface Margins {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What stands around the plot takes the same place in every chart: ticks of up to eight digits and a name at the left, a legend at the right. */
export function marginsFor(options: { readonly title?: string | undefined; readonly legend?: readonly string[] }): Margins {
  const legend = options.legend ?? [];
  return {
    left: 84,
    right: legend.length > 0 ? 66 + textWidth(legend) : 28,
    top: options.title === undefined ? 20 : 52,
    bottom: 58,
  };
}

/** Of 12-pixel letters, generously. */
export function textWidth(texts: readonly string[]): number {
  return 6.6 * Math.max(0, ...texts.map((text) => text.length));
}

/** Title, plot area, legend. */
export function frame(
  options: { readonly title?: string | undefined; readonly legend?: readonly string[] },
  margins: Margins,
): EChartsOption {
  const { title, legend = [] } = options;
  return {
    color: colors,
    backgroundColor: '#fff',
    textStyle: { fontFamily: font, color: ink },
    grid: { ...margins, outerBoundsMode: 'none' },
    ...(title === undefined
      ? {}
      : { title: { text: title, left: 20, top: 14, textStyle: { fontSize: 15, color: ink, fontFamily: font } } }),
    ...(legend.length === 0 ? {} : { legend: legendAt(legend, margins) }),
  };
}

function legendAt(data: readonly string[], margins: Margins) {
  return {
    data: [...data],
    orient: 'vertical' as const,
    right: 12,
    top: margins.top,
    itemWidth: 30,
    itemHeight: 8,
    itemGap: 7,
    selectedMode: false as const,
    textStyle: { fontSize: 12, color: ink, fontFamily: font },
  };
}

/** One axis over numbers, its name in the middle of its side. */
export function axis(scale: Scale, side: 'x' | 'y', name: string | undefined) {
  const customValues = [...scale.ticks];
  return {
    type: 'value' as const,
    min: scale.min,
    max: scale.max,
    ...naming(name, side),
    axisLabel: { fontSize: 12, color: ink, customValues, hideOverlap: true, formatter: (place: number) => scale.label(place) },
    axisLine: { show: true, onZero: false, lineStyle: { color: '#888' } },
    axisTick: { show: true, customValues, lineStyle: { color: '#888' } },
    splitLine: { show: true, lineStyle: { color: faint } },
  };
}

export function naming(name: string | undefined, side: 'x' | 'y') {
  return {
    name: name ?? '',
    nameLocation: 'middle' as const,
    nameGap: side === 'x' ? 32 : 54,
    nameTextStyle: { fontSize: 12, color: ink, fontFamily: font },
  };
}

/** How names stand along an axis below. */
export interface NameStand {
  /** Degrees. */
  readonly rotate: number;
  /** Whether each is written; else as many as do not overlap. */
  readonly all: boolean;
  /** Pixels that they take below more than a line of theirs does. */
  readonly depth: number;
}

/** All of the names: level where the widest finds room, tilted where their lines do; else some. `lines` of text has each. */
export function standOf(names: readonly string[], room: number, lines = 1): NameStand {
  const width = textWidth(names.flatMap((name) => name.split('\n')));
  if (width + 6 <= room) return { rotate: 0, all: true, depth: 0 };
  const height = 15 * lines;
  const rotate = 40;
  const sine = Math.sin((rotate * Math.PI) / 180);
  if (height > room * sine) return { rotate: 0, all: false, depth: 0 };
  return { rotate, all: true, depth: Math.max(0, width * sine - 6) };
}

/** What a number or a name reads on an axis. */
export function nameOf(entry: string | number): string {
  return typeof entry === 'number' ? formatTick(Number(entry.toPrecision(3))) : entry;
}

/** One axis over names; numbers read as ticks do. */
export function categories(names: readonly (string | number)[], side: 'x' | 'y', name: string | undefined, stand?: NameStand) {
  const placed = stand?.all ? { interval: 0, rotate: stand.rotate } : { hideOverlap: true };
  const { nameGap, ...title } = naming(name, side);
  return {
    type: 'category' as const,
    data: names.map(nameOf),
    ...title,
    nameGap: nameGap + (stand?.depth ?? 0),
    axisLabel: { fontSize: 12, color: ink, ...placed },
    axisLine: { show: true, onZero: false, lineStyle: { color: '#888' } },
    axisTick: { show: true, alignWithLabel: true, lineStyle: { color: '#888' } },
    splitLine: { show: false },
  };
}

/** Between two colours #rrggbb. */
export function mix(from: string, to: string, share: number): string {
  const part = (color: string, i: number): number => parseInt(color.slice(2 * i + 1, 2 * i + 3), 16);
  const hex = [0, 1, 2].map((i) => Math.round(part(from, i) + share * (part(to, i) - part(from, i))));
  return `#${hex.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** Of a share of the way from low to high. */
export function heatAt(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (heat.length - 1);
  const low = Math.min(Math.floor(place), heat.length - 2);
  return mix(heat[low] ?? '', heat[low + 1] ?? '', place - low);
}
