import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { add, mul } from '../ops/elementwise.js';
import { gather } from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import { sum } from '../ops/reduce.js';
import { expandDims, reshape } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { boolean, checkNames, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { expectInputDType } from './input-dtype.js';
import { swapAxes, type LinearOptions } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

export type SparseLinearLayerOptions = LinearOptions;

/**
 * y = x·W + b for sparse rows, the first layer of a network: `linear` on the dense rows, without making them.
 *
 * With a SparseMatrix as the data's x a step of `fit` touches only the rows of W that the batch names, and takes no longer where W has more. This holds for
 * `optim.sgd` in every form but `nesterov: 'lookahead'`, whose weight decay and momentum the other rows see when they are next needed: the weights are those
 * of the dense step, to rounding. With any other optimiser, clipped gradients, averaged weights, several batches a step, or where the network reads W
 * otherwise as well, products are as fast but the update goes over all of W.
 *
 * Where data cannot be resident, rows padded to one length do as well: x [batch, 2, entries] holds column numbers, then values, as `SparseMatrix.toPadded`
 * makes them.
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
    positiveInteger(where, 'inFeatures', inFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = positiveInteger(where, 'outFeatures', outFeatures);
    const { dtype = 'float32', weightInitializer = 'fanInUniform', biasInitializer = 'fanInUniform' } = options;
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    const layout = { externalShape: [outFeatures, inFeatures], toExternal: swapAxes, fromExternal: swapAxes };
    const shape = [inFeatures, outFeatures];
    this.weight = new Parameter(shape, { dtype, initializer: weightInitializer, ...fans, layout, rowwise: true });
    this.bias =
      options.bias === false ? undefined : new Parameter([outFeatures], { dtype, initializer: biasInitializer, ...fans });
  }

  /** x [batch, in], or padded [batch, 2, entries] → [batch, out]. A column outside of 0 … in − 1 is an error that names sample and value. */
  override forward(x: Tensor): Tensor {
    const [batch = 0, parts, entries = 0] = x.shape;
    const isPadded = x.rank === 3 && parts === 2;
    if (!isPadded && (x.rank !== 2 || parts !== this.inFeatures))
      throw new RavineError(
        'shape',
        this.toString(),
        `expected [batch, ${this.inFeatures}] or [batch, 2, entries], got ${formatType(x)}`,
        { help: 'give the data a SparseMatrix as x, or SparseMatrix.toPadded()' },
      );
    expectInputDType(this, x, this.weight.dtype);
    const product = isPadded ? this.#padded(x, batch, entries) : matmul(x, this.weight);
    return this.bias ? add(product, this.bias) : product;
  }

  #padded(x: Tensor, batch: number, entries: number): Tensor {
    if (this.inFeatures > mostPadded)
      throw new RavineError('shape', this.toString(), `expected at most ${mostPadded} features with padded rows`, {
        help: 'give the data a SparseMatrix as x',
      });
    const columns = cast(reshape(slice(x, [0, 0, 0], [batch, 1, entries]), [batch, entries]), 'int32');
    const values = reshape(slice(x, [0, 1, 0], [batch, 2, entries]), [batch, entries]);
    return sum(mul(gather(this.weight, columns), expandDims(values, -1)), { axis: 1 });
  }

  override toString(): string {
    return `sparseLinear(${this.inFeatures}, ${this.outFeatures})`;
  }
}

/** Column numbers travel as float32, which holds whole numbers up to here. */
const mostPadded = 2 ** 24;

/** A fully connected layer for sparse rows, as the first one of a network. */
export function sparseLinear(inFeatures: number, outFeatures: number, options?: SparseLinearLayerOptions): SparseLinearLayer {
  return new SparseLinearLayer(inFeatures, outFeatures, options);
}
