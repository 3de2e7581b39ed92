import { RavineError, internal } from '../errors.js';
import type { Dataset } from '../data/dataset.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { minimizeObjective } from '../optim/minimize/minimize.js';
import { Objective } from '../optim/minimize/objective.js';
import { resolveSettings, type MinimizeOptions } from '../optim/minimize/options.js';
import type { IterationInfo, MinimizeResult } from '../optim/minimize/result.js';
import { arange } from '../ops/constant.js';
import { concat } from '../ops/concat.js';
import { mul } from '../ops/elementwise.js';
import { reshape } from '../ops/reshape.js';
import { positiveInteger } from '../options.js';
import { byteSize, storageOf } from '../runtime/storage.js';
import type { Engine } from './engine.js';
import { lossOfParameters } from './loss-of-parameters.js';
import { workTypeOf } from './step-graph.js';

export interface ModelMinimizeOptions extends Omit<MinimizeOptions, 'callback'> {
  /** Samples at once; 4096 unless given. Changes no result but rounding. */
  readonly chunkSize?: number;
  /** Called after each iteration and awaited; the model has its parameters by then. false ends it there. */
  readonly callback?: (info: Omit<IterationInfo, 'x'>) => unknown;
}

/** The loss over all of a data set as a function of the parameters that train, [P], minimised. The parameters are those of the last iteration, always. */
export async function minimizeModel(
  engine: Engine,
  dataset: Dataset,
  { chunkSize, callback, ...rest }: ModelMinimizeOptions,
): Promise<Omit<MinimizeResult, 'x'>> {
  const { flat } = engine.memory;
  const parameters = flat.trainableEntries.map(({ parameter }) => parameter);
  if (parameters.length === 0) throw new RavineError('option', 'minimize', 'expected parameters that train, got none');
  const chunks = chunksOf(dataset.samples, positiveInteger('minimize', 'chunkSize', chunkSize ?? 4096));
  const mean = lossOfParameters(engine.parts, dataset, parameters, workTypeOf(flat));
  const share = (x: Tensor, indices?: Tensor): Tensor => {
    internal(indices !== undefined, 'a chunk without samples');
    return mul(mean(x, indices), indices.size / dataset.samples);
  };
  const objective = new Objective(share, chunks);
  const x0 = tidy(() => concat(parameters.map((parameter) => reshape(parameter, [parameter.size]))));
  let last: Tensor | undefined;
  const settings = resolveSettings(x0, {
    ...rest,
    callback: ({ x, ...info }: IterationInfo) => {
      writeBack(x, parameters);
      last?.dispose();
      last = x;
      return callback?.(info);
    },
  });
  try {
    const { x, ...result } = await minimizeObjective(objective, x0, settings);
    x.dispose();
    return result;
  } finally {
    last?.dispose();
    x0.dispose();
    for (const [indices] of chunks) indices?.dispose();
  }
}

function chunksOf(samples: number, size: number): Tensor[][] {
  const count = Math.ceil(samples / size);
  return Array.from({ length: count }, (_, i) => [arange(i * size, Math.min(samples, (i + 1) * size), 1, { dtype: 'int32' })]);
}

function writeBack(x: Tensor, parameters: readonly Tensor[]): void {
  const from = storageOf(x);
  let offset = from.byteOffset;
  for (const parameter of parameters) {
    const to = storageOf(parameter);
    to.buffer.native.copyFrom(from.buffer.native, offset, to.byteOffset, byteSize(parameter));
    offset += byteSize(parameter);
  }
}
