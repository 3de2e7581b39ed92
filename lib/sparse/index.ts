export { SparseLinear, type PartialFitOptions, type SparseFitOptions, type SparseHistory } from './linear.js';
export type { Label, Labels } from './labels.js';
export { SparseMatrix, type Numbers, type SparseArrays } from './matrix.js';
export type { SparseLinearOptions } from './options.js';
export { readSvmlight, type LabelledMatrix, type SvmlightOptions } from './svmlight.js';
export { CountVectorizer, type CountVectorizerOptions } from './count.js';
export { HashingVectorizer, type HashingVectorizerOptions } from './hashing.js';
export { TfidfTransformer, TfidfVectorizer, type TfidfOptions } from './tfidf.js';
export type { Documents, TextOptions } from './tokens.js';
