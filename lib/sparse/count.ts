import { RavineError, describe } from '../errors.js';
import { boolean, checkNames, numberIn, positiveInteger } from '../options.js';
import type { SparseMatrix } from './matrix.js';
import { RowBuilder } from './rows.js';
import { analyzer, eachDocument, textNames, type Documents, type TextOptions } from './tokens.js';

export interface CountVectorizerOptions extends TextOptions {
  /** Features in fewer documents are left out: a number of documents from 1, or a part of them below 1. Default 1. */
  readonly minDocuments?: number;
  /** Features in more documents are left out: a part up to 1, or a number of documents above 1. Default 1, all of them. */
  readonly maxDocuments?: number;
  /** Only so many of the features that come most often. Default all. */
  readonly maxFeatures?: number;
  /** Every feature that is there counts once. Default false. */
  readonly binary?: boolean;
  /** The features, instead of learning them; none is left out then by the options before. */
  readonly vocabulary?: readonly string[];
}

export const countNames = [...textNames, 'minDocuments', 'maxDocuments', 'maxFeatures', 'binary', 'vocabulary'] as const;

/** Texts to rows of counts, a column a word (or run of words) of a vocabulary that is learnt and sorted by code unit. As scikit-learn's. */
export class CountVectorizer {
  readonly #analyze: (text: string) => string[];
  readonly #limits: { readonly least: number; readonly most: number; readonly features: number };
  readonly #binary: boolean;
  readonly #isGiven: boolean;
  #vocabulary: ReadonlyMap<string, number> | undefined;

  constructor(
    options: CountVectorizerOptions = {},
    private readonly where = 'CountVectorizer',
  ) {
    checkNames(where, options, countNames);
    this.#analyze = analyzer(where, options);
    this.#binary = boolean(where, 'binary', options.binary ?? false);
    this.#limits = {
      least: numberIn(where, 'minDocuments', options.minDocuments ?? 1, 0),
      most: numberIn(where, 'maxDocuments', options.maxDocuments ?? 1, 0),
      features: options.maxFeatures === undefined ? Infinity : positiveInteger(where, 'maxFeatures', options.maxFeatures),
    };
    this.#isGiven = options.vocabulary !== undefined;
    if (options.vocabulary !== undefined) this.#vocabulary = checkVocabulary(where, options.vocabulary);
  }

  /** The features, in the order of the columns; undefined before they are learnt. */
  get vocabulary(): string[] | undefined {
    return this.#vocabulary && [...this.#vocabulary.keys()];
  }

  /** Learns the vocabulary, unless it was given, and gives the rows: [documents, features]. */
  async fitTransform(documents: Documents): Promise<SparseMatrix> {
    if (this.#isGiven) return this.transform(documents);
    const numbers = new Map<string, number>();
    const builder = new RowBuilder();
    const frequencies: number[] = [];
    const totals: number[] = [];
    let rows = 0;
    for await (const text of eachDocument(this.where, documents)) {
      for (const [feature, count] of this.#count(text)) {
        let number = numbers.get(feature);
        if (number === undefined) numbers.set(feature, (number = numbers.size));
        frequencies[number] = (frequencies[number] ?? 0) + 1;
        totals[number] = (totals[number] ?? 0) + count;
        builder.add(number, count);
      }
      builder.endRow();
      rows++;
    }
    const kept = this.#choose([...numbers.keys()], frequencies, totals, rows);
    if (kept.length === 0)
      throw new RavineError('data', this.where, `no features are left of ${numbers.size} in ${rows} documents`, {
        help: 'lower minDocuments or raise maxDocuments, or are all words stop words?',
      });
    this.#vocabulary = new Map(kept.map((feature, column) => [feature, column]));
    const renumber = new Int32Array(numbers.size).fill(-1);
    for (const [feature, column] of this.#vocabulary) renumber[numbers.get(feature) ?? 0] = column;
    return builder.finish(kept.length, renumber);
  }

  /** Rows of counts of the vocabulary's features; others are left out. */
  async transform(documents: Documents): Promise<SparseMatrix> {
    const vocabulary = this.#vocabulary;
    if (!vocabulary)
      throw new RavineError('data', this.where, 'no vocabulary has been learnt yet', {
        help: 'await fitTransform(documents) first',
      });
    const builder = new RowBuilder();
    for await (const text of eachDocument(this.where, documents)) {
      for (const [feature, count] of this.#count(text)) {
        const column = vocabulary.get(feature);
        if (column !== undefined) builder.add(column, count);
      }
      builder.endRow();
    }
    return builder.finish(vocabulary.size);
  }

  #count(text: string): Map<string, number> {
    const counts = new Map<string, number>();
    for (const feature of this.#analyze(text)) counts.set(feature, this.#binary ? 1 : (counts.get(feature) ?? 0) + 1);
    return counts;
  }

  #choose(features: string[], frequencies: number[], totals: number[], rows: number): string[] {
    const { least, most, features: count } = this.#limits;
    const [low, high] = [least < 1 ? least * rows : least, most <= 1 ? most * rows : most];
    const order = features.map((_, i) => i).filter((i) => (frequencies[i] ?? 0) >= low && (frequencies[i] ?? 0) <= high);
    const name = (i: number): string => features[i] ?? '';
    const byName = (a: number, b: number): number => (name(a) < name(b) ? -1 : 1);
    const chosen =
      order.length <= count ? order : order.sort((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0) || byName(a, b)).slice(0, count);
    return chosen.sort(byName).map(name);
  }
}

function checkVocabulary(where: string, features: unknown): Map<string, number> {
  if (!Array.isArray(features) || features.length === 0 || !features.every((feature) => typeof feature === 'string'))
    throw new RavineError('option', where, `expected vocabulary to be a list of texts, got ${describe(features)}`);
  const numbers = new Map(features.map((feature: string, column) => [feature, column]));
  if (numbers.size < features.length) throw new RavineError('option', where, 'a feature stands in the vocabulary twice');
  return numbers;
}
