import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { add, mul } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import { sum } from '../ops/reduce.js';
import { expandDims, reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { boolean, checkNames, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { Linear, type LinearOptions } from './linear.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';

export interface SparseLinearLayerOptions extends LinearOptions {
  readonly dtype?: DType;
}

/**
 * y = x·W + b for rows of which only the entries are given, padded to one length: x [batch, 2, entries] holds column numbers, then values, as
 * `SparseMatrix.toPadded` makes them. Equals `linear` on the dense rows, without making them: the product reads the rows of W that the batch
 * names, and only those get a gradient other than 0. The gradient itself and the optimiser's state are as large as W.
 */
export class SparseLinearLayer extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, options: SparseLinearLayerOptions = {}) {
    super();
    const where = 'sparseLinear';
    checkNames(where, options, ['bias', 'dtype', 'weightInitializer', 'biasInitializer']);
    boolean(where, 'bias', options.bias ?? true);
    if (positiveInteger(where, 'inFeatures', inFeatures) > mostColumns)
      throw new RavineError('option', where, `expected at most ${mostColumns} features, got ${inFeatures}`);
    const { weight, bias } = new Linear(inFeatures, positiveInteger(where, 'outFeatures', outFeatures), options);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = weight;
    this.bias = bias;
  }

  /** x [batch, 2, entries] → [batch, out]. A column outside of 0 … in − 1 is an error that names sample and value. */
  override forward(x: Tensor): Tensor {
    const [batch = 0, parts, entries = 0] = x.shape;
    if (x.rank !== 3 || parts !== 2)
      throw new RavineError('shape', this.toString(), `expected [batch, 2, entries], got ${formatType(x)}`, {
        help: 'give it SparseMatrix.toPadded()',
      });
    if (x.dtype !== this.weight.dtype)
      throw new RavineError('dtype', this.toString(), `expected ${this.weight.dtype}, got ${formatType(x)}`);
    const columns = cast(reshape(slice(x, [0, 0, 0], [batch, 1, entries]), [batch, entries]), 'int32');
    const values = reshape(slice(x, [0, 1, 0], [batch, 2, entries]), [batch, entries]);
    const product = sum(mul(gather(this.weight, columns), expandDims(values, -1)), { axis: 1 });
    return this.bias ? add(product, this.bias) : product;
  }

  override toString(): string {
    return `sparseLinear(${this.inFeatures}, ${this.outFeatures})`;
  }
}

/** Column numbers travel as float32, which holds whole numbers up to here. */
const mostColumns = 2 ** 24;

/** A fully connected layer for sparse rows, as the first one of a network. */
export function sparseLinear(inFeatures: number, outFeatures: number, options?: SparseLinearLayerOptions): SparseLinearLayer {
  return new SparseLinearLayer(inFeatures, outFeatures, options);
}
