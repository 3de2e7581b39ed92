import { RavineError, describe } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import { Tensor } from '../ir/tensor.js';
import { isArray } from '../ops/check.js';
import { checkNames, nonNegativeInteger, numberIn, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { Dataset } from './dataset.js';

/** What training does to each image anew, worked out when a batch is gathered. */
export interface Augmentation {
  /** Height and width of what the network sees. */
  readonly size: readonly [number, number];
  /** Of the random crop, rows and columns. */
  readonly pad: readonly [number, number];
  readonly move: readonly [number, number];
  readonly flip: number;
  readonly fill: number;
}

/** A number of rows and of columns, or one for each. */
export type RowsAndColumns = number | readonly [number, number];

export interface AugmentOptions {
  /** A window of `size` (that of the images) anywhere in the image with `padding` (0) elements around it. Evaluation takes the middle one. */
  readonly randomCrop?: { readonly size?: RowsAndColumns; readonly padding?: RowsAndColumns };
  /** Mirrors left and right with this probability; true is ½. Default 0. */
  readonly horizontalFlip?: boolean | number;
  /** Moves by up to as many elements in each direction. Default 0. */
  readonly shift?: RowsAndColumns;
  /** What comes in from outside, as the data has it, before it is scaled. Default 0. */
  readonly fill?: number;
  /** The field of images. Default 'x'. */
  readonly field?: string;
}

const where = 'data.augment';

/**
 * The same samples, their images cropped, moved and mirrored at random whenever training gathers them, and left as they are in evaluation and prediction.
 * Images are [samples, height, width, channels] of bytes or floats; memory is shared. What is drawn depends on the fit's seed, the step and the
 * sample's place in it: the same for any number of threads.
 */
export function augment(dataset: Dataset, options: AugmentOptions): Dataset {
  if (!(dataset instanceof Dataset))
    throw new RavineError('data', where, `expected a data set in memory, got ${describe(dataset)}`, {
      help: 'make one with data.from({ x, y })',
    });
  checkNames(where, options, ['randomCrop', 'horizontalFlip', 'shift', 'fill', 'field']);
  const name = options.field ?? 'x';
  const images = dataset.fields.get(name);
  if (!images) throw new RavineError('data', where, `expected a field '${name}', got ${[...dataset.fields.keys()].join(', ')}`);
  const [height, width, channels, ...more] = images.shape;
  if (height === undefined || width === undefined || channels === undefined || more.length > 0 || images.dtype === 'int32')
    throw new RavineError(
      'shape',
      where,
      `expected '${name}' to be images [samples, height, width, channels] of uint8 or floats, got ${formatType(images.tensor)}`,
    );
  const augmentation = resolve(options, [height, width]);
  const fields = [...dataset.fields.values()].map((field) => {
    const { dtype, tensor } = field;
    const shared = new Tensor({ dtype, shape: tensor.shape }, { storage: evaluator().share(tensor.storage) });
    return { ...field, tensor: shared, ...(field.name === name && { augmentation }) };
  });
  return new Dataset(where, fields);
}

function resolve(options: AugmentOptions, image: readonly [number, number]): Augmentation {
  const { randomCrop: crop = {}, horizontalFlip = false, shift = 0, fill = 0 } = options;
  checkNames(`${where} randomCrop`, crop, ['size', 'padding']);
  const size = pair('randomCrop.size', crop.size ?? image, positiveInteger);
  const pad = pair('randomCrop.padding', crop.padding ?? 0, nonNegativeInteger);
  size.forEach((length, axis) => {
    const most = (image[axis] ?? 0) + 2 * (pad[axis] ?? 0);
    if (length > most) throw new RavineError('option', where, `expected randomCrop.size of at most ${most}, got ${length}`);
  });
  const flip = typeof horizontalFlip === 'boolean' ? Number(horizontalFlip) / 2 : horizontalFlip;
  return {
    size,
    pad,
    move: pair('shift', shift, nonNegativeInteger),
    flip: numberIn(where, 'horizontalFlip', flip, 0, 1),
    fill: numberIn(where, 'fill', fill, -Number.MAX_VALUE),
  };
}

type Check = (where: string, name: string, value: unknown) => number;

function pair(name: string, value: unknown, check: Check): [number, number] {
  if (!isArray(value)) return [check(where, name, value), check(where, name, value)];
  if (value.length !== 2)
    throw new RavineError('option', where, `expected ${name} to be a number or [rows, columns], got ${describe(value)}`);
  return [check(where, `${name}[0]`, value[0]), check(where, `${name}[1]`, value[1])];
}
