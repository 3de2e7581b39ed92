export { LogisticRegression, type LogisticFit } from './logistic-regression.js';
export type { ClassWeight, LogisticFitOptions, LogisticRegressionOptions } from './options.js';
