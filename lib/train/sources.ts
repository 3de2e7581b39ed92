import { RavineError, internal } from '../errors.js';
import { Dataset } from '../data/dataset.js';
import { from, type DataFields } from '../data/from.js';
import type { Elements } from '../data/elements.js';
import type { SparseElements } from '../data/sparse-rows.js';
import { StreamDataset } from '../data/stream.js';
import type { Tensor } from '../ir/tensor.js';
import { storageOf, type BufferStorage } from '../runtime/storage.js';
import type { BatchSpec, FieldSpec } from './session.js';

/** What a model trains on or is evaluated with. */
export type Trainable = Dataset | StreamDataset | DataFields;

/** Data in native memory, and whether this call made it and so frees it. */
export interface Source {
  readonly dataset: Dataset;
  readonly owned: boolean;
}

export function residentSource(data: Dataset | DataFields): Source {
  return data instanceof Dataset ? { dataset: data, owned: false } : { dataset: from(data), owned: true };
}

/** Data to evaluate, and what frees it where this call made it. */
export function evaluationSource(data: Trainable): { readonly dataset: Dataset | StreamDataset; readonly release: () => void } {
  if (data instanceof StreamDataset) return { dataset: data, release: () => undefined };
  const { dataset, owned } = residentSource(data);
  return { dataset, release: () => owned && dataset.dispose() };
}

/** Inputs without targets: a data set, anything that `data.from({ x })` takes, or several inputs as `data.from` takes them. */
export function inputSource(x: Dataset | Elements | SparseElements | DataFields): Source {
  if (x instanceof Dataset) return { dataset: x, owned: false };
  const given: unknown = x;
  if (given instanceof StreamDataset)
    throw new RavineError('data', 'predict', 'expected data that is resident, got a stream', {
      help: 'predict batch by batch: await model.predict(batch.x)',
    });
  return { dataset: from(isFields(x) ? x : { x }), owned: true };
}

function isFields(x: Elements | SparseElements | DataFields): x is DataFields {
  if (typeof x !== 'object' || Object.getPrototypeOf(x) !== Object.prototype) return false;
  return Object.keys(x).some((name) => name === 'x' || name.startsWith('x.'));
}

/** Only the fields that a program reads: those of the names x, y and sampleWeight, and of several inputs or outputs `x.<name>` … */
export function fieldsOf(dataset: Dataset, names: readonly string[]): FieldSpec[] {
  return [...dataset.fields.values()]
    .filter(({ name }) => names.some((known) => name === known || name.startsWith(`${known}.`)))
    .map(({ name, dtype, shape, scale, shift, augmentation, sparse }) => ({
      name,
      dtype,
      shape,
      scale,
      shift,
      ...(augmentation && { augmentation }),
      ...(sparse && { sparse: { entries: sparse.columns.size } }),
    }));
}

/** How batches of `samples` rows come out of a data set. */
export function batchSpec(dataset: Dataset, samples: number, names: readonly string[]): BatchSpec {
  return { samples, rows: dataset.samples, fields: fieldsOf(dataset, names) };
}

/** Tensors of a field, as a program takes them: its samples; of sparse rows ranges, columns and values. */
export function tensorsOf(dataset: Dataset, name: string): Tensor[] {
  const field = dataset.fields.get(name);
  internal(field !== undefined, `field '${name}' is missing`);
  return field.sparse ? [field.tensor, field.sparse.columns, field.sparse.values] : [field.tensor];
}

/** Where a data set's fields lie. */
export function storagesOf(dataset: Dataset, names: readonly string[]): BufferStorage[] {
  return fieldsOf(dataset, names).flatMap(({ name }) => tensorsOf(dataset, name).map(storageOf));
}
