import type { Dataset } from '../data/dataset.js';
import { RavineError, internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import type { Parameter } from '../nn/parameter.js';
import { concat } from '../ops/concat.js';
import { arange } from '../ops/constant.js';
import { mul } from '../ops/elementwise.js';
import { reshape } from '../ops/reshape.js';
import { Objective } from '../optim/minimize/objective.js';
import { positiveInteger } from '../options.js';
import { lossOfParameters } from './loss-of-parameters.js';
import type { ModelParts } from './session.js';

export interface ChunkOptions {
  /** Samples at once; 4096 unless given. Changes no result but rounding. */
  readonly chunkSize?: number;
}

/** The mean loss over all of a data set as a function of parameters, [P] one after the other: a chunk of samples at a time in memory. */
export class FullBatch {
  readonly objective: Objective;
  /** The parameters as they are, [P]. */
  readonly x0: Tensor;
  readonly #chunks: readonly Tensor[];

  constructor(
    where: string,
    parts: ModelParts,
    dataset: Dataset,
    parameters: readonly Parameter[],
    workType: 'float32' | 'float64',
    chunkSize = 4096,
  ) {
    if (parameters.length === 0) throw new RavineError('option', where, 'expected parameters that train, got none');
    const size = positiveInteger(where, 'chunkSize', chunkSize);
    const mean = lossOfParameters(parts, dataset, parameters, workType);
    const share = (x: Tensor, indices?: Tensor): Tensor => {
      internal(indices !== undefined, 'a chunk without samples');
      return mul(mean(x, indices), indices.size / dataset.samples);
    };
    this.#chunks = Array.from({ length: Math.ceil(dataset.samples / size) }, (_, i) =>
      arange(i * size, Math.min(dataset.samples, (i + 1) * size), 1, { dtype: 'int32' }),
    );
    this.objective = new Objective(
      share,
      this.#chunks.map((indices) => [indices]),
    );
    this.x0 = tidy(() => concat(parameters.map((parameter) => reshape(parameter, [parameter.size]))));
  }

  dispose(): void {
    this.x0.dispose();
    for (const indices of this.#chunks) indices.dispose();
  }
}
