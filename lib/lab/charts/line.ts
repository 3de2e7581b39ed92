import {
  checkAxis,
  checkChart,
  checkEntries,
  checkNumbers,
  type AxisOptions,
  type ChartOptions,
  type Numbers,
} from './options.js';
import { scaleFor } from './scale.js';
import { axis, drawn, frame, marginsFor, strokeOf } from './style.js';
import { render } from './echarts.js';

/** A line: values over 0, 1, 2 …, or over x, which has as many. */
export type Line = Numbers | { readonly x: Numbers; readonly y: Numbers };

export interface LineChartOptions extends ChartOptions {
  /** By label. NaN, infinities, and on a logarithmic axis what is not positive, leave a gap. */
  readonly lines: Readonly<Record<string, Line>>;
  readonly x?: AxisOptions;
  readonly y?: AxisOptions;
  /** Marks at each point. Default: on lines of up to 30 points. */
  readonly points?: boolean;
}

const where = 'lab.lineChart';

/** Lines over a common axis, as an SVG. */
export async function lineChart(options: LineChartOptions): Promise<string> {
  const size = checkChart(where, options, ['lines', 'x', 'y', 'points']);
  const lines = checkEntries(where, 'lines', options.lines).map(([label, line]) => ({ label, ...partsOf(label, line) }));
  const xs = scaleFor(
    checkAxis(where, 'x', options.x),
    lines.flatMap(({ at }) => at),
    0,
  );
  const ys = scaleFor(
    checkAxis(where, 'y', options.y),
    lines.flatMap(({ values }) => values),
    0.04,
  );
  const legend = lines.length > 1 ? lines.map(({ label }) => label) : [];
  const option = {
    ...frame({ title: options.title, legend }, marginsFor({ title: options.title, legend })),
    xAxis: axis(xs, 'x', options.x?.name),
    yAxis: axis(ys, 'y', options.y?.name),
    series: lines.map(({ label, at, values }, i) => ({
      type: 'line' as const,
      name: label,
      silent: true,
      data: values.map((value, i) => [xs.place(at[i] ?? NaN), ys.place(value)]),
      showSymbol: options.points ?? values.length <= 30,
      symbol: 'circle',
      symbolSize: 5,
      ...drawn(strokeOf(i), 1.8, 2),
    })),
  };
  return render(where, option, size);
}

function partsOf(label: string, line: Line): { at: number[]; values: number[] } {
  if (typeof line !== 'object' || !('x' in line)) {
    const values = Array.from(checkNumbers(where, `lines['${label}']`, line));
    return { at: values.map((_, i) => i), values };
  }
  const values = Array.from(checkNumbers(where, `lines['${label}'].y`, line.y));
  return { at: Array.from(checkNumbers(where, `lines['${label}'].x`, line.x, values.length)), values };
}
