import { RavineError, describe } from '../errors.js';
import { boolean, checkNames, oneOf } from '../options.js';
import { countNames, CountVectorizer, type CountVectorizerOptions } from './count.js';
import { runSparse } from './job.js';
import { checkMatrix, wrapRows, type SparseMatrix } from './matrix.js';
import type { Documents } from './tokens.js';

export interface TfidfOptions {
  /** Weigh features by how few documents have them. Default true. */
  readonly useIdf?: boolean;
  /** As if one more document had every feature: ln((1 + n)/(1 + df)) + 1, else ln(n/df) + 1. Default true. */
  readonly smooth?: boolean;
  /** 1 + ln tf in place of tf. Default false. */
  readonly sublinear?: boolean;
  /** Rows are scaled to this length after. Default 'l2'. */
  readonly norm?: 'l1' | 'l2' | 'none';
}

const tfidfNames = ['useIdf', 'smooth', 'sublinear', 'norm'] as const;

/** tf · idf on rows of counts, as scikit-learn defines it. */
export class TfidfTransformer {
  readonly #options: Required<TfidfOptions>;
  #idf: Float64Array | undefined;

  constructor(
    options: TfidfOptions = {},
    private readonly where = 'TfidfTransformer',
  ) {
    checkNames(where, options, tfidfNames);
    this.#options = {
      useIdf: boolean(where, 'useIdf', options.useIdf ?? true),
      smooth: boolean(where, 'smooth', options.smooth ?? true),
      sublinear: boolean(where, 'sublinear', options.sublinear ?? false),
      norm: oneOf(where, 'norm', options.norm ?? 'l2', ['l1', 'l2', 'none']),
    };
  }

  /** One a column; undefined before they are learnt, or without idf. */
  get idf(): Float64Array | undefined {
    return this.#idf?.slice();
  }

  /** Learns how many rows have each feature. */
  async fit(counts: SparseMatrix): Promise<this> {
    const frequencies = await checkMatrix(this.where, counts).documentFrequencies();
    const extra = this.#options.smooth ? 1 : 0;
    const rows = counts.rows + extra;
    this.#idf = frequencies.map((frequency) => Math.log(rows / (frequency + extra)) + 1);
    return this;
  }

  async transform(counts: SparseMatrix): Promise<SparseMatrix> {
    const { useIdf, sublinear, norm } = this.#options;
    const scale = useIdf ? this.#idf : new Float64Array(0);
    if (!scale)
      throw new RavineError('data', this.where, 'no frequencies have been learnt yet', { help: 'await fit(counts) first' });
    if (useIdf && checkMatrix(this.where, counts).columns !== scale.length)
      throw new RavineError('shape', this.where, `expected ${scale.length} columns, got ${counts.columns}`);
    const spec = { kind: 'weighted', matrix: checkMatrix(this.where, counts).native, scale, sublinear, norm } as const;
    return wrapRows(await runSparse(this.where, spec));
  }

  async fitTransform(counts: SparseMatrix): Promise<SparseMatrix> {
    return (await this.fit(counts)).transform(counts);
  }
}

/** Texts to tf · idf rows: CountVectorizer, then TfidfTransformer. */
export class TfidfVectorizer {
  readonly #counts: CountVectorizer;
  readonly #weights: TfidfTransformer;

  constructor(options: CountVectorizerOptions & TfidfOptions = {}) {
    const where = 'TfidfVectorizer';
    if (typeof options !== 'object' || options === null)
      throw new RavineError('option', where, `expected options to be an object, got ${describe(options)}`);
    checkNames(where, options, [...countNames, ...tfidfNames]);
    const pick = (names: readonly string[]): object =>
      Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
    this.#counts = new CountVectorizer(pick(countNames), where);
    this.#weights = new TfidfTransformer(pick(tfidfNames), where);
  }

  get vocabulary(): string[] | undefined {
    return this.#counts.vocabulary;
  }

  get idf(): Float64Array | undefined {
    return this.#weights.idf;
  }

  /** Learns vocabulary and frequencies and gives the rows: [documents, features]. */
  async fitTransform(documents: Documents): Promise<SparseMatrix> {
    using counts = await this.#counts.fitTransform(documents);
    return await this.#weights.fitTransform(counts);
  }

  async transform(documents: Documents): Promise<SparseMatrix> {
    using counts = await this.#counts.transform(documents);
    return await this.#weights.transform(counts);
  }
}
