export { lineChart, type Line, type LineChartOptions } from './line.js';
export { type AxisOptions, type ChartOptions, type Numbers } from './options.js';
export { saveChart } from './save.js';
