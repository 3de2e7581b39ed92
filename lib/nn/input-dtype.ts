import { isFloat, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { formatType } from '../shape.js';

/** Refuses an input of another dtype than a layer's parameters. */
export function expectInputDType(layer: { toString(): string }, x: Tensor, dtype: DType): void {
  if (x.dtype === dtype) return;
  const help = isFloat(x.dtype)
    ? `cast the input, or make the layer with { dtype: '${x.dtype}' }`
    : `cast(x, '${dtype}'); bytes of images by data.from({ x, y }, { scale: 1 / 255 })`;
  throw new RavineError('dtype', layer.toString(), `expected ${dtype}, got ${formatType(x)}`, { help });
}
