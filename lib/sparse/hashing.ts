import { boolean, checkNames, oneOf, positiveInteger } from '../options.js';
import { runSparse } from './job.js';
import { wrapRows, type SparseMatrix } from './matrix.js';
import { murmur3 } from './murmur.js';
import { RowBuilder } from './rows.js';
import { analyzer, eachDocument, textNames, type Documents, type TextOptions } from './tokens.js';

export interface HashingVectorizerOptions extends TextOptions {
  /** Columns; a power of 2 spreads best. Default 2²⁰. */
  readonly features?: number;
  /** Half of the features count downwards, so that collisions cancel in the mean. Default true. */
  readonly alternateSign?: boolean;
  /** Every feature that is there counts once. Default false. */
  readonly binary?: boolean;
  /** Rows are scaled to this length. Default 'l2'. */
  readonly norm?: 'l1' | 'l2' | 'none';
}

const where = 'HashingVectorizer';

/**
 * Texts to rows without a vocabulary: a feature's column is |h| mod `features`, its sign that of h, for h its MurmurHash3 of 32 bits with seed 0 over UTF-8;
 * the values are scikit-learn's. Nothing is learnt, so that streams of any length and separate processes agree.
 */
export class HashingVectorizer {
  readonly features: number;
  readonly #analyze: (text: string) => string[];
  readonly #options: { readonly alternateSign: boolean; readonly binary: boolean; readonly norm: 'l1' | 'l2' | 'none' };

  constructor(options: HashingVectorizerOptions = {}) {
    checkNames(where, options, [...textNames, 'features', 'alternateSign', 'binary', 'norm']);
    this.features = positiveInteger(where, 'features', options.features ?? 2 ** 20);
    this.#analyze = analyzer(where, options);
    this.#options = {
      alternateSign: boolean(where, 'alternateSign', options.alternateSign ?? true),
      binary: boolean(where, 'binary', options.binary ?? false),
      norm: oneOf(where, 'norm', options.norm ?? 'l2', ['l1', 'l2', 'none']),
    };
  }

  /** [documents, features] */
  async transform(documents: Documents): Promise<SparseMatrix> {
    const builder = new RowBuilder();
    for await (const text of eachDocument(where, documents)) this.#addRow(builder, text);
    const counts = await builder.finish(this.features);
    const { norm } = this.#options;
    if (norm === 'none') return counts;
    const spec = { matrix: counts.native, scale: new Float64Array(0), sublinear: false, norm };
    const rows = await runSparse(where, { kind: 'weighted', ...spec });
    counts.dispose();
    return wrapRows(rows);
  }

  #addRow(builder: RowBuilder, text: string): void {
    const { alternateSign, binary } = this.#options;
    const row = new Map<number, number>();
    for (const feature of this.#analyze(text)) {
      const hash = murmur3(feature);
      const column = Math.abs(hash) % this.features;
      row.set(column, (row.get(column) ?? 0) + (alternateSign && hash < 0 ? -1 : 1));
    }
    for (const [column, value] of row) builder.add(column, binary ? 1 : value);
    builder.endRow();
  }
}
