import { describe, expect, it } from 'vitest';
import { barChart, heatMap, momentumDynamics, phasePortrait } from '../../../lib/lab/index.js';
import { strokes, texts } from './svg.js';

const wrong = (value: unknown) => value as never;

/** Heights of the rectangles in this colour that fill a path M x y l 0 h … or are drawn by corners. */
function heights(svg: string, color: string): number[] {
  return [...svg.matchAll(/<path d="([^"]*)"([^>]*)>/g)]
    .filter(([, , style = '']) => style.includes(`fill="${color}"`))
    .map(([, d = '']) => Math.max(...[...d.matchAll(/l0 (-?[\d.]+)/g)].map(([, length]) => Math.abs(Number(length)))));
}

describe('barChart', () => {
  it('bars are as high as their values, from 0', async () => {
    const svg = await barChart({ categories: ['a', 'b', 'c'], bars: { x: [1, 2, NaN] }, y: { name: 'steps' } });
    const [one = NaN, two = NaN, ...others] = heights(svg, '#0064b4').filter(Number.isFinite);
    expect(two / one).toBeCloseTo(2, 1);
    expect(others).toEqual([]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['a', 'b', 'c', 'steps', '0']));
  });

  it('equal factors are equal steps on a logarithmic axis', async () => {
    const svg = await barChart({ categories: [1, 2, 3], bars: { x: [0.01, 0.1, 1] }, y: { scale: 'log' } });
    const [a = NaN, b = NaN, c = NaN] = heights(svg, '#0064b4').filter(Number.isFinite);
    expect(Math.abs(a - 2 * b + c)).toBeLessThan(0.21);
    expect(b).toBeGreaterThan(a);
    expect(texts(svg)).toEqual(expect.arrayContaining(['10⁻²', '10⁻¹']));
  });

  it('says what it expected', async () => {
    const says = async (options: object, message: string) => expect(barChart(wrong(options))).rejects.toThrow(message);
    await says(
      { categories: [], bars: { x: [] } },
      '[lab.barChart] expected categories to be texts or numbers, got an array of 0',
    );
    await says({ categories: ['a'], bars: { x: [1, 2] } }, "expected bars['x'] to have 1 numbers, got 2");
  });
});

describe('heatMap', () => {
  it('colours run from the least value to the greatest, the first row is the lowest', async () => {
    const svg = await heatMap({
      title: 'Grid',
      columns: [0.1, 0.2],
      rows: ['low', 'high'],
      values: [1, 10, 100, NaN],
      value: { name: 'norm', scale: 'log' },
    });
    const fills = [...svg.matchAll(/<path d="([^"]*)"[^>]*fill="([^"]*)"/g)].map(([, d = '', fill = '']) => ({ d, fill }));
    const place = (color: string) => Number(/M[\d.]+ ([\d.]+)/.exec(fills.findLast(({ fill }) => fill === color)?.d ?? '')?.[1]);
    const [least, greatest] = ['rgb(68,1,84)', 'rgb(253,231,37)'].map((color) => place(color));
    expect(greatest).toBeLessThan(least!);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Grid', '0.1', '0.2', 'low', 'high', 'norm', '1', '10', '10²']));
  });

  it('says what it expected', async () => {
    await expect(heatMap({ columns: [1], rows: [1, 2], values: [1] })).rejects.toThrow(
      '[lab.heatMap] expected values to have 2 numbers, got 1',
    );
  });
});

describe('phasePortrait', () => {
  it('draws a dot a step, ends what leaves, and real eigenvectors', async () => {
    const lines = async (alpha: number, beta: number, steps: number) => {
      const svg = await phasePortrait({ dynamics: momentumDynamics(alpha, beta, 1), starts: [[0, 1]], steps });
      return {
        svg,
        trajectory: strokes(svg, '#0064b4').find((line) => line.length > 2),
        eigenvectors: strokes(svg, '#777').filter((line) => line.length === 2),
      };
    };
    const ripples = await lines(0.1, 0.81, 30);
    expect(ripples.trajectory).toHaveLength(31);
    expect(ripples.eigenvectors).toHaveLength(0);
    expect(texts(ripples.svg)).toContain('ripples: αλ = 0.1, β = 0.81, rate 0.9');
    expect((await lines(0.1, 0.25, 30)).eigenvectors).toHaveLength(2);
    const divergent = await lines(2.6, 0.25, 200);
    expect(divergent.trajectory!.length).toBeLessThan(20);
  });

  it('says what it expected', async () => {
    await expect(phasePortrait({ dynamics: wrong(1) })).rejects.toThrow(
      '[lab.phasePortrait] expected dynamics, got 1\nhelp: dynamics: lab.momentumDynamics(α, β, λ)',
    );
  });
});
