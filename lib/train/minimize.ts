import type { Dataset } from '../data/dataset.js';
import type { Tensor } from '../ir/tensor.js';
import { minimizeObjective } from '../optim/minimize/minimize.js';
import { minimizeNames, resolveSettings, type MinimizeOptions } from '../optim/minimize/options.js';
import type { IterationInfo, MinimizeResult } from '../optim/minimize/result.js';
import { checkNames, optionalFunction } from '../options.js';
import { byteSize, storageOf } from '../runtime/storage.js';
import type { Engine } from './engine.js';
import { FullBatch, type ChunkOptions } from './full-batch.js';
import { workTypeOf } from './step-graph.js';

export interface ModelMinimizeOptions extends Omit<MinimizeOptions, 'callback'>, ChunkOptions {
  /** Called after each iteration and awaited; the model has its parameters by then. false ends it there. */
  readonly callback?: (info: Omit<IterationInfo, 'x'>) => unknown;
}

/** The loss over all of a data set as a function of the parameters that train, [P], minimised. The parameters are those of the last iteration, always. */
export async function minimizeModel(
  engine: Engine,
  dataset: Dataset,
  { chunkSize, callback, ...rest }: ModelMinimizeOptions,
): Promise<Omit<MinimizeResult, 'x'>> {
  checkNames('minimize', rest, [...minimizeNames, 'chunkSize']);
  optionalFunction('minimize', 'callback', callback);
  const { flat } = engine.memory;
  const parameters = flat.trainableEntries.map(({ parameter }) => parameter);
  const whole = new FullBatch('minimize', engine.parts, dataset, parameters, workTypeOf(flat), chunkSize);
  let last: Tensor | undefined;
  const report = ({ x, ...info }: IterationInfo): unknown => {
    writeBack(x, parameters);
    last?.dispose();
    last = x;
    return callback?.(info);
  };
  try {
    const settings = resolveSettings(whole.x0, { ...rest, callback: report });
    const { x, ...result } = await minimizeObjective(whole.objective, whole.x0, settings);
    x.dispose();
    return result;
  } finally {
    last?.dispose();
    whole.dispose();
  }
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
