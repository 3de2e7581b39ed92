import {
  checkAxis,
  checkCategories,
  checkChart,
  checkEntries,
  checkNumbers,
  type AxisOptions,
  type ChartOptions,
  type Numbers,
} from './options.js';
import { scaleFor } from './scale.js';
import { axis, categories, frame, marginsFor, nameOf, standOf } from './style.js';
import { render } from './echarts.js';

export interface BarChartOptions extends ChartOptions {
  readonly categories: readonly (string | number)[];
  /** By label: a value for each category. NaN and infinities, and on a logarithmic axis what is not positive, have no bar. */
  readonly bars: Readonly<Record<string, Numbers>>;
  readonly x?: Pick<AxisOptions, 'name'>;
  readonly y?: AxisOptions;
}

const where = 'lab.barChart';

/** Bars over categories, from 0 (on a logarithmic axis: from its lower end), side by side, as an SVG. */
export async function barChart(options: BarChartOptions): Promise<string> {
  const size = checkChart(where, options, ['categories', 'bars', 'x', 'y']);
  const names = checkCategories(where, 'categories', options.categories);
  const bars = checkEntries(where, 'bars', options.bars).map(([label, values]) => ({
    label,
    values: Array.from(checkNumbers(where, `bars['${label}']`, values, names.length)),
  }));
  const y = checkAxis(where, 'y', options.y);
  const isLog = y.scale === 'log';
  const scale = scaleFor(
    y,
    bars.flatMap(({ values }) => (isLog ? values : [0, ...values])),
    isLog ? 0.08 : 0.04,
  );
  // ECharts' bars begin at 0: a logarithmic axis is moved there.
  const base = isLog ? scale.min : 0;
  const moved = {
    ...scale,
    min: scale.min - base,
    max: scale.max - base,
    ticks: scale.ticks.map((tick) => tick - base),
    label: (place: number) => scale.label(place + base),
  };
  const legend = bars.length > 1 ? bars.map(({ label }) => label) : [];
  const margins = marginsFor({ title: options.title, legend });
  const stand = standOf(names.map(nameOf), (size.width - margins.left - margins.right) / names.length);
  const option = {
    ...frame({ title: options.title, legend }, { ...margins, bottom: margins.bottom + stand.depth }),
    xAxis: categories(names, 'x', checkAxis(where, 'x', options.x).name, stand),
    yAxis: axis(moved, 'y', y.name),
    series: bars.map(({ label, values }) => ({
      type: 'bar' as const,
      name: label,
      silent: true,
      barMaxWidth: 48,
      data: values.map((value) => {
        const place = scale.place(value);
        return place === null ? null : place - base;
      }),
    })),
  };
  return render(where, option, size);
}
