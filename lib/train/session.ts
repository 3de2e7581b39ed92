import type { Augmentation } from '../data/augment.js';
import type { PerChannel } from '../data/normalize.js';
import type { DType } from '../dtype.js';
import type { Tensor } from '../ir/tensor.js';
import type { Shape } from '../shape.js';
import type { Columns } from './columns.js';
import type { Head } from './heads.js';
import type { AnyModule } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { RegularizerGroup } from '../regularizers/regularizer.js';

/** What a model is made of, as programs need it. */
export interface ModelParts {
  readonly network: AnyModule;
  readonly optimizer: Optimizer | undefined;
  /** What each of the network's outputs is held to. */
  readonly heads: readonly Head[];
  /** What its logs are made of. */
  readonly columns: Columns;
  readonly regularizer: readonly RegularizerGroup[];
}

export function hasLoss({ heads }: ModelParts): boolean {
  return heads.some(({ loss }) => loss);
}

/** One input of a program: rows of a data set that a gather picks, or a batch that a feed fills. */
export interface FieldSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Of one sample. */
  readonly shape: Shape;
  readonly scale: PerChannel;
  readonly shift: PerChannel;
  readonly augmentation?: Augmentation;
  /** Rows of a sparse matrix with so many entries in all: three inputs, ranges, columns and values. */
  readonly sparse?: { readonly entries: number };
}

/** How a program gets its batch. `rows`: samples of the resident data set, undefined for batches from a feed. */
export interface BatchSpec {
  readonly samples: number;
  readonly rows: number | undefined;
  readonly fields: readonly FieldSpec[];
  /** Where a step has several batches: this one's share of a whole step's samples. */
  readonly share?: number;
  /** A prediction of what the module at this path gives, in place of the network's output. */
  readonly layer?: string;
}

/** Tensors of a batch by field name. */
export type Batch = ReadonlyMap<string, Tensor>;
