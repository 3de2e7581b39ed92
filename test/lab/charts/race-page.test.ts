import { expect, it } from 'vitest';
import { racePage } from '../../../lib/lab/index.js';

const wrong = (value: unknown) => value as never;
const field = { x: [0, 1], y: [0, 1], values: [0, 1, 2, 3] };

/** What the page is told to draw. */
interface Drawn {
  readonly steps: number;
  readonly stride: number;
  readonly panels: readonly { readonly label: string; readonly points: readonly number[] }[][];
}
const drawn = (html: string) => JSON.parse(/id="data">([^<]*)</.exec(html)![1]!) as Drawn;

it('a long race is shown every so many steps, and its last', async () => {
  const path = Float64Array.from({ length: 2 * 5001 }, (_, i) => (i >> 1) / 5000);
  const { steps, stride, panels } = drawn(await racePage({ title: 'long', panels: { a: { field, paths: { sgd: path } } } }));
  expect([steps, stride]).toEqual([5000, 3]);
  const points = panels[0]![0]!.points;
  expect(points).toHaveLength(2 * (Math.ceil(5000 / 3) + 1));
  // From the lower left to the upper right.
  expect([points[0], points[1], points.at(-2), points.at(-1)]).toEqual([84, 422, 532, 52]);
});

it('names nothing outside of itself', async () => {
  const html = await racePage({ title: 'a', panels: { a: { field, paths: { sgd: [0, 0, 1, 1] } } } });
  const addresses = [...html.matchAll(/https?:[^\s"'<)]*/g)].map(([address]) => address);
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
});

it('says what it expected', async () => {
  const panel = { field, paths: { sgd: [0, 0] } };
  const says = async (options: object, message: string) => expect(racePage(wrong(options))).rejects.toThrow(message);
  await says({ title: 1, panels: { a: panel } }, '[lab.racePage] expected title to be a text, got 1');
  await says({ title: '', panels: {} }, 'expected panels by label');
  await says({ title: '', panels: { a: 1 } }, "expected panels['a'] to be a panel, got 1");
  await says({ title: '', panels: { a: { ...panel, path: {} } } }, "unknown option 'path'\nhelp: did you mean 'paths'?");
  await says({ title: '', panels: { a: { field, paths: { sgd: [1] } } } }, "expected paths['sgd'] to be rows of two numbers");
});
