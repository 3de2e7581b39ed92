export { barChart, type BarChartOptions } from './bar.js';
export { contourChart, type ContourChartOptions } from './contour.js';
export { type Point } from './contours.js';
export { sampleField, type Field, type FieldOptions, type Range } from './field.js';
export { heatMap, type HeatMapOptions } from './heat-map.js';
export { lineChart, type Line, type LineChartOptions } from './line.js';
export { type AxisOptions, type ChartOptions, type Numbers } from './options.js';
export { phasePortrait, type PhasePortraitOptions } from './phase.js';
export { saveChart } from './save.js';
