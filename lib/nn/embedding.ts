import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { eq, select } from '../ops/compare.js';
import { concat } from '../ops/concat.js';
import { zeros } from '../ops/constant.js';
import { stopGradient } from '../ops/identity.js';
import { gather } from '../ops/indexing.js';
import { expandDims } from '../ops/reshape.js';
import { slice } from '../ops/slice.js';
import { checkNames, nonNegativeInteger, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { resolveInitializer, type Initializer, type InitializerLike } from './initializers.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import type { ShapeRule, shapeRule } from './shape-rule.js';

interface EmbeddingRule<Features extends number> extends ShapeRule {
  readonly output: readonly [...number[], Features];
}

export interface EmbeddingOptions {
  /** A row that stands for nothing: zeros at first, and never trained. */
  readonly paddingIndex?: number;
  readonly dtype?: DType;
  /** N(0, 1) unless given: PyTorch's. */
  readonly weightInitializer?: InitializerLike;
}

/** A table of vectors, looked up by number. Only the rows that a batch names get a gradient other than 0. */
export class Embedding<Features extends number = number> extends Module {
  declare readonly [shapeRule]: EmbeddingRule<Features>;
  readonly rows: number;
  readonly features: Features;
  readonly paddingIndex: number | undefined;
  readonly weight: Parameter;

  constructor(rows: number, features: Features, options: EmbeddingOptions = {}) {
    super();
    checkNames('embedding', options, ['paddingIndex', 'dtype', 'weightInitializer']);
    this.rows = positiveInteger('embedding', 'rows', rows);
    this.features = features;
    positiveInteger('embedding', 'features', features);
    const { paddingIndex, dtype = 'float32', weightInitializer = 'standardNormal' } = options;
    if (paddingIndex !== undefined && nonNegativeInteger('embedding', 'paddingIndex', paddingIndex) >= rows)
      throw new RavineError('option', 'embedding', `expected paddingIndex to be below ${rows}, got ${paddingIndex}`);
    this.paddingIndex = paddingIndex;
    this.weight = new Parameter([rows, features], { dtype, initializer: this.#tableOf(weightInitializer) });
  }

  /** Changes the initializer of a table that has not been drawn yet; the padding row stays 0. */
  initializeBy(initializer: InitializerLike, name: string): void {
    this.weight.initializeBy(this.#tableOf(initializer), name);
  }

  #tableOf(initializer: InitializerLike): Initializer {
    const drawn = resolveInitializer('embedding', initializer);
    return this.paddingIndex === undefined ? drawn : withZeroRow(drawn, this.paddingIndex);
  }

  /** x int32 or uint8 [...] → [..., features]. A number outside of 0 … rows − 1 is an error that names sample and value. */
  override forward(x: Tensor): Tensor {
    if (x.dtype !== 'int32' && x.dtype !== 'uint8')
      throw new RavineError('dtype', this.toString(), `expected row numbers as int32 or uint8, got ${formatType(x)}`, {
        help: 'give the data an Int32Array: { data, shape }',
      });
    const indices = x.dtype === 'int32' ? x : cast(x, 'int32');
    const found = gather(this.weight, indices);
    if (this.paddingIndex === undefined) return found;
    return select(expandDims(eq(indices, this.paddingIndex), -1), stopGradient(found), found);
  }

  override toString(): string {
    return `embedding(${this.rows}, ${this.features})`;
  }
}

/** A table of `rows` vectors of `features` numbers. */
export function embedding<Features extends number>(
  rows: number,
  features: Features,
  options?: EmbeddingOptions,
): Embedding<Features> {
  return new Embedding(rows, features, options);
}

function withZeroRow(initializer: Initializer, row: number): Initializer {
  return (request) => {
    const drawn = initializer(request);
    const [rows = 0, features = 0] = request.shape;
    const parts = [
      slice(drawn, [0, 0], [row, features]),
      zeros([1, features], { dtype: request.dtype }),
      slice(drawn, [row + 1, 0], [rows, features]),
    ];
    return concat(parts, 0);
  };
}
