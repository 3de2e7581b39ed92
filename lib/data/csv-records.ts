import { RavineError } from '../errors.js';

/** One record, and the line on which it begins, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

const [quote, newline, carriage] = ['"'.charCodeAt(0), '\n'.charCodeAt(0), '\r'.charCodeAt(0)];

/** Where the parser stands: in a field that is not quoted, in a quoted one, or behind a quote that may have ended it. */
type State = 'start' | 'plain' | 'quoted' | 'closed';

/**
 * Cuts text into records (RFC 4180): fields between delimiters, in quotes where they hold delimiters, line ends or doubled quotes. Lines end with \n or
 * \r\n; empty ones are skipped. Text comes in pieces of any length.
 */
export class CsvParser {
  #state: State = 'start';
  #field = '';
  #fields: string[] = [];
  #line = 1;
  #recordLine = 1;
  /** Whether the field, and whether any of the record, was quoted. */
  #quoted = false;
  #anyQuoted = false;
  readonly #delimiter: number;

  constructor(
    readonly path: string,
    delimiter: string,
  ) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** Records that end in this piece. */
  *push(text: string): IterableIterator<CsvRecord> {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === newline) this.#line++;
      if (this.#state === 'quoted') {
        if (code !== quote) continue;
        this.#field += text.slice(from, i);
        this.#state = 'closed';
      } else if (code === this.#delimiter || code === newline) {
        this.#endField(text.slice(from, i));
        from = i + 1;
        if (code === newline) yield* this.#endRecord();
      } else if (code === quote) {
        this.#openQuote();
        from = i + 1;
      } else if (this.#state === 'closed' && code !== carriage) {
        throw this.#bad(`expected a delimiter after the closing quote, got ${JSON.stringify(text.charAt(i))}`);
      } else if (this.#state === 'start') {
        this.#state = 'plain';
      }
      if (this.#state === 'closed') from = i + 1;
    }
    if (this.#state !== 'closed') this.#field += text.slice(from);
  }

  /** The last record, where the text does not end with a line end. */
  *finish(): IterableIterator<CsvRecord> {
    if (this.#state === 'quoted') throw this.#bad('a quoted field is not closed before the end of the file', this.#recordLine);
    if (this.#state === 'start' && this.#fields.length === 0) return;
    this.#endField('');
    yield* this.#endRecord();
  }

  /** A quote opens a field, or doubles the one before it. */
  #openQuote(): void {
    if (this.#state === 'closed') this.#field += '"';
    else if (this.#state === 'plain') throw this.#bad('a quote inside of a field that does not begin with one');
    this.#state = 'quoted';
    this.#quoted = true;
    this.#anyQuoted = true;
  }

  #endField(rest: string): void {
    const text = this.#state === 'closed' ? this.#field : this.#field + rest;
    this.#fields.push(this.#quoted || !text.endsWith('\r') ? text : text.slice(0, -1));
    this.#field = '';
    this.#state = 'start';
    this.#quoted = false;
  }

  *#endRecord(): IterableIterator<CsvRecord> {
    const record = { line: this.#recordLine, fields: this.#fields };
    const isBlank = this.#fields.length === 1 && this.#fields[0] === '' && !this.#anyQuoted;
    this.#fields = [];
    this.#recordLine = this.#line;
    this.#anyQuoted = false;
    if (!isBlank) yield record;
  }

  #bad(what: string, line = this.#line): RavineError {
    return new RavineError('format', 'data.csv', `${this.path}, line ${line}: ${what}`);
  }
}
