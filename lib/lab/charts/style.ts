import type { EChartsOption } from 'echarts';
import { formatTick, type Scale } from './scale.js';

/** Paul Tol's bright and muted colours: told apart with any eyes, and on white. */
export const colors = [
  '#4477aa',
  '#ee6677',
  '#228833',
  '#b8860b',
  '#aa3377',
  '#1aa6b7',
  '#222222',
  '#e07b39',
  '#6a3d9a',
  '#7a9a01',
  '#8c564b',
  '#d6489c',
  '#5f7d95',
  '#a6761d',
];

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
    right: legend.length > 0 ? 56 + textWidth(legend) : 28,
    top: options.title === undefined ? 20 : 52,
    bottom: 58,
  };
}

/** Of 12-pixel letters, generously. */
export function textWidth(texts: readonly string[]): number {
  return 7 * Math.max(0, ...texts.map((text) => text.length));
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
    itemWidth: 18,
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

/** One axis over names; numbers read as ticks do. */
export function categories(names: readonly (string | number)[], side: 'x' | 'y', name: string | undefined) {
  return {
    type: 'category' as const,
    data: names.map((entry) => (typeof entry === 'number' ? formatTick(Number(entry.toPrecision(3))) : entry)),
    ...naming(name, side),
    axisLabel: { fontSize: 12, color: ink, hideOverlap: true },
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
