export { accuracy, type AccuracyOptions } from './accuracy.js';
export { meanAbsoluteError } from './mean-absolute-error.js';
export { measure } from './measure.js';
export type { Metric } from './metric.js';
export { f1Score, precision, recall, type Average, type ClassMetricOptions } from './precision-recall.js';
export { rocAuc, type RocAucOptions } from './roc-auc.js';
export { rSquared } from './r-squared.js';
export { topK } from './top-k.js';
export { weighted } from './weighted.js';
