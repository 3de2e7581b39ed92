import type { Dataset } from '../data/dataset.js';
import { byChannel, type PerChannel } from '../data/normalize.js';
import { isFloat, type DType } from '../dtype.js';
import { RavineError, internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { Trace } from '../ir/trace.js';
import { cast } from '../ops/cast.js';
import { at, type TensorLike } from '../ops/check.js';
import { stack } from '../ops/concat.js';
import { scalar } from '../ops/constant.js';
import { add, mul } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import { gatherImages } from '../ops/gather-images.js';
import { streamOf } from '../ops/random.js';
import { reshape } from '../ops/reshape.js';
import { sparseRows } from '../ops/sparse.js';
import { sizeOf, type TensorType } from '../shape.js';
import type { BatchSpec, FieldSpec } from './session.js';
import { tensorsOf } from './sources.js';

/** Arguments of a traced step: the fields in order, each with all its parts, then the sample numbers where rows are gathered. */
export function traceBatch(trace: Trace, spec: BatchSpec, workType: 'float32' | 'float64'): Map<string, Tensor> {
  const { rows } = spec;
  let index = 0;
  const sources = spec.fields.map((field) =>
    typesOf(field, rows ?? spec.samples).map((type) => trace.input(type, { kind: 'argument', index: index++ })),
  );
  const indices =
    rows === undefined ? undefined : trace.input({ dtype: 'int32', shape: [spec.samples] }, { kind: 'argument', index });
  return new Map(
    spec.fields.map((field, i) => {
      const parts = sources[i] ?? [];
      const [source] = parts;
      internal(source !== undefined, 'a field without a source');
      return [field.name, indices ? gatherField(trace, parts, indices, field, workType) : convertField(source, field, workType)];
    }),
  );
}

/** What a field's inputs are, with so many rows. */
function typesOf({ dtype, shape, sparse }: FieldSpec, rows: number): TensorType[] {
  if (!sparse) return [{ dtype, shape: [rows, ...shape] }];
  const entries = [sparse.entries];
  return [
    { dtype: 'int32', shape: [rows, 2] },
    { dtype: 'int32', shape: entries },
    { dtype: 'float32', shape: entries },
  ];
}

/** Rows of resident data in a function that is being traced; the data is captured. */
export function gatherBatch(
  trace: Trace,
  dataset: Dataset,
  fields: readonly FieldSpec[],
  indices: Tensor,
  workType: 'float32' | 'float64',
): Map<string, Tensor> {
  return new Map(
    fields.map((field) => [field.name, gatherField(trace, tensorsOf(dataset, field.name), indices, field, workType)]),
  );
}

/** The batch's rows; scaled integers become numbers of the parameters' type. */
function gatherField(
  trace: Trace,
  [source, columns, values]: readonly Tensor[],
  indices: Tensor,
  field: FieldSpec,
  workType: 'float32' | 'float64',
): Tensor {
  internal(source !== undefined, 'a field without a source');
  const { dtype, scale, shift, augmentation } = field;
  if (columns && values) return sparseRows([source, columns, values, indices], { width: at(field.shape, 0), dtype: workType });
  const converts = scale !== 1 || shift !== 0;
  if (converts && !isFloat(dtype) && dtype !== 'uint8')
    throw new RavineError('dtype', 'fit', `expected '${field.name}' to be uint8 or float to be scaled, got ${dtype}`);
  const to = isFloat(dtype) ? dtype : workType;
  if (augmentation || typeof scale !== 'number' || typeof shift !== 'number')
    return gatherChannels(trace, source, indices, field, to);
  return gather(source, indices, 0, converts ? { dtype: to, scale, shift } : {});
}

/** Rows that are scaled by channel, or images that training augments. */
function gatherChannels(trace: Trace, source: Tensor, indices: Tensor, field: FieldSpec, dtype: DType): Tensor {
  const { name, shape, augmentation } = field;
  const channels = shape.at(-1) ?? 1;
  const [scale, shift] = [byChannel(field.scale, channels), byChannel(field.shift, channels)];
  if (!augmentation) {
    const places = sizeOf(shape.slice(0, -1));
    const rows = reshape(source, [source.shape[0] ?? 0, 1, places, channels]);
    const gathered = gatherImages(rows, indices, undefined, { dtype, size: [1, places], scale, shift, fill: 0 });
    return reshape(gathered, [indices.size, ...shape]);
  }
  const { size, fill, ...rest } = augmentation;
  const draw = trace.training ? { ...rest, stream: streamOf(`${name}/augment`) } : undefined;
  return gatherImages(source, indices, draw && trace.random(), { dtype, size, scale, shift, fill, ...(draw && { draw }) });
}

/** The same for a batch that a feed filled. */
function convertField(source: Tensor, { dtype, shape, scale, shift }: FieldSpec, workType: 'float32' | 'float64'): Tensor {
  if (scale === 1 && shift === 0) return source;
  const numbers = isFloat(dtype) ? source : cast(source, workType);
  const factor = (value: PerChannel): TensorLike =>
    typeof value === 'number'
      ? value
      : stack(byChannel(value, shape.at(-1) ?? 1).map((one) => scalar(one, { dtype: numbers.dtype })));
  return add(mul(numbers, factor(scale)), factor(shift));
}
