import { render } from './echarts.js';
import {
  checkAxis,
  checkCategories,
  checkChart,
  checkNumbers,
  type AxisOptions,
  type ChartOptions,
  type Numbers,
} from './options.js';
import { scaleFor } from './scale.js';
import { categories, frame, heat, heatAt, marginsFor, textWidth } from './style.js';

export interface HeatMapOptions extends ChartOptions {
  /** What the columns and rows are: numbers or texts; the first row is the lowest. */
  readonly columns: readonly (string | number)[];
  readonly rows: readonly (string | number)[];
  /** [rows, columns] by rows. What has no place on the scale stays grey. */
  readonly values: Numbers;
  readonly x?: Pick<AxisOptions, 'name'>;
  readonly y?: Pick<AxisOptions, 'name'>;
  /** What the colours mean. Beyond `min` and `max` the colour is that of the end. */
  readonly value?: AxisOptions;
}

const where = 'lab.heatMap';

/** A grid of colours, as an SVG. */
export async function heatMap(options: HeatMapOptions): Promise<string> {
  const size = checkChart(where, options, ['columns', 'rows', 'values', 'x', 'y', 'value'], { height: 520 });
  const columns = checkCategories(where, 'columns', options.columns);
  const rows = checkCategories(where, 'rows', options.rows);
  const values = Array.from(checkNumbers(where, 'values', options.values, rows.length * columns.length));
  const scale = scaleFor(checkAxis(where, 'value', options.value), values, 0);
  const usual = marginsFor({ title: options.title });
  const named = rows.map((row) => (typeof row === 'string' ? row : ''));
  // A name above the bar of colours needs a line of its own.
  const top = options.value?.name === undefined ? usual.top : Math.max(usual.top, 44);
  const margins = { ...usual, top, right: 112, left: Math.max(usual.left, 44 + textWidth(named)) };
  const cells = values.flatMap((value, i) => {
    const place = scale.place(value);
    if (place === null) return [];
    return [[i % columns.length, Math.floor(i / columns.length), Math.min(scale.max, Math.max(scale.min, place))]];
  });
  const option = {
    ...frame({ title: options.title }, margins),
    xAxis: categories(columns, 'x', checkAxis(where, 'x', options.x).name),
    yAxis: categories(rows, 'y', checkAxis(where, 'y', options.y).name),
    visualMap: {
      type: 'continuous' as const,
      show: false,
      min: scale.min,
      max: scale.max,
      inRange: { color: [...heat] },
      seriesIndex: 0,
    },
    graphic: [...ground(margins, size), ...key(scale, options.value?.name, margins, size)],
    series: [{ type: 'heatmap' as const, silent: true, data: cells, progressive: 0, itemStyle: { borderWidth: 0 } }],
  };
  return render(where, option, size);
}

type Scale = ReturnType<typeof scaleFor>;
type Box = ReturnType<typeof marginsFor>;
interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Grey where no value is. */
function ground({ left, right, top, bottom }: Box, { width, height }: Extent) {
  const shape = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  return [{ type: 'rect' as const, silent: true, z: -1, shape, style: { fill: '#d5d5d5' } }];
}

/** The bar of colours with its ticks and name, right of the grid. */
function key(scale: Scale, name: string | undefined, { right, top, bottom }: Box, { width, height }: Extent) {
  const [x, length] = [width - right + 20, height - top - bottom];
  const parts = 70;
  const bar = Array.from({ length: parts }, (_, i) => ({
    type: 'rect' as const,
    silent: true,
    // Each a little higher than its share: no seams.
    shape: { x, y: top + (length * (parts - 1 - i)) / parts, width: 14, height: length / parts + (i > 0 ? 0.6 : 0) },
    style: { fill: heatAt(i / (parts - 1)) },
  }));
  const text = (content: string, at: { x: number; y: number }, style: object = {}) => ({
    type: 'text' as const,
    silent: true,
    ...at,
    style: { text: content, font: '12px sans-serif', fill: '#333', verticalAlign: 'middle' as const, ...style },
  });
  const ticks = scale.ticks.map((tick) =>
    text(scale.label(tick), { x: x + 20, y: top + length * (1 - (tick - scale.min) / (scale.max - scale.min)) }),
  );
  const title = name === undefined ? [] : [text(name, { x: Math.min(x, width - textWidth([name]) - 6), y: top - 14 })];
  return [...bar, ...ticks, ...title];
}
