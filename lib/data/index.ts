export { augment, type Augmentation, type AugmentOptions, type RowsAndColumns } from './augment.js';
export { Dataset, type Field, type Fold } from './dataset.js';
export type { Elements, NestedNumbers, NumericArray, ShapedElements } from './elements.js';
export { from, type DataFields, type FromOptions, type PerField } from './from.js';
export { idx, type IdxOptions } from './idx.js';
export type { Normalization, PerChannel } from './normalize.js';
export type { SplitOptions } from './split.js';
export { stream, StreamDataset, type CheckedBatch, type StreamField, type StreamOptions } from './stream.js';
