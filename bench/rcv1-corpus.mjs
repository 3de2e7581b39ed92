// A synthetic corpus of the shape of RCV1 (Lewis et al. 2004): 781,265 documents to learn from and 23,149 to test, 47,152 words, about 76
// different ones a document by a Zipf law, tf-idf values, rows of length 1, two classes planted by a linear model with noise. Seeded.

import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const shape = { train: 781_265, test: 23_149, columns: 47_152, words: 76 };
/** Slope of the labels' probability in the planted score: the best linear error comes near 5–6 %. */
const sharpness = 16;
const folder = fileURLToPath(new URL('../.cache', import.meta.url));

/** The corpus as two svmlight files, made where they are missing. */
export function corpus({ train = shape.train, test = shape.test, seed = 1 } = {}) {
  mkdirSync(folder, { recursive: true });
  const path = (part) => join(folder, `rcv1-${train}-${test}-${seed}.${part}.svm`);
  if (!existsSync(path('train')) || !existsSync(path('test'))) {
    const writer = new Documents(seed, train + test);
    writer.write(path('train'), train);
    writer.write(path('test'), test);
  }
  return { train: path('train'), test: path('test') };
}

/** xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32. */
function generator(seed) {
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    seed = (seed + 0x9e3779b9) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[i] = mixed ^ (mixed >>> 15);
  }
  return () => {
    const five = Math.imul(state[1], 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = (state[3] << 11) | (state[3] >>> 21);
    return result / 2 ** 32;
  };
}

class Documents {
  constructor(seed, documents) {
    this.next = generator(seed);
    this.documents = documents;
    const { columns } = shape;
    // P(rank) ∝ 1 / (rank + 30): a Zipf law whose head is flattened as by a list of stop words.
    this.cumulative = new Float64Array(columns);
    let sum = 0;
    for (let rank = 0; rank < columns; rank++) this.cumulative[rank] = sum += 1 / (rank + 30);
    for (let rank = 0; rank < columns; rank++) this.cumulative[rank] /= sum;
    this.guide = new Uint32Array(1 << 16);
    for (let i = 0, rank = 0; i < this.guide.length; i++) {
      while (this.cumulative[rank] < i / this.guide.length) rank++;
      this.guide[i] = rank;
    }
    // Words are numbered without regard to how common they are, as an alphabet does.
    this.column = Uint32Array.from({ length: columns }, (_, i) => i);
    for (let i = columns - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [this.column[i], this.column[j]] = [this.column[j], this.column[i]];
    }
    const share = (rank) => 1 - Math.exp(-(this.cumulative[rank] - (this.cumulative[rank - 1] ?? 0)) * shape.words);
    this.idf = Float64Array.from({ length: columns }, (_, rank) => -Math.log(share(rank)));
    // Common words say more, as topics do; scores have a variance of 1.
    this.model = Float64Array.from({ length: columns }, (_, rank) => this.normal() / Math.sqrt(1 + rank / 300));
    let [energy, variance] = [0, 0];
    this.idf.forEach((idf, rank) => {
      energy += share(rank) * idf ** 2;
      variance += share(rank) * idf ** 2 * this.model[rank] ** 2;
    });
    for (let rank = 0; rank < columns; rank++) this.model[rank] *= Math.sqrt(energy / variance);
  }

  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  rank() {
    const u = this.next();
    let rank = this.guide[Math.floor(u * this.guide.length)];
    while (this.cumulative[rank] < u) rank++;
    return Math.min(rank, shape.columns - 1);
  }

  /** Words of one document by rising column, with values of length 1, and a label. */
  document() {
    const length = Math.max(5, Math.round(shape.words * Math.exp(0.45 * this.normal() - 0.1)));
    const ranks = new Set();
    while (ranks.size < length) ranks.add(this.rank());
    const words = [...ranks].map((rank) => {
      let count = 1;
      while (this.next() < 0.3) count++;
      return { rank, column: this.column[rank], value: (1 + Math.log(count)) * this.idf[rank] };
    });
    words.sort((a, b) => a.column - b.column);
    const norm = Math.sqrt(words.reduce((sum, { value }) => sum + value * value, 0));
    let score = 0;
    for (const word of words) {
      word.value /= norm;
      score += word.value * this.model[word.rank];
    }
    return { words, label: this.next() < 1 / (1 + Math.exp(-sharpness * score)) ? '+1' : '-1' };
  }

  write(path, count) {
    const file = openSync(`${path}.tmp`, 'w');
    const block = Buffer.alloc(1 << 20);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const { words, label } = this.document();
      if (at > block.length - 64 * 1024) {
        writeSync(file, block, 0, at);
        at = 0;
      }
      at += block.latin1Write(label, at);
      for (const { column, value } of words) at = writePair(block, at, column + 1, Math.max(1, Math.round(value * 1e6)));
      block[at++] = 10;
    }
    writeSync(file, block, 0, at);
    closeSync(file);
    renameSync(`${path}.tmp`, path);
  }
}

/** ` column:0.dddddd` */
function writePair(block, at, column, millionths) {
  if (millionths >= 1e6) millionths = 999_999;
  block[at++] = 32;
  let digits = 1;
  for (let limit = 10; limit <= column; limit *= 10) digits++;
  for (let i = digits - 1; i >= 0; i--) {
    block[at + i] = 48 + (column % 10);
    column = Math.floor(column / 10);
  }
  at += digits;
  block[at] = 58;
  block[at + 1] = 48;
  block[at + 2] = 46;
  for (let i = 8; i >= 3; i--) {
    block[at + i] = 48 + (millionths % 10);
    millionths = Math.floor(millionths / 10);
  }
  return at + 9;
}
