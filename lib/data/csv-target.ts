import { describe } from '../errors.js';
import { CategoryColumn, badCell, numberOf, type CellPlace } from './csv-columns.js';
import type { ShapedElements } from './elements.js';

/** The column of targets: class numbers, names of classes, or numbers to predict. Which, the cells say unless it is given. */
export class TargetColumn {
  readonly #names: CategoryColumn;
  readonly #numbers: number[] = [];
  /** The first cell that is no number, the first that has a fraction or exponent. */
  #word: { readonly place: CellPlace; readonly cell: string } | undefined;
  #isWhole = true;

  constructor(
    readonly name: string,
    readonly type: 'class' | 'number' | undefined,
    readonly dtype: 'float32' | 'float64',
  ) {
    this.#names = new CategoryColumn(name, 'codes');
  }

  push(cell: string, place: CellPlace): void {
    const value = numberOf(cell);
    if (value === undefined) {
      if (this.type === 'number') throw badCell(place, `expected a number, got ${describe(cell)}`);
      if (this.type === undefined && !this.#word && this.#numbers.length > 0) throw this.#mixed(place, cell);
      this.#word ??= { place, cell };
    } else {
      if (this.type === undefined && this.#word) throw this.#mixed(this.#word.place, this.#word.cell);
      this.#isWhole &&= /^[+-]?\d+$/.test(cell.trim()) && Math.abs(value) < 2 ** 31;
      this.#numbers.push(value);
    }
    if (this.type !== 'number') this.#names.push(cell.trim(), place);
  }

  #mixed(place: CellPlace, cell: string): Error {
    return badCell(place, `${describe(cell)} stands among numbers`, "if the cells name classes: { targetType: 'class' }");
  }

  finish(): { readonly y: ShapedElements; readonly classes: readonly string[] | undefined } {
    if (this.#word || this.type === 'class') return { y: { data: this.#names.codes() }, classes: this.#names.names };
    if (this.type === undefined && this.#isWhole) return { y: { data: Int32Array.from(this.#numbers) }, classes: undefined };
    return {
      y: { data: Float64Array.from(this.#numbers), shape: [this.#numbers.length, 1], dtype: this.dtype },
      classes: undefined,
    };
  }
}
