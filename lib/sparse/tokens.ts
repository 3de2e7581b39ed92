import { RavineError, describe } from '../errors.js';
import { boolean, positiveInteger } from '../options.js';

export interface TextOptions {
  /** Default true. */
  readonly lowercase?: boolean;
  /** Tokens of a text. Default: two or more letters, digits or underscores in a row, as in scikit-learn. */
  readonly tokenize?: (text: string) => Iterable<string>;
  /** Shortest and longest run of tokens that is a feature, joined by blanks. Default [1, 1]. */
  readonly ngrams?: readonly [number, number];
  /** Tokens that are left out, before n-grams are made. Default none. */
  readonly stopWords?: Iterable<string>;
}

export const textNames = ['lowercase', 'tokenize', 'ngrams', 'stopWords'] as const;

/** Texts one after the other: an array, or a stream of any length. */
export type Documents = Iterable<string> | AsyncIterable<string>;

/** Gives the features of a text, in order, with repetitions. */
export function analyzer(where: string, options: TextOptions): (text: string) => string[] {
  const lowercase = boolean(where, 'lowercase', options.lowercase ?? true);
  const { tokenize = words, ngrams = [1, 1] } = options;
  if (typeof tokenize !== 'function')
    throw new RavineError('option', where, `expected tokenize to be a function, got ${describe(tokenize)}`);
  if (!Array.isArray(ngrams) || ngrams.length !== 2)
    throw new RavineError('option', where, `expected ngrams to be [shortest, longest], got ${describe(ngrams)}`);
  const shortest = positiveInteger(where, 'ngrams[0]', ngrams[0]);
  const longest = positiveInteger(where, 'ngrams[1]', ngrams[1]);
  if (longest < shortest)
    throw new RavineError('option', where, `expected ngrams to be [shortest, longest], got [${shortest}, ${longest}]`);
  const stop = stopWordsOf(where, options.stopWords);
  return (text) => {
    const tokens = tokensOf(where, tokenize(lowercase ? text.toLowerCase() : text));
    const kept = stop.size > 0 ? tokens.filter((token) => !stop.has(token)) : tokens;
    return longest === 1 ? kept : runs(kept, shortest, longest);
  };
}

function stopWordsOf(where: string, words: unknown): Set<unknown> {
  const isList = typeof words === 'object' && words !== null && Symbol.iterator in words;
  if (words !== undefined && !isList)
    throw new RavineError('option', where, `expected stopWords to be a list of texts, got ${describe(words)}`);
  return new Set(isList ? (words as Iterable<unknown>) : []);
}

/** What a tokenizer gave, checked: one of somebody else may give anything. */
function tokensOf(where: string, given: unknown): string[] {
  const refuse = (what: unknown): never => {
    throw new RavineError('data', where, `expected tokenize to give texts, got ${describe(what)}`);
  };
  const isList = typeof given === 'string' || (typeof given === 'object' && given !== null && Symbol.iterator in given);
  if (!isList) return refuse(given);
  const tokens: unknown[] = [...(given as Iterable<unknown>)];
  const wrong = tokens.findIndex((token) => typeof token !== 'string');
  return wrong >= 0 ? refuse(tokens[wrong]) : (tokens as string[]);
}

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
}

function runs(tokens: string[], shortest: number, longest: number): string[] {
  const all: string[] = [];
  for (let length = shortest; length <= Math.min(longest, tokens.length); length++)
    for (let i = 0; i + length <= tokens.length; i++) all.push(tokens.slice(i, i + length).join(' '));
  return all;
}

/** The documents one by one; what is no text is refused by its number. */
export async function* eachDocument(where: string, documents: Documents): AsyncGenerator<string> {
  if (typeof documents !== 'object' || documents === null || !(Symbol.iterator in documents || Symbol.asyncIterator in documents))
    throw new RavineError('data', where, `expected an array or a stream of texts, got ${describe(documents)}`);
  let number = 0;
  for await (const text of documents) {
    if (typeof text !== 'string') throw new RavineError('data', where, `expected texts, got ${describe(text)} at ${number}`);
    yield text;
    number++;
  }
}
