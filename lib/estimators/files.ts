import { RavineError, describe } from '../errors.js';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../io/safetensors.js';
import { tensor } from '../ops/create.js';
import type { TensorType } from '../shape.js';
import { areClasses, type Label } from '../sparse/labels.js';
import type { LinearScores } from './logistic-objective.js';
import type { LogisticRegressionOptions, ResolvedOptions } from './options.js';

export interface LoadedLogistic {
  readonly options: LogisticRegressionOptions;
  readonly classes: readonly Label[];
  readonly learnt: LinearScores;
}

const key = 'ravine.logistic-regression';

/** `weight` [outputs, features] and `bias` [outputs]. */
export async function saveLogistic(
  path: string,
  options: ResolvedOptions,
  classes: readonly Label[],
  { weight, bias }: LinearScores,
): Promise<void> {
  const tensors = new Map(Object.entries({ weight, bias }).map(([name, of]) => [name, { ...typeOf(of), data: of.data() }]));
  await writeSafetensors(path, tensors, new Map([[key, JSON.stringify({ options, classes })]]), 'LogisticRegression.save');
}

export async function loadLogistic(path: string): Promise<LoadedLogistic> {
  const where = 'LogisticRegression.load';
  const { tensors, metadata } = await readSafetensors(path, { where });
  const about = parseAbout(metadata.get(key));
  const [weight, bias] = [tensors.get('weight'), tensors.get('bias')];
  if (!about)
    throw new RavineError(
      'format',
      where,
      `${path}: expected the metadata of LogisticRegression, got ${describe(metadata.get(key))}`,
      {
        help: 'is this a file that LogisticRegression.save wrote?',
      },
    );
  const outputs = about.classes.length === 2 ? 1 : about.classes.length;
  if (
    weight?.dtype !== 'float64' ||
    bias?.dtype !== 'float64' ||
    weight.shape.length !== 2 ||
    weight.shape[0] !== outputs ||
    bias.data.length !== outputs
  )
    throw new RavineError('format', where, `${path}: its tensors do not fit ${about.classes.length} classes`);
  return { ...about, learnt: { weight: stored(weight), bias: stored(bias) } };
}

function typeOf({ dtype, shape }: TensorType): TensorType {
  return { dtype, shape };
}

function stored({ data, shape }: StoredTensor) {
  return tensor(data, { shape });
}

function parseAbout(text: string | undefined): Omit<LoadedLogistic, 'learnt'> | undefined {
  let about: unknown;
  try {
    about = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (typeof about !== 'object' || about === null || !('options' in about) || !('classes' in about)) return undefined;
  const { options, classes } = about;
  if (typeof options !== 'object' || options === null || !areClasses(classes)) return undefined;
  return { options, classes };
}
