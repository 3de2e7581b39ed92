import { describe, expect, it } from 'vitest';
import { tensor, type Tensor } from '../../../lib/index.js';
import { contourChart, sampleField } from '../../../lib/lab/index.js';
import { contourLines, evenLevels } from '../../../lib/lab/charts/contours.js';
import { strokes, texts } from './svg.js';

const wrong = (value: unknown) => value as never;
const bowl = (w: Tensor) => w.square().sum();
const saddle = (w: Tensor) =>
  w
    .square()
    .mul(tensor(Float64Array.of(1, -1)))
    .sum();
const square = [-2, 2] as const;

describe('sampleField', () => {
  it('holds values by rows, a row for each y', () => {
    const { x, y, values } = sampleField((w) => w.mul(tensor(Float64Array.of(1, 10))).sum(), { x: [0, 2], y: [5, 7], points: 3 });
    expect([...Array.from(x), ...Array.from(y)]).toEqual([0, 1, 2, 5, 6, 7]);
    expect(Array.from(values)).toEqual([50, 51, 52, 60, 61, 62, 70, 71, 72]);
  });

  it('says what it expected', () => {
    expect(() => sampleField(wrong(1), { x: square, y: square })).toThrow(
      '[lab.sampleField] expected a function of a tensor, got 1',
    );
    expect(() => sampleField(bowl, { x: [1, 1], y: square })).toThrow('expected x to be [from, to], got [1, 1]');
    expect(() => sampleField(bowl, { x: square, y: wrong(3) })).toThrow('expected y to be [from, to], got 3');
  });
});

describe('contourLines', () => {
  it('of a bowl are closed circles', () => {
    const lines = contourLines(sampleField(bowl, { x: square, y: square, points: 41 }), 1.21);
    expect(lines).toHaveLength(1);
    const [line = []] = lines;
    expect(line.at(-1)).toEqual(line[0]);
    // Linear interpolation over cells of 0.1 of a square: within h²/8 · 2 of the value.
    for (const [x, y] of line) expect(Math.abs(x * x + y * y - 1.21)).toBeLessThan(0.0026);
  });

  it('of a saddle are four open branches, on both sides of its level', () => {
    const field = sampleField(saddle, { x: square, y: square, points: 40 });
    for (const level of [-0.5, 0.5]) {
      const lines = contourLines(field, level);
      expect(lines).toHaveLength(2);
      for (const line of lines) {
        expect(line.at(-1)).not.toEqual(line[0]);
        for (const [x, y] of line) expect(Math.abs(x * x - y * y - level)).toBeLessThan(0.006);
      }
    }
  });

  it('a saddle within one cell is joined on the side of its middle', () => {
    const at = (level: number) => contourLines({ x: [0, 1], y: [0, 1], values: [1, 0, 0, 1] }, level);
    expect(at(0.4).map((line) => line.length)).toEqual([2, 2]);
    // The middle is 0.5: at 0.4 the corners (1, 0) and (0, 1) are cut off.
    for (const line of at(0.4)) expect(line.every(([x, y]) => Math.abs(x - y) > 0.5)).toBe(true);
    for (const line of at(0.6)) expect(line.every(([x, y]) => Math.abs(x + y - 1) > 0.5)).toBe(true);
  });

  it('leave out cells with what is not finite', () => {
    const values = [0, 1, NaN, 0, 1, 2, 0, 1, Infinity];
    const [line = []] = contourLines({ x: [0, 1, 2], y: [0, 1, 2], values }, 0.5);
    expect(line).toEqual([
      [0.5, 0],
      [0.5, 1],
      [0.5, 2],
    ]);
    expect(contourLines({ x: [0, 1, 2], y: [0, 1, 2], values }, 1.5)).toEqual([]);
  });

  it('levels part the picture evenly', () => {
    expect(evenLevels([4, 1, 3, 2, NaN], 4)).toEqual([1, 2, 3, 4]);
    expect(evenLevels([5, 5, 5], 3)).toEqual([5]);
  });
});

describe('contourChart', () => {
  const field = sampleField(bowl, { x: square, y: square, points: 21 });

  it('draws paths over lines, to the first point that is not finite', async () => {
    const svg = await contourChart({
      title: 'Bowl',
      field,
      levels: [1],
      paths: { sgd: [2, 2, 1, 1, 0, 0], wild: Float64Array.of(1, 0, 0, 1, NaN, 0, 1, 1) },
      points: { minimum: [0, 0] },
      x: { name: 'a' },
    });
    expect(texts(svg)).toEqual(expect.arrayContaining(['Bowl', 'a', 'sgd', 'wild', 'minimum']));
    expect(strokes(svg, '#0064b4').filter((line) => line.length === 3)).toHaveLength(1);
    expect(strokes(svg, '#d55e00').filter((line) => line.length === 2 && line[0]![1] !== line[1]![1])).toHaveLength(1);
    expect(strokes(svg, '#5b7794')[0]!.length).toBeGreaterThan(20);
  });

  it('says what it expected', async () => {
    const says = async (options: object, message: string) => expect(contourChart(wrong(options))).rejects.toThrow(message);
    await says(
      { field, paths: { a: [1, 2, 3] } },
      "[lab.contourChart] expected paths['a'] to be rows of two numbers, got 3 numbers",
    );
    await says({ field: { ...field, x: [1, 1] } }, 'expected field.x to be two or more numbers that ascend');
    await says({ field: { ...field, values: [1] } }, 'expected field.values to have 441 numbers, got 1');
    await says({ field, x: { scale: 'log' } }, 'expected linear axes under a field');
    await says({ field, points: { a: [1] } }, "expected points['a'] to have 2 numbers, got 1");
    await says({ field, levels: 0 }, 'expected levels to be a positive integer, got 0');
  });
});
