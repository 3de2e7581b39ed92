import type { EChartsOption, SeriesOption } from 'echarts';
import { RavineError } from '../../errors.js';
import { positiveInteger } from '../../options.js';
import { contourLines, evenLevels, type Point } from './contours.js';
import { checkField, type Field } from './field.js';
import { checkAxis, checkChart, checkNumbers, type AxisOptions, type ChartOptions, type Numbers } from './options.js';
import { scaleFor, type Scale } from './scale.js';
import { axis, drawn, frame, marginsFor, mix, strokeOf, type Margins } from './style.js';
import { render } from './echarts.js';

export interface ContourChartOptions extends ChartOptions {
  /** Of `sampleField`. */
  readonly field: Field;
  /** By label: [n, 2] by rows, as a race gives them, drawn over the lines of equal value with a mark at the end. */
  readonly paths?: Readonly<Record<string, Numbers>>;
  /** Single points by label: a start, a minimum. */
  readonly points?: Readonly<Record<string, Point>>;
  /** Values of the lines, or how many: then an equal share of the picture lies between each and the next. Default 14. */
  readonly levels?: number | Numbers;
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
}

const where = 'lab.contourChart';

/** Lines of equal value, darker where the field is lower, and paths over them, as an SVG. */
export async function contourChart(options: ContourChartOptions): Promise<string> {
  const size = checkChart(where, options, ['field', 'paths', 'points', 'levels', 'x', 'y'], { height: 520 });
  const paths = Object.entries(options.paths ?? {});
  const legend = paths.map(([label]) => label);
  const picture = contourPicture(where, options, marginsFor({ title: options.title, legend }), legend);
  const marks = [
    ...paths.flatMap(([label, path], i) => pathSeries(label, path, picture, i)),
    ...pointSeries(where, picture, options.points),
  ];
  return render(where, { ...picture.option, series: [...picture.lines, ...marks] }, size);
}

interface ContourPicture {
  readonly option: EChartsOption;
  readonly lines: SeriesOption[];
  readonly x: Scale;
  readonly y: Scale;
}

type Ground = Pick<ContourChartOptions, 'title' | 'field' | 'levels' | 'x' | 'y'>;

/** The ground that paths are drawn on. */
export function contourPicture(where: string, options: Ground, margins: Margins, legend: readonly string[]): ContourPicture {
  const field = checkField(where, options.field);
  const x = scaleFor(linear(where, checkAxis(where, 'x', options.x)), Array.from(field.x), 0);
  const y = scaleFor(linear(where, checkAxis(where, 'y', options.y)), Array.from(field.y), 0);
  const levels = levelsOf(where, field, options.levels ?? 14);
  const lines = levels.map((level, i) => ({
    type: 'line' as const,
    silent: true,
    showSymbol: false,
    // Lines are parted by a gap.
    data: contourLines(field, level).flatMap((line) => [...line.map(([a, b]) => [a, b]), [null, null]]),
    lineStyle: { width: 1, color: mix('#5b7794', '#d9e1ea', levels.length > 1 ? i / (levels.length - 1) : 0) },
    z: 1,
  }));
  const option = {
    ...frame({ title: options.title, legend }, margins),
    xAxis: bare(axis(x, 'x', options.x?.name)),
    yAxis: bare(axis(y, 'y', options.y?.name)),
  };
  return { option, lines, x, y };
}

function linear(where: string, axis: AxisOptions): AxisOptions {
  if (axis.scale === 'log') throw new RavineError('option', where, 'expected linear axes under a field');
  return axis;
}

/** Without lines of its own across the picture. */
function bare<T extends object>(axis: T): T & { readonly splitLine: { readonly show: false } } {
  return { ...axis, splitLine: { show: false } };
}

function levelsOf(where: string, field: Field, levels: number | Numbers): number[] {
  if (typeof levels === 'number') return evenLevels(field.values, positiveInteger(where, 'levels', levels));
  return Array.from(checkNumbers(where, 'levels', levels)).sort((a, b) => a - b);
}

function pathSeries(label: string, path: Numbers, { x, y }: ContourPicture, index: number): SeriesOption[] {
  const points = thinned(checkPath(where, label, path), x, y);
  const last = points.at(-1);
  const stroke = strokeOf(index);
  const line = {
    type: 'line' as const,
    name: label,
    silent: true,
    showSymbol: false,
    data: points.map(([a, b]) => [a, b]),
    ...drawn(stroke, 2, 3),
  };
  const mark = { symbolSize: 8, color: stroke.color, data: last ? [[...last]] : [], clip: true };
  const end = { type: 'scatter' as const, silent: true, ...mark, z: 4 };
  return [line, end];
}

export function checkPath(where: string, label: string, path: Numbers): Numbers {
  const numbers = checkNumbers(where, `paths['${label}']`, path);
  if (numbers.length % 2 !== 0)
    throw new RavineError('option', where, `expected paths['${label}'] to be rows of two numbers, got ${numbers.length} numbers`);
  return numbers;
}

/** Without steps that cannot be seen; to the first point that is not finite. */
function thinned(path: Numbers, x: Scale, y: Scale): Point[] {
  const points: Point[] = [];
  const count = path.length / 2;
  const visible = 1 / 2000;
  for (let i = 0; i < count; i++) {
    const [a, b] = [path[2 * i] ?? NaN, path[2 * i + 1] ?? NaN];
    if (!Number.isFinite(a) || !Number.isFinite(b)) break;
    const last = points.at(-1);
    const moved =
      last === undefined || Math.max(Math.abs(a - last[0]) / (x.max - x.min), Math.abs(b - last[1]) / (y.max - y.min)) > visible;
    if (moved || i === count - 1) points.push([a, b]);
  }
  return points;
}

/** Labels stand outwards of their points: paths go inwards. At the edge there is no room for them. */
function sideOf(x: number, { min, max }: Scale): 'left' | 'right' {
  const share = (x - min) / (max - min);
  return share < 0.1 || (share >= 0.5 && share < 0.9) ? 'right' : 'left';
}

export function pointSeries(
  where: string,
  { x }: Pick<ContourPicture, 'x'>,
  points: Readonly<Record<string, Point>> = {},
): SeriesOption[] {
  return Object.entries(points).map(([label, point]) => ({
    type: 'scatter' as const,
    silent: true,
    symbol: 'circle',
    symbolSize: 7,
    color: '#222',
    data: [Array.from(checkNumbers(where, `points['${label}']`, point, 2))],
    label: {
      show: true,
      formatter: label,
      position: sideOf(point[0], x),
      color: '#222',
      fontSize: 12,
      textBorderColor: '#fff',
      textBorderWidth: 3,
    },
    z: 5,
  }));
}
