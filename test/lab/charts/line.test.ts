import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { lineChart, saveChart } from '../../../lib/lab/index.js';
import { temporaryFolder } from '../../io/folder.js';
import { strokes, texts } from './svg.js';

const wrong = (value: unknown) => value as never;
const blue = '#0064b4';

/** Coordinates are written to 0.1 pixels. */
function expectEqualSteps([a, b, c]: readonly (readonly [number, number])[], axis: 0 | 1): void {
  expect(Math.abs(a![axis] - 2 * b![axis] + c![axis])).toBeLessThan(0.21);
}

describe('lineChart', () => {
  it('draws each line at its values', async () => {
    const svg = await lineChart({
      title: 'Loss',
      x: { name: 'epoch' },
      lines: { train: [4, 2, 0], test: { x: [0, 2], y: [3, 1] } },
    });
    expect(texts(svg)).toEqual(expect.arrayContaining(['Loss', 'epoch', 'train', 'test', '0', '1', '2', '3', '4']));
    const [[first, second, third] = []] = strokes(svg, blue).filter((line) => line.length === 3);
    expectEqualSteps([first!, second!, third!], 0);
    expectEqualSteps([first!, second!, third!], 1);
    expect(third![1]).toBeGreaterThan(first![1]);
  });

  it('powers are straight on a logarithmic axis, and lie under its ticks', async () => {
    const svg = await lineChart({ y: { scale: 'log' }, lines: { power: [1, 0.1, 0.01, 0.001] } });
    const [[a, b, c, d] = []] = strokes(svg, blue).filter((line) => line.length === 4);
    expectEqualSteps([a!, b!, c!], 1);
    expectEqualSteps([b!, c!, d!], 1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['1', '10⁻¹', '10⁻²', '10⁻³']));
  });

  it('leaves a gap where there is no place on the axis', async () => {
    const lengths = async (scale: 'linear' | 'log', values: number[]) =>
      strokes(await lineChart({ y: { scale }, lines: { a: values }, points: false }), blue).map((line) => line.length);
    expect(await lengths('linear', [1, 2, NaN, 3, 4, Infinity])).toEqual([2, 2]);
    expect(await lengths('linear', [1, 2, 0, 3, 4])).toEqual([5]);
    expect(await lengths('log', [1, 2, 0, 3, 4, -1])).toEqual([2, 2]);
  });

  it('draws what is constant, a single point, and nothing at all', async () => {
    expect(texts(await lineChart({ lines: { a: [5, 5, 5] } }))).toContain('5');
    expect(await lineChart({ lines: { a: [7] } })).toMatch(/^<svg/);
    expect(await lineChart({ lines: { a: [] }, y: { scale: 'log' } })).toMatch(/^<svg/);
  });

  it('keeps to the ends of an axis that are given', async () => {
    const svg = await lineChart({ lines: { a: [0, 1, 2] }, y: { min: -10, max: 10 } });
    expect(texts(svg)).toEqual(expect.arrayContaining(['−10', '−5', '5', '10']));
  });

  it('is the same bytes each time, with names of its own in a page of several', async () => {
    const [a, again, b] = [
      await lineChart({ lines: { a: [1, 2] } }),
      await lineChart({ lines: { a: [1, 2] } }),
      await lineChart({ lines: { b: [1, 3] }, title: 'b' }),
    ];
    const names = (svg: string) => [...svg.matchAll(/id="([^"]*)"/g)].map(([, id]) => id);
    expect(again).toBe(a);
    expect(names(a).length).toBeGreaterThan(0);
    expect(names(b)).not.toEqual(names(a));
  });

  it('writes labels as they are', async () => {
    expect(await lineChart({ title: 'a < b & "c"', lines: { a: [1] } })).toContain('a &lt; b &amp; &quot;c&quot;');
  });

  it('says what it expected', async () => {
    const lines = { a: [1] };
    const says = async (options: object, message: string) => expect(lineChart(wrong(options))).rejects.toThrow(message);
    await says({ lines, titel: '' }, "[lab.lineChart] unknown option 'titel'\nhelp: did you mean 'title'?");
    await says({ lines: {} }, 'expected lines by label, got a Object\nhelp: lines: { label: … }');
    await says({ lines: { a: 1 } }, "expected lines['a'] to be an array of numbers, got 1");
    await says({ lines: { a: [1, '2'] } }, `expected lines['a'] to be an array of numbers, got "2" in it`);
    await says({ lines: { a: { x: [1, 2], y: [1] } } }, "expected lines['a'].x to have 1 numbers, got 2");
    await says({ lines, title: 1 }, 'expected title to be a text, got 1');
    await says({ lines, width: 20 }, 'expected width to be a finite number ≥ 200, got 20');
    await says({ lines, y: { scale: 'logs' } }, `expected y.scale to be 'linear' or 'log', got "logs"`);
    await says({ lines, y: { scale: 'log', min: 0 } }, 'expected y.min to be a finite number ≥ 5e-324, got 0');
    await says({ lines, x: { min: 2, max: 1 } }, 'expected x.min < x.max, got 2 and 1');
  });
});

describe('saveChart', () => {
  const folder = temporaryFolder();

  it('writes a chart whole', async () => {
    const svg = await lineChart({ lines: { 'α, β': [1, 2] } });
    await saveChart(folder.path('a.svg'), svg);
    expect(await readFile(folder.path('a.svg'), 'utf8')).toBe(svg);
  });

  it('says what it expected', async () => {
    await expect(saveChart('', '<svg/>')).rejects.toThrow('[lab.saveChart] expected a path, got ""');
    await expect(saveChart('a.svg', wrong(lineChart({ lines: { a: [1] } })))).rejects.toThrow(
      'expected an SVG or a page, got a Promise\nhelp: charts are promises: await lab.lineChart(…)',
    );
    await expect(saveChart(folder.path('none/a.svg'), '<svg/>')).rejects.toThrow('[lab.saveChart] cannot write');
  });
});
