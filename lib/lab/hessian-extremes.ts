import { Dataset } from '../data/dataset.js';
import { from, type DataFields } from '../data/from.js';
import { RavineError, describe, internal } from '../errors.js';
import { checkNames } from '../options.js';
import { namedParameters } from '../nn/naming.js';
import { tensor } from '../ops/create.js';
import { FullBatch, type ChunkOptions } from '../train/full-batch.js';
import { Model } from '../train/model.js';
import { hasLoss } from '../train/session.js';
import { checkFields } from '../train/targets.js';
import { lanczos, type LanczosOptions, type RitzValue } from './lanczos.js';
import { optimalMomentum, type OptimalMomentum } from './momentum.js';

/** The ends of a Hessian's spectrum. Each value has an eigenvalue within its residual, of products that float32 rounds to some 1e-6 of the greatest magnitude. */
export interface HessianExtremes {
  readonly parameters: number;
  readonly greatest: RitzValue;
  /** Negative where the loss is not convex. */
  readonly least: RitzValue;
  /** Of those above 1e-6 times the greatest magnitude, so that flat directions do not count: an upper bound of the true one unless `complete`. */
  readonly leastPositive: RitzValue | undefined;
  /** Of the positive eigenvalues, what theory says of a quadratic: κ, the best α and β. */
  readonly optimum: OptimalMomentum | undefined;
  readonly products: number;
  readonly converged: boolean;
  readonly complete: boolean;
}

export interface HessianExtremesOptions extends LanczosOptions, ChunkOptions {}

const where = 'lab.hessianExtremes';

/**
 * The ends of the spectrum of the Hessian of a model's loss over data with respect to all parameters that train, at the parameters as they are: by Lanczos
 * on Hessian-vector products, without the matrix, each summed over chunks of the data. As in evaluation: dropout off, running statistics as they are. Not while the model fits.
 */
export async function hessianExtremes(
  model: Model,
  data: Dataset | DataFields,
  options: HessianExtremesOptions = {},
): Promise<HessianExtremes> {
  checkNames(where, options, ['steps', 'tolerance', 'seed', 'chunkSize']);
  if (!(model instanceof Model)) throw new RavineError('option', where, `expected a model, got ${describe(model)}`);
  const { chunkSize, ...search } = options;
  const { parts } = model;
  if (!hasLoss(parts))
    throw new RavineError('option', where, 'expected a model with a loss', { help: 'new Model(network, { loss })' });
  const parameters = [...namedParameters(parts.network).values()].filter(({ trainable }) => trainable);
  const dataset = data instanceof Dataset ? data : from(data);
  let whole: FullBatch | undefined;
  try {
    checkFields(where, parts.heads, [...dataset.fields.keys()]);
    const dtype = parameters.some((parameter) => parameter.dtype === 'float64') ? 'float64' : 'float32';
    whole = new FullBatch(where, parts, dataset, parameters, dtype, chunkSize);
    const { objective, x0 } = whole;
    const times = async (v: Float64Array): Promise<Float64Array> => {
      const direction = tensor(v, { dtype });
      const result = await objective.product(x0, direction);
      const numbers = Float64Array.from(result.data());
      direction.dispose();
      result.dispose();
      return numbers;
    };
    return summarise(x0.size, await lanczos(times, x0.size, search));
  } finally {
    whole?.dispose();
    if (dataset !== data) dataset.dispose();
  }
}

function summarise(parameters: number, { values, ...rest }: Awaited<ReturnType<typeof lanczos>>): HessianExtremes {
  const [least, greatest] = [values[0], values.at(-1)];
  internal(least !== undefined && greatest !== undefined, 'a spectrum without values');
  const bound = 1e-6 * Math.max(Math.abs(least.value), Math.abs(greatest.value));
  const leastPositive = values.find(({ value }) => value > bound);
  const optimum = leastPositive && optimalMomentum([leastPositive.value, greatest.value]);
  return { parameters, greatest, least, leastPositive, optimum, ...rest };
}
