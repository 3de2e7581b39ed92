export { accuracy, type AccuracyOptions } from './accuracy.js';
export { meanAbsoluteError } from './mean-absolute-error.js';
export type { Metric } from './metric.js';
export { rSquared } from './r-squared.js';
export { topK } from './top-k.js';
