import { RavineError, describe } from '../../errors.js';
import { checkNames } from '../../options.js';
import { checkPath, contourPicture, pointSeries } from './contour.js';
import type { Point } from './contours.js';
import { render } from './echarts.js';
import type { Field } from './field.js';
import { checkEntries, checkText, type AxisOptions, type Numbers } from './options.js';
import { script, style } from './race-player.js';
import type { Scale } from './scale.js';
import { marginsFor, strokeOf, type Margins } from './style.js';

/** One function and who raced over it. */
export interface RacePanel {
  /** Of `sampleField`. */
  readonly field: Field;
  /** By label: [steps + 1, 2] by rows, as `race` gives them. */
  readonly paths: Readonly<Record<string, Numbers>>;
  /** Single points by label: a minimum. */
  readonly points?: Readonly<Record<string, Point>>;
  /** Values of the lines of equal value, or how many. Default 14. */
  readonly levels?: number | Numbers;
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
}

export interface RacePageOptions {
  readonly title: string;
  /** A paragraph under the title: how the rates were chosen. */
  readonly note?: string;
  /** By title. A label has the same colour and pattern in every panel. */
  readonly panels: Readonly<Record<string, RacePanel>>;
}

const where = 'lab.racePage';
const size = { width: 560, height: 480 };

/** A path has at most this many frames: of a longer race every second, third … step is shown. */
const mostFrames = 2000;

/**
 * An animation of paths over lines of equal value, as one page that works offline: everything is in it, and its policy forbids any request. Play, pause,
 * a slider over the steps, a button a label to hide its paths.
 */
export async function racePage(options: RacePageOptions): Promise<string> {
  checkNames(where, options, ['title', 'note', 'panels']);
  const title = checkText(where, 'title', options.title);
  const note = options.note === undefined ? '' : `<p>${escape(checkText(where, 'note', options.note))}</p>`;
  const panels = checkEntries(where, 'panels', options.panels).map(([name, panel]) => ({
    name,
    panel,
    paths: pathsOf(name, panel),
  }));
  const labels = [...new Set(panels.flatMap(({ paths }) => paths.map(([label]) => label)))];
  const steps = Math.max(1, ...panels.flatMap(({ paths }) => paths.map(([, path]) => path.length / 2 - 1)));
  const stride = Math.ceil(steps / mostFrames);
  const drawn = await Promise.all(panels.map(async ({ name, panel, paths }) => draw(name, panel, paths, stride)));
  const data = {
    steps,
    stride,
    labels: labels.map((label, i) => ({ label, ...strokeOf(i) })),
    panels: drawn.map(({ paths }) => paths),
  };
  // Inside a script '<' would end it.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
${note}
<div id="controls">
<button id="play" type="button">Play</button>
<input id="step" type="range" min="0" max="${Math.ceil(steps / stride)}" value="${Math.ceil(steps / stride)}" aria-label="step">
<output id="count"></output>
<label>speed <select id="speed"><option value="0.25">¼</option><option value="1" selected>1</option><option value="4">4</option></select></label>
</div>
<div id="legend"></div>
<div id="panels">
${drawn.map(({ html }) => html).join('\n')}
</div>
<script type="application/json" id="data">${json}</script>
<script>${script}</script>
</body>
</html>
`;
}

function pathsOf(name: string, panel: RacePanel): [string, Numbers][] {
  if (typeof panel !== 'object' || panel === null)
    throw new RavineError('option', where, `expected panels['${name}'] to be a panel, got ${describe(panel)}`);
  checkNames(where, panel, ['field', 'paths', 'points', 'levels', 'x', 'y']);
  return checkEntries(where, 'paths', panel.paths).map(([label, path]) => [label, checkPath(where, label, path)]);
}

/** The ground as a picture, and the paths in its pixels. */
async function draw(name: string, panel: RacePanel, paths: readonly [string, Numbers][], stride: number) {
  const margins = marginsFor({ title: name });
  const ground = contourPicture(where, { ...panel, title: name }, margins, []);
  const svg = await render(
    where,
    { ...ground.option, series: [...ground.lines, ...pointSeries(where, ground, panel.points)] },
    size,
  );
  const { left, right, top, bottom } = margins;
  const box = `x="${left}" y="${top}" width="${size.width - left - right}" height="${size.height - top - bottom}"`;
  const over = `<svg class="over" width="${size.width}" height="${size.height}"><svg ${box} viewBox="${left} ${top} ${size.width - left - right} ${size.height - top - bottom}" overflow="hidden"></svg></svg>`;
  return {
    html: `<figure>${svg}${over}</figure>`,
    paths: paths.map(([label, path]) => ({ label, points: pixels(path, ground, margins, stride) })),
  };
}

/** [x0, y0, x1, y1 …] to tenths of a pixel, a point a frame and the last step, to the first that is not finite. */
function pixels(
  path: Numbers,
  { x, y }: { readonly x: Scale; readonly y: Scale },
  { left, right, top, bottom }: Margins,
  stride: number,
): number[] {
  const points: number[] = [];
  const last = path.length / 2 - 1;
  const place = (value: number, from: number, length: number): number => {
    // Far outside of the picture one place is as good as another.
    return Math.round(10 * (from + Math.min(20, Math.max(-20, value)) * length)) / 10;
  };
  for (let i = 0; i < last + stride; i += stride) {
    const at = Math.min(i, last);
    const [a, b] = [path[2 * at] ?? NaN, path[2 * at + 1] ?? NaN];
    if (!Number.isFinite(a) || !Number.isFinite(b)) break;
    points.push(
      place((a - x.min) / (x.max - x.min), left, size.width - left - right),
      place((y.max - b) / (y.max - y.min), top, size.height - top - bottom),
    );
  }
  return points;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
