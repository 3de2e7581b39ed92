import { isFloat } from '../dtype.js';
import { RavineError, internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { Trace } from '../ir/trace.js';
import { cast } from '../ops/cast.js';
import { add, mul } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import type { BatchSpec, FieldSpec } from './session.js';

/** Arguments of a traced step: the fields in order, then the sample numbers where rows are gathered. */
export function traceBatch(trace: Trace, spec: BatchSpec, workType: 'float32' | 'float64'): Map<string, Tensor> {
  const { rows } = spec;
  const sources = spec.fields.map((field, index) =>
    trace.input({ dtype: field.dtype, shape: [rows ?? spec.samples, ...field.shape] }, { kind: 'argument', index }),
  );
  const indices =
    rows === undefined
      ? undefined
      : trace.input({ dtype: 'int32', shape: [spec.samples] }, { kind: 'argument', index: sources.length });
  return new Map(
    spec.fields.map((field, i) => {
      const source = sources[i];
      internal(source !== undefined, 'a field without a source');
      return [field.name, indices ? gatherField(source, indices, field, workType) : convertField(source, field, workType)];
    }),
  );
}

/** The batch's rows; scaled integers become numbers of the parameters' type. */
function gatherField(source: Tensor, indices: Tensor, field: FieldSpec, workType: 'float32' | 'float64'): Tensor {
  const converts = field.scale !== 1 || field.shift !== 0;
  if (converts && !isFloat(field.dtype) && field.dtype !== 'uint8')
    throw new RavineError('dtype', 'fit', `expected '${field.name}' to be uint8 or float to be scaled, got ${field.dtype}`);
  return gather(
    source,
    indices,
    0,
    converts ? { dtype: isFloat(field.dtype) ? field.dtype : workType, scale: field.scale, shift: field.shift } : {},
  );
}

/** The same for a batch that a feed filled. */
function convertField(source: Tensor, { dtype, scale, shift }: FieldSpec, workType: 'float32' | 'float64'): Tensor {
  if (scale === 1 && shift === 0) return source;
  return add(mul(isFloat(dtype) ? source : cast(source, workType), scale), shift);
}
