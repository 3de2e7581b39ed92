import { describe, expect, it } from 'vitest';
import { barChart, lineChart } from '../../../lib/lab/index.js';
import { colors, standOf, strokeOf } from '../../../lib/lab/charts/style.js';
import { texts } from './svg.js';

type Triple = readonly [number, number, number];

/** What eyes without one kind of cone see, of linear red, green and blue (Machado, Oliveira & Fernandes 2009, severity 1). */
const eyes: Readonly<Record<string, readonly Triple[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'without red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'without green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'without blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const product = ([first, second, third]: readonly Triple[], v: Triple): Triple => [
  dot(first!, v),
  dot(second!, v),
  dot(third!, v),
];
const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const shown = ([r, g, b]: Triple): Triple => [clip(r), clip(g), clip(b)];
const clip = (value: number) => Math.min(1, Math.max(0, value));

function linear(color: string): Triple {
  const part = (at: number) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

/** CIELAB under D65. */
function lab(rgb: Triple): Triple {
  const toXyz: readonly Triple[] = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
  ];
  const [x, y, z] = product(toXyz, rgb);
  const root = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const [fx, fy, fz] = [root(x / 0.95047), root(y), root(z / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

describe('colours', () => {
  it.each(Object.keys(eyes))('any two are told apart by eyes %s', (name) => {
    const seen = colors.map((color) => lab(shown(product(eyes[name]!, linear(color)))));
    const distances = seen.flatMap((a, i) => seen.slice(0, i).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])));
    expect(Math.min(...distances)).toBeGreaterThan(17);
  });

  it('stand out from white', () => {
    const contrasts = colors.map(linear).map(([r, g, b]) => 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05));
    expect(Math.min(...contrasts)).toBeGreaterThan(2.2);
  });

  it('21 lines differ in colour or pattern, neighbours in both', async () => {
    const strokes = Array.from({ length: 21 }, (_, i) => strokeOf(i));
    expect(new Set(strokes.map(({ color, dashes }) => `${color} ${dashes.join()}`)).size).toBe(21);
    strokes.slice(1).forEach((stroke, i) => {
      expect(stroke.color).not.toBe(strokes[i]!.color);
      expect(stroke.rank).not.toBe(strokes[i]!.rank);
    });
    // Gaps lie over what is solid, whatever the order.
    const svg = await lineChart({
      lines: Object.fromEntries(strokes.slice(0, 4).map((_, i) => [`line ${i}`, [1, 2, 3]])),
      points: false,
    });
    const order = [...svg.matchAll(/stroke="(#\w+)"[^>]*stroke-width="1.8"[^>]*>/g)].map(([all, color]) => [
      color,
      all.includes('dasharray'),
    ]);
    const last = (dashed: boolean) => order.findLastIndex(([, isDashed]) => isDashed === dashed);
    expect(order.some(([, isDashed]) => isDashed)).toBe(true);
    expect(last(true)).toBeGreaterThan(last(false));
  });
});

describe('names under an axis', () => {
  const names = Array.from({ length: 14 }, (_, i) => `optimiser ${i}`);

  it('stand level, tilted, or not all', () => {
    expect(standOf(names, 100)).toEqual({ rotate: 0, all: true, depth: 0 });
    expect(standOf(names, 40)).toMatchObject({ rotate: 40, all: true });
    expect(standOf(names, 10)).toEqual({ rotate: 0, all: false, depth: 0 });
  });

  it.each([1600, 720])('all are written at %i pixels', async (width) => {
    const svg = await barChart({ categories: names, bars: { a: names.map((_, i) => i + 1) }, width });
    expect(texts(svg)).toEqual(expect.arrayContaining(names));
  });
});
