import { RavineError, describe } from '../errors.js';

/** Where a cell stands, for messages. */
export interface CellPlace {
  readonly path: string;
  readonly line: number;
  readonly column: string;
}

export function badCell({ path, line, column }: CellPlace, what: string, help?: string): RavineError {
  const details = help === undefined ? {} : { help };
  return new RavineError('format', 'data.csv', `${path}, line ${line}, column ${JSON.stringify(column)}: ${what}`, details);
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number that a cell holds, undefined if it holds none. Blanks around it are left out. */
export function numberOf(cell: string): number | undefined {
  const text = cell.trim();
  return decimal.test(text) ? Number(text) : undefined;
}

/** Numbers that grow in number. */
class Numbers {
  #array = new Float64Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  get view(): Float64Array {
    return this.#array.subarray(0, this.length);
  }
}

/** How the cells of a column become numbers. `undefined` stands for a missing cell. */
export interface ColumnReader {
  readonly name: string;
  push(cell: string | undefined, place: CellPlace): void;
  /** Names of what it gives, one for each number a row. */
  readonly outputs: readonly string[];
  /** Writes the column into rows of `width` numbers, from place `at` on. */
  write(target: Float32Array | Float64Array, width: number, at: number): void;
}

/** A column of numbers; missing cells become `fill`, or the mean of the others. */
export class NumberColumn implements ColumnReader {
  readonly #values = new Numbers();
  #missing = 0;

  constructor(
    readonly name: string,
    readonly fill: number | 'mean',
    readonly largest: number,
  ) {}

  get outputs(): readonly string[] {
    return [this.name];
  }

  push(cell: string | undefined, place: CellPlace): void {
    if (cell === undefined) {
      this.#missing++;
      this.#values.push(NaN);
      return;
    }
    const value = numberOf(cell);
    if (value === undefined)
      throw badCell(
        place,
        `expected a number, got ${describe(cell)}`,
        `for a column of names: { categories: { ${JSON.stringify(this.name)}: 'oneHot' } }`,
      );
    if (Math.abs(value) > this.largest) throw badCell(place, `${describe(cell)} is too large`);
    this.#values.push(value);
  }

  write(target: Float32Array | Float64Array, width: number, at: number): void {
    const values = this.#values.view;
    const fill = this.fill === 'mean' ? this.#mean() : this.fill;
    for (let row = 0; row < values.length; row++) {
      const value = values[row] ?? NaN;
      target[row * width + at] = Number.isNaN(value) ? fill : value;
    }
  }

  #mean(): number {
    const present = this.#values.length - this.#missing;
    if (present === 0)
      throw new RavineError('data', 'data.csv', `column ${JSON.stringify(this.name)} has no mean: every cell is missing`);
    let sum = 0;
    for (const value of this.#values.view) if (!Number.isNaN(value)) sum += value;
    return sum / present;
  }
}

/** How a column of names is encoded: their number in alphabetical order, or a column of 0 and 1 for each. */
export type CategoryEncoding = 'codes' | 'oneHot';

/** A column of names. Missing cells are a name of their own, ''. */
export class CategoryColumn implements ColumnReader {
  readonly #codes = new Numbers();
  readonly #known = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly encoding: CategoryEncoding,
    /** Every name that may come; any may unless given. */
    readonly allowed?: readonly string[],
  ) {
    for (const [code, one] of (allowed ?? []).entries()) this.#known.set(one, code);
  }

  /** The names, in the order of their codes. */
  get names(): readonly string[] {
    return this.allowed ?? [...this.#known.keys()].sort(inOrder);
  }

  get outputs(): readonly string[] {
    return this.encoding === 'codes' ? [this.name] : this.names.map((one) => `${this.name}=${one}`);
  }

  push(cell: string | undefined, place: CellPlace): void {
    const text = cell ?? '';
    let code = this.#known.get(text);
    if (code === undefined) {
      if (this.allowed) throw badCell(place, `expected one of ${this.allowed.join(', ')}, got ${describe(text)}`);
      code = this.#known.size;
      this.#known.set(text, code);
    }
    this.#codes.push(code);
  }

  /** The code of each row. */
  codes(): Int32Array {
    const order = new Map(this.names.map((one, code) => [one, code]));
    const final = Int32Array.from([...this.#known.keys()], (one) => order.get(one) ?? 0);
    return Int32Array.from(this.#codes.view, (code) => final[code] ?? 0);
  }

  write(target: Float32Array | Float64Array, width: number, at: number): void {
    this.codes().forEach((code, row) => {
      if (this.encoding === 'codes') target[row * width + at] = code;
      else target[row * width + at + code] = 1;
    });
  }
}

/** Numbers by size where both are, else by their characters. */
function inOrder(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
