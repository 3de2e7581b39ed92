import type { Dataset } from '../data/dataset.js';
import { DivergenceError } from '../errors.js';
import { firstNonFinite } from '../runtime/finite.js';
import type { Engine } from './engine.js';
import { inspectModel } from './inspect.js';

/** The error of a step that was not applied. */
export function diverged(value: number, step: number, learningRate: number, layer?: string): DivergenceError {
  const place = layer === undefined ? '' : `, first seen in ${layer}`;
  return new DivergenceError(
    'fit',
    `loss is ${value} at step ${step}, learning rate ${learningRate}${place}; the step was not applied`,
    step,
    learningRate,
    layer,
  );
}

/** The path of the first layer whose outputs for these samples are not finite, or `network`, or `loss`. Only ever called when a fit has failed. */
export async function layerThatDiverged(engine: Engine, dataset: Dataset, rows: Int32Array): Promise<string | undefined> {
  let batch: Dataset | undefined;
  try {
    batch = dataset.subset(rows);
    const { layers, parameters } = await inspectModel(engine, batch, {});
    const first = [...layers].find(([, { activation }]) => firstNonFinite(activation));
    for (const { activation, gradient } of layers.values()) for (const tensor of [activation, gradient]) tensor.dispose();
    for (const tensor of parameters.values()) tensor.dispose();
    return first ? first[0] || 'network' : 'loss';
  } catch {
    // The error of the fit is what matters; there may be no memory left to look into it.
    return undefined;
  } finally {
    batch?.dispose();
  }
}
