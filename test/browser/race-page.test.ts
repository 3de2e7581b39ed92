import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optim, tensor, type Tensor } from '../../lib/index.js';
import { race, racePage, sampleField, saveChart } from '../../lib/lab/index.js';
import { temporaryFolder } from '../io/folder.js';
import { openBrowser } from './chromium.js';

const steps = 120;
const patience = { timeout: 60_000, interval: 20 };
const bowl = (w: Tensor) =>
  w
    .square()
    .mul(tensor(Float64Array.of(1, 0.1)))
    .sum();

describe('the page of a race', () => {
  const folder = temporaryFolder();
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let page: Page;
  const requests: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    const paths = race({
      functions: { bowl: { f: bowl, start: [-1.5, 1] } },
      optimizers: { sgd: optim.sgd({ learningRate: 0.1 }), 'a < b': optim.adam({ learningRate: 0.05 }) },
      steps,
    });
    const field = sampleField(bowl, { x: [-2, 2], y: [-1.5, 1.5], points: 41 });
    const panel = { field, paths: Object.fromEntries(paths.map(({ optimizer, path }) => [optimizer, path])) };
    const wild = { field, paths: { sgd: [-1, 0, 1e300, 0, NaN, 0] } };
    const html = await racePage({
      title: 'A race </script>',
      note: 'all rates',
      panels: { bowl: { ...panel, points: { minimum: [0, 0] } }, wild },
    });
    await saveChart(folder.path('race.html'), html);
    browser = await openBrowser();
    page = await browser.context.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(folder.path('race.html')).href);
  });
  afterAll(() => browser?.close());

  const lines = async (): Promise<number[][][]> => {
    const texts = await page.evaluate<string[]>(
      '[...document.querySelectorAll(".over polyline")].map((line) => line.getAttribute("points"))',
    );
    return texts.map((text) =>
      text
        .trim()
        .split(' ')
        .map((point) => point.split(',').map(Number)),
    );
  };
  const shown = () =>
    page.evaluate<number>(
      '[...document.querySelectorAll(".over polyline")].filter((line) => getComputedStyle(line).display !== "none").length',
    );
  const setStep = async (step: number) => page.locator('#step').fill(String(step));

  it('draws every path whole, over lines of equal value', async () => {
    const [sgd, adam, wild] = await lines();
    expect([sgd!.length, adam!.length, wild!.length]).toEqual([steps + 1, steps + 1, 2]);
    expect(await page.locator('#count').textContent()).toBe(`step ${steps}`);
    expect(await page.locator('figure > svg:not(.over) path').count()).toBeGreaterThan(10);
    const box = await page.locator('.over polyline').first().boundingBox();
    expect(box!.width).toBeGreaterThan(50);
    expect(await page.title()).toBe('A race </script>');
  });

  it('paths lie where the axes say', async () => {
    // The minimum's mark belongs to the picture below, sgd's end is on it to 1e-2.
    const [sgd] = await lines();
    const mark = await page.locator('figure').first().locator('svg:not(.over) path[fill="#222"]').boundingBox();
    const figure = await page.locator('figure').first().boundingBox();
    const [x, y] = sgd!.at(-1)!;
    expect(Math.abs(x! - (mark!.x + mark!.width / 2 - figure!.x))).toBeLessThan(1.5);
    // y has come from 1 to 0.98¹²⁰ = 0.09 of 3 over 370 pixels.
    expect(Math.abs(y! - (mark!.y + mark!.height / 2 - figure!.y) + (0.98 ** steps * 370) / 3)).toBeLessThan(1.5);
  });

  it('steps with the slider', async () => {
    await setStep(10);
    expect((await lines()).map((line) => line.length)).toEqual([11, 11, 2]);
    expect(await page.locator('#count').textContent()).toBe('step 10');
    await setStep(0);
    expect((await lines()).map((line) => line.length)).toEqual([1, 1, 1]);
  });

  it('plays from where it stands, pauses, and ends at the last step', async () => {
    await setStep(0);
    await page.locator('#speed').selectOption('4');
    await page.locator('#play').click();
    expect(await page.locator('#play').textContent()).toBe('Pause');
    await expect.poll(async () => Number(await page.locator('#step').inputValue()), patience).toBeGreaterThan(3);
    await page.locator('#play').click();
    const paused = await page.locator('#step').inputValue();
    await page.waitForTimeout(150);
    expect(await page.locator('#step').inputValue()).toBe(paused);
    await page.locator('#play').click();
    await expect.poll(() => page.locator('#play').textContent(), patience).toBe('Play');
    expect(await page.locator('#step').inputValue()).toBe(String(steps));
  });

  it('hides the paths of a label', async () => {
    const label = page.locator('#legend button', { hasText: 'a < b' });
    await label.click();
    expect(await shown()).toBe(2);
    await label.click();
    expect(await shown()).toBe(3);
  });

  it('asks for nothing and complains of nothing', () => {
    expect(requests).toEqual([pathToFileURL(folder.path('race.html')).href]);
    expect(complaints).toEqual([]);
  });
});
