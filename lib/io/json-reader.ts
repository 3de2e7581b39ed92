/**
 * Reads JSON whose structure the caller knows: it asks for what it expects, so that depth is bounded and duplicate keys are seen, neither of
 * which holds for `JSON.parse`.
 */
export class JsonReader {
  readonly #text: string;
  readonly #onFault: (message: string, at: number) => never;
  #at = 0;

  constructor(text: string, onFault: (message: string, at: number) => never) {
    this.#text = text;
    this.#onFault = onFault;
  }

  fail(message: string): never {
    return this.#onFault(message, this.#at);
  }

  /** Calls `member` with each key; it reads the value. */
  object(member: (key: string) => void): void {
    this.#expect('{');
    if (this.#skip('}')) return;
    do {
      const key = this.string();
      this.#expect(':');
      member(key);
    } while (this.#skip(','));
    this.#expect('}');
  }

  string(): string {
    this.#blanks();
    const from = this.#at;
    if (this.#text[from] !== '"') this.#wrong('a string');
    let close = this.#text.indexOf('"', from + 1);
    while (close > 0 && this.#escaped(close)) close = this.#text.indexOf('"', close + 1);
    if (close < 0) this.fail('the string that begins here does not end');
    let value: unknown;
    try {
      value = JSON.parse(this.#text.slice(from, close + 1));
    } catch {
      this.fail('a string with a bad escape or a control character');
    }
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) return this.fail('a string that is not Unicode');
    this.#at = close + 1;
    return value;
  }

  /** An array of at most 64 integers ≥ 0 that a double counts exactly. */
  integers(): number[] {
    const values: number[] = [];
    this.#expect('[');
    if (this.#skip(']')) return values;
    do {
      if (values.length === 64) this.fail('an array of more than 64 integers');
      values.push(this.#integer());
    } while (this.#skip(','));
    this.#expect(']');
    return values;
  }

  /** Only blanks are left. */
  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) this.#wrong('the end');
  }

  #integer(): number {
    this.#blanks();
    const digits = /(?:0|[1-9][0-9]{0,16})(?![0-9.eE])/y;
    digits.lastIndex = this.#at;
    const value = Number(digits.exec(this.#text)?.[0] ?? NaN);
    if (!Number.isSafeInteger(value)) this.#wrong('an integer from 0 to 2^53 − 1');
    this.#at = digits.lastIndex;
    return value;
  }

  /** True if an odd number of backslashes stands before `at`. */
  #escaped(at: number): boolean {
    let backslashes = 0;
    while (this.#text[at - 1 - backslashes] === '\\') backslashes++;
    return backslashes % 2 === 1;
  }

  #blanks(): void {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #skip(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) this.#wrong(character);
  }

  #wrong(expected: string): never {
    const got = this.#text.slice(this.#at, this.#at + 16);
    return this.fail(`expected ${expected}, got ${got === '' ? 'the end' : JSON.stringify(got)}`);
  }
}
