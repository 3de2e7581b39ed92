export type { Loss } from './loss.js';
export { meanSquaredError } from './mean-squared-error.js';
export { sigmoidBinaryCrossEntropy } from './sigmoid-binary-cross-entropy.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
